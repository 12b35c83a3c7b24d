import Compression
import LearningCompression
import LinearAlgebra
import Testing

@Suite struct LCStateTests {
  private static let plans = [
    "w: quantize(k=3)", "w: quantize(k=2) + prune(keep=3)", "m: lowrank(r=1); w: prune(keep=5)",
  ]

  private func layout() throws -> ArenaLayout {
    try ArenaLayout([("w", [40]), ("bias", [2]), ("m", [5, 6])])
  }

  private func learning(seed: UInt64) throws -> (QuadraticLearning, minimum: Arena, h: Arena) {
    let (minimum, h) = (Arena(try layout()), Arena(try layout()))
    var random = RandomGenerator(seed: seed)
    for index in 0..<minimum.layout.count {
      minimum.floats[index] = random.normal()
      h.floats[index] = 0.1 + random.uniform()
    }
    return (QuadraticLearning(minimum: minimum, curvature: h), minimum, h)
  }

  private func bits(_ arena: Arena) -> [UInt32] { arena.floats.map(\.bitPattern) }

  /// A training loop of one's own over memory of one's own ends in the bits of `Alternation`, also where it
  /// is interrupted.
  @Test(arguments: plans, [Multipliers.off, .on])
  func aLoopOfOnesOwnDoesWhatTheAlternationDoes(text: String, multipliers: Multipliers) throws {
    let (learning, minimum, h) = try learning(seed: 7)
    let plan = try ResolvedPlan(CompressionPlan(parsing: text), for: layout())
    let schedule = PenaltySchedule.exponential(initial: 0.05, growth: 1.3, steps: 12)
    let coupling = Coupling.penalty(multipliers: multipliers)
    let result = try Alternation(coupling, schedule: schedule, budget: .each(.batches(1)))
      .run(plan, learning: learning)

    var memory = Array(minimum.floats)
    try memory.withUnsafeMutableBufferPointer { memory in
      let weights = try Arena(layout(), over: memory)
      var state = try LCState(plan, weights: weights, coupling: coupling)
      try state.begin()
      for step in 0..<schedule.steps {
        if step == 5 {
          var saved = Snapshot()
          state.store(in: &saved)
          let forms = state.forms
          state = try LCState(plan, weights: weights, coupling: coupling)
          try state.restore(saved, forms: forms)
        }
        let penalty = try #require(state.penalty(mu: schedule.mu(step: step)))
        #expect(penalty.target === state.target)
        for index in memory.indices { memory[index] = minimum.floats[index] }
        for index in penalty.ranges.joined() {
          let t = penalty.target.floats[index]
          memory[index] =
            (h.floats[index] * minimum.floats[index] + penalty.mu * t)
            / (h.floats[index] + penalty.mu)
        }
        try state.compress(mu: penalty.mu)
      }
      #expect(state.forms == result.forms)
      for range in plan.ranges {
        #expect(state.compressed[range].elementsEqual(result.weights[range]))
      }
      #expect(state.multipliers.map(bits) == result.multipliers.map(bits))
      #expect(state.relativeDistance == result.distance)
    }
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let (learning, _, _) = try learning(seed: 1)
    let plan = try ResolvedPlan(CompressionPlan(parsing: "w: quantize(k=2)"), for: layout())
    let other = try ResolvedPlan(CompressionPlan(parsing: "m: quantize(k=2)"), for: layout())
    let state = try LCState(plan, weights: learning.weights)
    try state.begin()
    var saved = Snapshot()
    state.store(in: &saved)
    #expect(throws: LinearAlgebraError.self) {
      try LCState(other, weights: learning.weights).restore(saved, forms: state.forms)
    }
    #expect(throws: LinearAlgebraError.self) {
      try LCState(plan, weights: learning.weights).restore(Snapshot(), forms: state.forms)
    }
    #expect(throws: LearningCompressionError.self) {
      try LCState(plan, weights: learning.weights, freedom: .gradual(until: 1))
    }
    var few: [Float] = [1, 2]
    few.withUnsafeMutableBufferPointer { few in
      _ = #expect(throws: LinearAlgebraError.self) { try Arena(layout(), over: few) }
    }
  }
}
