import Compression
import LinearAlgebra
import Testing

@testable import LearningCompression

/// Each coupling beside a few lines that do the same to arrays.
@Suite struct CouplingTests {
  private let layout = try? ArenaLayout([("w", [6, 8]), ("bias", [2])])

  private func setting(_ plan: String, seed: UInt64) throws -> (GradientDescent, ResolvedPlan) {
    let layout = try #require(layout)
    let learning = GradientDescent(layout, seed: seed)
    return (learning, try ResolvedPlan(CompressionPlan(parsing: plan), for: layout))
  }

  private func run(
    _ method: Method, _ plan: String, seed: UInt64, steps: Int = 3, batches: Int = 5,
    every: [Period] = [], retrainSteps: Int = 0
  ) throws -> (AlternationResult, GradientDescent) {
    let (learning, resolved) = try setting(plan, seed: seed)
    let alternation = try method.alternation(
      schedule: .exponential(initial: 1, growth: 1, steps: steps), budget: .each(.batches(batches)),
      every: every, retrainSteps: retrainSteps)
    return (try alternation.run(resolved, learning: learning), learning)
  }

  /// Δ(Π(w)) of the matrix; the rest as it is.
  private func projected(_ w: [Float], _ plan: String, mu: Float = 1) throws -> [Float] {
    let layout = try #require(layout)
    let arena = Arena(layout)
    _ = arena.floats.update(fromContentsOf: w)
    let result = arena.duplicate()
    _ = try ResolvedPlan(CompressionPlan(parsing: plan), for: layout)
      .compress(arena, mu: mu, into: result)
    return Array(result.floats)
  }

  private func expectSame(_ a: some Sequence<Float>, _ b: [Float], _ tolerance: Float = 1e-5) {
    for (x, y) in zip(a, b) { #expect(abs(x - y) <= tolerance * max(1, abs(y))) }
  }

  @Test(arguments: ["w: prune(keep=10)", "w: binary()", "w: sign() + prune(keep=5)"], 0..<3)
  func projectionAfterEveryBatchIsProjectedSGD(plan: String, seed: Int) throws {
    let (result, learning) = try run(.projection, plan, seed: UInt64(seed), every: [.batches(1)])
    let twin = GradientDescent(try #require(layout), seed: UInt64(seed))
    var w = Array(twin.weights.floats)
    for _ in 0..<15 { w = try projected(twin.stepped(w), plan) }
    expectSame(result.weights.floats, w)
    expectSame(learning.weights.floats, w)
  }

  @Test(arguments: 0..<3) func onePeriodForAllIsDirectCompressionAtTheEnd(seed: Int) throws {
    let plan = "w: quantize(k=3, exact)"
    let (result, _) = try run(.projection, plan, seed: UInt64(seed), every: [.batches(15)])
    let twin = GradientDescent(try #require(layout), seed: UInt64(seed))
    var w = Array(twin.weights.floats)
    for _ in 0..<15 { w = twin.stepped(w) }
    expectSame(result.weights.floats, try projected(w, plan))
    // The figures of the earlier steps are those of what compression would give then.
    #expect(result.steps.count == 3 && result.steps[0].change == 0)
    #expect(result.steps[2].change.map { $0 > 0 } == true)
  }

  @Test func aPeriodGoesOnIntoTheNextStep() throws {
    // Projections after 7 and 14 of 15 mini-batches, and at the end.
    let (result, _) = try run(.projection, "w: prune(keep=10)", seed: 1, every: [.batches(7)])
    let twin = GradientDescent(try #require(layout), seed: 1)
    var w = Array(twin.weights.floats)
    for batch in 1...15 {
      w = twin.stepped(w)
      if batch % 7 == 0 || batch == 15 { w = try projected(w, "w: prune(keep=10)") }
    }
    expectSame(result.weights.floats, w)
  }

  @Test func severalPeriodsShareTheSteps() throws {
    let (result, _) = try run(
      .projection, "w: prune(keep=10)", seed: 1, steps: 4, every: [.batches(5), .batches(2)])
    let twin = GradientDescent(try #require(layout), seed: 1)
    var w = Array(twin.weights.floats)
    for batch in 1...20 {
      w = twin.stepped(w)
      let isDue = batch <= 10 ? batch % 5 == 0 : (batch - 10) % 2 == 0
      if isDue { w = try projected(w, "w: prune(keep=10)") }
    }
    expectSame(result.weights.floats, w)
  }

  /// A nuclear-norm step after each epoch is the soft threshold of the singular values at α times the
  /// length of ten gradient steps.
  @Test(arguments: 0..<3) func theProximalStepThresholdsSingularValues(seed: Int) throws {
    let (result, _) = try run(
      .proximal, "w: nuclear(alpha=0.4)", seed: UInt64(seed), steps: 1, batches: 10)
    let twin = GradientDescent(try #require(layout), seed: UInt64(seed))
    var w = Array(twin.weights.floats)
    for _ in 0..<10 { w = twin.stepped(w) }
    let svd = try SingularValueDecomposition(
      of: Matrix(rows: 6, columns: 8, values: Array(w.prefix(48))))
    var expected = [Float](repeating: 0, count: 48)
    for (rank, s) in svd.singularValues.enumerated() {
      let shrunk = max(0, s - 0.4 * 0.1 * 10)
      for row in 0..<6 {
        for column in 0..<8 {
          expected[row * 8 + column] +=
            svd.left[row, rank] * shrunk * svd.rightTransposed[rank, column]
        }
      }
    }
    expectSame(result.weights.floats.prefix(48), expected)
    expectSame(result.weights.floats.suffix(2), Array(w.suffix(2)))
  }

  /// The fixed point of proximal steps does not depend on the period.
  @Test(arguments: [1, 4]) func proximalStepsFindTheMinimumOfLossPlusCost(period: Int) throws {
    let (result, learning) = try run(
      .proximal, "w: l1penalty(alpha=0.2)", seed: 5, steps: 60, batches: 20,
      every: [.batches(period)])
    // ½h(w − a)² + α|w| has its minimum at soft(a, α/h).
    for index in 0..<48 {
      let a = learning.minimum[index]
      let least = max(0, abs(a) - 0.2 / learning.curvature[index])
      let found = result.weights.floats[index]
      // Several steps between two thresholds overshoot a little.
      #expect(abs(abs(found) - least) < (period == 1 ? 1e-3 : 0.25))
      #expect(found == 0 || (found < 0) == (a < 0))
    }
  }

  @Test(arguments: ["w: binary()", "w: ternary()", "w: prune(keep=12)"], 0..<2)
  func straightThroughMovesTheLatentWeights(plan: String, seed: Int) throws {
    let (result, _) = try run(.straightThrough, plan, seed: UInt64(seed))
    let twin = GradientDescent(try #require(layout), seed: UInt64(seed))
    var v = Array(twin.weights.floats)
    for step in 0..<15 {
      let place = try projected(v, plan)
      let bound = 32 * (place[..<48].map(abs).max() ?? 0)
      for index in 0..<48 where step > 0 {
        v[index] = min(max(v[index], place[index] - bound), place[index] + bound)
      }
      let next = twin.stepped(place)
      for index in v.indices { v[index] += next[index] - place[index] }
    }
    expectSame(result.weights.floats, try projected(v, plan), 1e-4)
  }

  /// Where everything is pruned, what the loss pulls at comes back.
  @Test func latentWeightsLeaveZero() throws {
    let layout = try ArenaLayout([("w", [8])])
    let plan = try ResolvedPlan(CompressionPlan(parsing: "w: l1penalty(alpha=1)"), for: layout)
    let weights = Arena(layout)
    for index in 0..<8 { weights.floats[index] = 0.1 }
    let state = try LCState(plan, weights: weights, coupling: .straightThrough)
    try state.begin()
    try state.couple()
    #expect(state.compressed.floats.allSatisfy { $0 == 0 })
    for _ in 0..<10 {
      weights.floats[3] += 0.25
      try state.compress(mu: 1)
    }
    #expect(state.compressed.floats[3] > 0 && state.compressed.floats[2] == 0)
  }

  /// A weight that the loss pulls at without end does not take the codebook with it.
  @Test func latentWeightsStayNearTheCompressedOnes() throws {
    let count = 4096
    let layout = try ArenaLayout([("w", [count])])
    let plan = try ResolvedPlan(CompressionPlan(parsing: "w: quantize(k=2)"), for: layout)
    let weights = Arena(layout)
    for index in 0..<count { weights.floats[index] = index % 2 == 0 ? 1 : -1 }
    let state = try LCState(plan, weights: weights, coupling: .straightThrough)
    try state.begin()
    try state.couple()
    for _ in 0..<1000 {
      weights.floats[0] += 0.5
      try state.compress(mu: 1)
    }
    #expect(state.compressed.floats[0] < 1.1 && state.compressed.floats[1] == -1)
    #expect(Set(state.compressed.floats).count == 2)
    // The other weights above 0 have kept their code.
    #expect(state.compressed.floats[2] == state.compressed.floats[0])
  }

  @Test(arguments: [
    "w: prune(keep=10)", "w: quantize(k=3)", "w: binary() + prune(keep=5)", "w: lowrank(r=2)",
    "w: lowrank(r=1) + prune(keep=6)", "w: uniform(b=3)", "w: prune(keep=8, k=2)",
  ])
  func retrainingKeepsTheStructureAndLowersTheLoss(plan: String) throws {
    let (result, _) = try run(.retrain, plan, seed: 2, steps: 4, batches: 20)
    func structure(_ form: CompressedForm) -> [[Int]] {
      switch form {
      case .codebook(let codes): [codes.codes.map(Int.init)]
      case .sparse(let entries): [entries.indices.map(Int.init)]
      case .lowRank(let factors): [[factors.rank]]
      case .sum(let sum): sum.parts.flatMap(structure)
      }
    }
    #expect(result.forms.map(structure) == result.directForms.map(structure))
    #expect(result.compressed.trainLoss < result.direct.trainLoss)
    expectSame(result.weights.floats.prefix(48), result.forms[0].decompressed())
  }

  /// With a fixed support, retraining is gradient descent on the weights that stay.
  @Test func retrainingAPrunedMatrixMasksTheGradient() throws {
    let (result, _) = try run(.retrain, "w: prune(keep=10)", seed: 3)
    let twin = GradientDescent(try #require(layout), seed: 3)
    var w = try projected(Array(twin.weights.floats), "w: prune(keep=10)")
    let mask = w.map { $0 != 0 }
    for _ in 0..<15 {
      let next = twin.stepped(w)
      w = w.indices.map { $0 >= 48 || mask[$0] ? next[$0] : 0 }
    }
    expectSame(result.weights.floats, w)
  }

  /// The last steps are masked gradient descent from the Δ(θ) of the steps before.
  @Test(arguments: [Method.lc, .straightThrough, .projection], 0..<3)
  func retrainStepsGoOnFromTheCompressedWeights(method: Method, seed: Int) throws {
    let (plan, seed) = ("w: prune(keep=10)", UInt64(seed))
    let (before, _) = try run(method, plan, seed: seed, steps: 2)
    let (result, _) = try run(method, plan, seed: seed, steps: 4, retrainSteps: 2)
    let twin = GradientDescent(try #require(layout), seed: seed)
    var w = Array(before.weights.floats)
    let mask = w.map { $0 != 0 }
    for _ in 0..<10 {
      let next = twin.stepped(w)
      w = w.indices.map { $0 >= 48 || mask[$0] ? next[$0] : 0 }
    }
    expectSame(result.weights.floats, w)
    let isHard = method == .projection
    #expect(result.steps.map { $0.change == nil } == [!isHard, !isHard, false, false])
    #expect(result.steps.prefix(2).map(\.loss) == before.steps.map(\.loss))
    #expect(result.compressed.trainLoss < before.compressed.trainLoss)
    #expect(result.distance == 0)
  }

  private func run(_ phases: [Phase], _ plan: String, seed: UInt64) throws -> (
    AlternationResult, GradientDescent
  ) {
    let (learning, resolved) = try setting(plan, seed: seed)
    let steps = phases.reduce(0) { $0 + $1.steps }
    let alternation = try Alternation(
      phases, schedule: .exponential(initial: 2, growth: 3, steps: steps),
      budget: .each(.batches(5)))
    return (try alternation.run(resolved, learning: learning), learning)
  }

  /// Straight-through gradients, then a penalty from there: w begins at Δ(θ), λ at 0 and μ at its first.
  @Test(arguments: 0..<3) func aPenaltyGoesOnFromStraightThroughGradients(seed: Int) throws {
    let (plan, seed) = ("w: prune(keep=10)", UInt64(seed))
    let first = Phase(.straightThrough, steps: 2, every: [.batches(1)])
    let (before, _) = try run([first], plan, seed: seed)
    let second = Phase(.penalty(multipliers: .on), steps: 2)
    let (result, learning) = try run([first, second], plan, seed: seed)
    let twin = GradientDescent(try #require(layout), seed: seed)
    let layout = try #require(layout)
    func arena(_ values: [Float]) -> Arena {
      let arena = Arena(layout)
      _ = arena.floats.update(fromContentsOf: values)
      return arena
    }
    let resolved = try ResolvedPlan(CompressionPlan(parsing: plan), for: layout)
    var w = Array(before.weights.floats)
    var delta = w
    var lambda = [Float](repeating: 0, count: w.count)
    var forms = before.forms
    for mu: Float in [2, 6] {
      let target = w.indices.map { delta[$0] + lambda[$0] / mu }
      for _ in 0..<5 {
        let old = w
        w = twin.stepped(old)
        for index in 0..<48 { w[index] -= twin.rate * mu * (old[index] - target[index]) }
      }
      let compressed = arena(w)
      forms = try resolved.compress(
        arena(w), multipliers: arena(lambda), mu: mu, from: forms, into: compressed)
      delta = Array(compressed.floats)
      for index in 0..<48 { lambda[index] -= mu * (w[index] - delta[index]) }
    }
    expectSame(learning.weights.floats, w, 1e-4)
    expectSame(result.weights.floats.prefix(48), Array(delta.prefix(48)), 1e-4)
  }

  @Test func phasesThatDoNotFitAreErrors() throws {
    func alternation(_ steps: [Int], _ total: Int = 4) throws {
      _ = try Alternation(
        steps.map { Phase(.replacement, steps: $0) },
        schedule: .exponential(initial: 1, growth: 1, steps: total))
    }
    try alternation([1, 3])
    try alternation([0, 4, 0])
    #expect(throws: LearningCompressionError.self) { try alternation([1, 2]) }
    #expect(throws: LearningCompressionError.self) { try alternation([5, -1]) }
    #expect(throws: LearningCompressionError.self) { try alternation([.max, .max]) }
    #expect(throws: LearningCompressionError.self) { try alternation([]) }
    #expect(throws: LearningCompressionError.self) {
      try Method.retrain.alternation(retrainSteps: 1)
    }
  }

  @Test(arguments: ["w: quantize(k=3) + prune(keep=4)", "w: lowrank(r=2)"])
  func retrainStepsAloneAreRetraining(plan: String) throws {
    let (all, _) = try run(.lc, plan, seed: 5, retrainSteps: 3)
    let (retrained, _) = try run(.retrain, plan, seed: 5)
    #expect(all.forms == retrained.forms)
    #expect(all.steps.map(\.loss) == retrained.steps.map(\.loss))
    #expect(Array(all.weights.floats) == Array(retrained.weights.floats))
  }

  @Test func gradualPruningFollowsTheCubicSchedule() throws {
    let (learning, plan) = try setting("w: prune(keep=6)", seed: 4)
    let alternation = try Method.gradual.alternation(
      schedule: .exponential(initial: 1, growth: 1, steps: 4), budget: .each(.batches(10)),
      every: [.batches(5)])
    var kept: [Int] = []
    let result = try alternation.run(plan, learning: learning) { _ in
      kept.append(learning.weights.floats.prefix(48).count { $0 != 0 })
    }
    // 42 of 48 weights go, over three quarters of 40 mini-batches: t = done / 30.
    func expected(_ done: Int) -> Int {
      let t = min(1, Double(done) / 30)
      return 6 + Int((42 * (1 - t) * (1 - t) * (1 - t)).rounded())
    }
    #expect(result.forms[0].decompressed().count { $0 != 0 } == 6)
    // Counted before each C step: the mini-batches 1 … 5 still have what 0 had.
    let counts = result.steps.map(\.step)
    #expect(counts == [0, 1, 2, 3])
    #expect(Set(kept) == Set([0, 5, 10, 15, 20, 25, 30].map(expected)))
    #expect(throws: LearningCompressionError.self) {
      try alternation.run(setting("w: binary()", seed: 1).1, learning: learning)
    }
  }

  @Test func directCompressionDoesNotTrain() throws {
    let (result, learning) = try run(.direct, "w: quantize(k=2)", seed: 6)
    #expect(result.steps.isEmpty && result.forms == result.directForms)
    let fresh = GradientDescent(try #require(layout), seed: 6)
    #expect(Array(learning.weights.floats) == Array(fresh.weights.floats))
    #expect(throws: LearningCompressionError.self) {
      try run(.retrain, "w: binary()", seed: 1, every: [.batches(2)])
    }
  }
}
