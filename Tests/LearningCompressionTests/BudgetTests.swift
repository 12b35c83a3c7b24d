import Compression
import LinearAlgebra
import Testing

@testable import LearningCompression

/// How a run's mini-batches are shared out over its steps.
@Suite struct BudgetTests {
  @Test func theStepsOfAWholeBudgetAddUpToIt() {
    for batches in [1, 2, 7, 40, 191, 1003, 65_537] {
      for steps in [1, 2, 3, 10, 40, 191] where steps <= batches {
        let budget = Budget.whole(.batches(batches))
        let each = (0..<steps).map { budget.batches(ofStep: $0, of: steps, perEpoch: 9) }
        #expect(each.reduce(0, +) == batches)
        #expect(each[0] - each[steps - 1] <= 1 && each == each.sorted(by: >))
        for step in 0...steps {
          #expect(
            budget.batches(before: step, of: steps, perEpoch: 9) == each[..<step].reduce(0, +))
        }
      }
    }
    #expect(Budget.whole(.epochs(3)).batches(ofStep: 0, of: 2, perEpoch: 5) == 8)
    #expect(Budget.each(.epochs(3)).batches(before: 4, of: 9, perEpoch: 5) == 60)
    #expect(Budget.each(.epochs(.max)).batches(before: 4, of: 9, perEpoch: 5) == .max)
  }

  @Test func usualStepsFitTheBudget() {
    for batches in [1, 5, 9, 10, 99, 1000, 2500, 4000, 1_000_000] {
      let steps = Budget.usualSteps(batches: batches)
      #expect((1...40).contains(steps) && steps <= batches)
      for perEpoch in [1, 235, 5000] {
        let every = Budget.usualEvaluation(steps: steps, batches: batches, perEpoch: perEpoch)
        // Every other epoch at most, besides the last step.
        #expect((1...steps).contains(every))
        #expect(steps / every <= max(1, batches / perEpoch / 2))
      }
    }
  }

  @Test func stepsWithoutAMiniBatchAreErrors() throws {
    let schedule = PenaltySchedule.exponential(initial: 1, growth: 1, steps: 5)
    #expect(throws: LearningCompressionError.self) {
      try Alternation(schedule: schedule, budget: .whole(.batches(4)))
    }
    #expect(throws: LearningCompressionError.self) {
      try Alternation(schedule: schedule, budget: .whole(.epochs(0)))
    }
    _ = try Alternation(schedule: schedule, budget: .whole(.batches(5)))
    // How long an epoch is, is known with the L step.
    let short = try Alternation(schedule: schedule, budget: .whole(.epochs(1)))
    let layout = try ArenaLayout([("w", [4, 3])])
    let minimum = Arena(layout)
    minimum.floats.update(repeating: 1)
    let plan = try ResolvedPlan(CompressionPlan(parsing: "w: sign()"), for: layout)
    let learning = QuadraticLearning(minimum: minimum, curvature: minimum)
    #expect(throws: LearningCompressionError.self) {
      try AlternationRun(short, plan, learning: learning)
    }
    #expect(throws: LearningCompressionError.self) {
      try AlternationRun(plan, learning: learning) { _ in short }.finish()
    }
  }
}
