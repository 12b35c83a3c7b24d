import Compression
import Foundation
import LinearAlgebra
import ModelFiles
import Testing

@testable import LearningCompression

@Suite struct AlternationStateTests {
  private struct Stop: Error {}

  private func learning() throws -> QuadraticLearning {
    let layout = try ArenaLayout([("w", [6, 8]), ("bias", [2])])
    let minimum = Arena(layout)
    let curvature = Arena(layout)
    var random = RandomGenerator(seed: 2)
    for index in 0..<layout.count {
      minimum.floats[index] = random.normal()
      curvature.floats[index] = 0.1 + 2 * random.uniform()
    }
    return QuadraticLearning(minimum: minimum, curvature: curvature)
  }

  private func same(_ a: AlternationResult, _ b: AlternationResult) -> Bool {
    func figures(_ result: AlternationResult) -> [[Double]] {
      result.steps.map {
        [Double($0.mu), $0.loss, $0.distance, $0.change ?? -1, $0.figures?.trainLoss ?? -1]
      }
    }
    return a.forms == b.forms && a.directForms == b.directForms && figures(a) == figures(b)
      && a.weights.floats.map(\.bitPattern) == b.weights.floats.map(\.bitPattern)
      && a.multipliers?.floats.map(\.bitPattern) == b.multipliers?.floats.map(\.bitPattern)
      && a.direct == b.direct && a.reference == b.reference
  }

  private static let penalty = Coupling.penalty(multipliers: .on)

  /// Interrupts a run at every place where it reports progress, through a file each time.
  @Test(arguments: [
    ("w: quantize(k=3) + prune(keep=3)", [Phase(penalty, steps: 3)]),
    ("w: lowrank(r=2) + binary()", [Phase(penalty, steps: 3)]),
    ("w: quantize(k=2)", [Phase(.penalty(multipliers: .off), steps: 3)]),
    ("w: quantize(k=3) + prune(keep=3)", [Phase(penalty, steps: 2), .retraining(steps: 1)]),
    ("w: lowrank(r=2)", [Phase(.penalty(multipliers: .damped), steps: 1), .retraining(steps: 2)]),
    ("w: quantize(k=2)", [Phase(.replacement, steps: 3)]),
    ("w: nuclear(alpha=0.3)", [Phase(.replacement, steps: 3)]),
    ("w: partial(alpha=0.02, rows=50%, columns=3)", [Phase(.replacement, steps: 3)]),
    ("w: prune(keep=20%) + binary()", [Phase(.replacement, .fixed, steps: 3)]),
    ("w: prune(keep=20%)", [Phase(.replacement, .gradual(until: 0.7), steps: 3)]),
    ("w: ternary()", [Phase(.straightThrough, steps: 3)]),
    ("w: ternary()", [Phase(.straightThrough, steps: 1), Phase(penalty, steps: 2)]),
    (
      "w: quantize(k=3) + prune(keep=3)",
      [Phase(penalty, steps: 1), Phase(.straightThrough, steps: 1), Phase(penalty, steps: 1)]
    ),
    (
      "w: prune(keep=20%)",
      [
        Phase(.replacement, .gradual(until: 1), steps: 1), Phase(.straightThrough, steps: 1),
        .retraining(steps: 1),
      ]
    ),
    (
      "w: quantize(k=2)",
      [Phase(penalty, steps: 1), Phase(.replacement, steps: 1), Phase(penalty, steps: 1)]
    ),
  ])
  func goesOnAsIfNothingHadHappened(plan: String, phases: [Phase]) throws {
    let path = NSTemporaryDirectory() + "lc-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let alternation = try Alternation(
      phases.map { Phase($0.coupling, $0.freedom, steps: $0.steps, every: [.batches(2)]) },
      schedule: .exponential(initial: 0.1, growth: 1.5, steps: 3), budget: .each(.batches(5)))
    let plan = try ResolvedPlan(CompressionPlan(parsing: plan), for: learning().weights.layout)
    var places = 0
    let undisturbed = try alternation.run(plan, learning: learning()) { _ in places += 1 }
    #expect(places == 1 + 3 * (5 + 1))

    for place in 0..<places {
      let first = try AlternationRun(alternation, plan, learning: try learning())
      var passed = 0
      #expect(throws: Stop.self) {
        try first.finish { _ in
          if passed == place {
            try first.state.checkpoint().write(to: path)
            throw Stop()
          }
          passed += 1
        }
      }
      let state = try AlternationState(Checkpoint(path: path))
      let second = try AlternationRun(alternation, plan, learning: learning(), from: state)
      let result = try second.finish()
      #expect(same(result, undisturbed), "at \(place)")
    }
  }

  @Test func aStateOfAnotherRunIsAnError() throws {
    let layout = try learning().weights.layout
    func alternation(_ steps: Int) throws -> Alternation {
      try Alternation(
        schedule: .exponential(initial: 0.1, growth: 1.5, steps: steps), budget: .each(.batches(5)))
    }
    func plan(_ text: String) throws -> ResolvedPlan {
      try ResolvedPlan(CompressionPlan(parsing: text), for: layout)
    }
    let run = try AlternationRun(alternation(3), plan("w: binary()"), learning: learning())
    #expect(throws: LearningCompressionError.self) { try run.state }
    _ = try run.finish()
    let state = try run.state
    #expect(throws: LinearAlgebraError.self) {
      try AlternationRun(
        alternation(2), plan("w: binary()"), learning: learning(), from: state)
    }
    #expect(throws: LinearAlgebraError.self) {
      try AlternationRun(
        alternation(3), plan("*: binary()"), learning: learning(), from: state)
    }
    #expect(throws: LinearAlgebraError.self) { try AlternationState(Checkpoint(state: Snapshot())) }
  }
}
