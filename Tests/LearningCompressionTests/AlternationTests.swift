import Compression
import Foundation
import LinearAlgebra
import Testing

@testable import LearningCompression

@Suite struct AlternationTests {
  private func quadratic(_ count: Int, seed: UInt64) throws -> (QuadraticLearning, [Float], [Float])
  {
    let layout = try ArenaLayout([("w", [count]), ("bias", [2])])
    let minimum = Arena(layout)
    let curvature = Arena(layout)
    var random = RandomGenerator(seed: seed)
    for index in 0..<layout.count {
      minimum.floats[index] = random.normal()
      curvature.floats[index] = 0.1 + 2 * random.uniform()
    }
    return (
      QuadraticLearning(minimum: minimum, curvature: curvature),
      Array(minimum.floats.prefix(count)), Array(curvature.floats.prefix(count))
    )
  }

  /// With θᵢ ∈ {−a, a} and L = ½ Σ hᵢ(wᵢ − aᵢ)² the best signs are those of aᵢ and the best scale is
  /// Σ hᵢ|aᵢ| / Σ hᵢ; direct compression finds Σ|aᵢ| / n instead.
  @Test(arguments: [Multipliers.off, .on], 0..<5)
  func reachesTheKnownOptimumOfBinaryWeights(multipliers: Multipliers, seed: Int) throws {
    let (learning, a, h) = try quadratic(200, seed: UInt64(seed))
    let plan = try ResolvedPlan(
      CompressionPlan(parsing: "w: binary()"), for: learning.weights.layout)
    let alternation = try Alternation(
      .penalty(multipliers: multipliers),
      schedule: .exponential(initial: 0.01, growth: 1.05, steps: 250), budget: .each(.batches(1)))
    let result = try alternation.run(plan, learning: learning)
    let best = zip(a, h).reduce(0) { $0 + abs($1.0) * $1.1 } / h.reduce(0, +)
    let reached = abs(result.weights.floats[0])
    #expect(abs(reached - best) < 2e-3 * best)
    #expect(result.steps.last.map { $0.distance < 1e-3 } == true)
    #expect(result.compressed.trainLoss < result.direct.trainLoss)
    // What the plan does not name stays at its own minimum.
    #expect(result.weights.floats[200] == learning.weights.floats[200])
  }

  @Test func theMultipliersFollowTheirFormula() throws {
    let (learning, a, h) = try quadratic(50, seed: 3)
    let plan = try ResolvedPlan(
      CompressionPlan(parsing: "w: prune(keep=5)"), for: learning.weights.layout)
    let mus = [0.1, 0.2, 0.5, 0.7]
    let result = try Alternation(schedule: .explicit(mus), budget: .each(.batches(1)))
      .run(plan, learning: learning)

    // The same by hand, in double precision.
    var lambda = [Double](repeating: 0, count: 50)
    func prune(_ x: [Double]) -> [Double] {
      let kept = Set(x.indices.sorted { abs(x[$0]) > abs(x[$1]) }.prefix(5))
      return x.indices.map { kept.contains($0) ? x[$0] : 0 }
    }
    var delta = prune(a.map(Double.init))
    for mu in mus {
      let w = (0..<50).map {
        (Double(h[$0]) * Double(a[$0]) + mu * (delta[$0] + lambda[$0] / mu)) / (Double(h[$0]) + mu)
      }
      delta = prune((0..<50).map { w[$0] - lambda[$0] / mu })
      for index in 0..<50 { lambda[index] -= mu * (w[index] - delta[index]) }
    }
    let found = try #require(result.multipliers)
    for index in 0..<50 {
      #expect(abs(Double(found.floats[index]) - lambda[index]) < 1e-5)
      #expect(abs(Double(result.weights.floats[index]) - delta[index]) < 1e-5)
    }
  }

  @Test func theCStepRunsAtItsOwnPeriod() throws {
    final class Counting: LearningStep {
      let inner: QuadraticLearning
      var calls: [Int] = []
      init(_ inner: QuadraticLearning) { self.inner = inner }
      var weights: Arena { inner.weights }
      let batchesPerEpoch = 10
      func begin(step: Int) { calls.append(-1) }
      func reach(mu: Float?) -> Float { 1 }
      func learn(batches: Int, penalty: QuadraticPenalty?, each: (Double) throws -> Void) throws {
        calls.append(batches)
        try inner.learn(batches: batches, penalty: penalty, each: each)
      }
      func evaluate(_ weights: Arena) throws -> Figures { try inner.evaluate(weights) }
    }
    let learning = Counting(try quadratic(20, seed: 1).0)
    let plan = try ResolvedPlan(
      CompressionPlan(parsing: "w: quantize(k=2)"), for: learning.weights.layout)
    let schedule = PenaltySchedule.exponential(initial: 0.1, growth: 2, steps: 2)
    var batches = 0
    _ = try Alternation(schedule: schedule, budget: .each(.epochs(1)), every: [.batches(4)])
      .run(plan, learning: learning) { if case .batch = $0 { batches += 1 } }
    #expect(learning.calls == [-1, -1, 4, 4, 2, -1, 4, 4, 2])
    #expect(batches == 20)
    learning.calls = []
    _ = try Alternation(schedule: schedule, budget: .each(.epochs(2)), every: [.epochs(1)])
      .run(plan, learning: learning)
    #expect(learning.calls == [-1, -1, 10, 10, -1, 10, 10])
  }

  @Test(arguments: [Multipliers.on, .damped])
  func multipliersOfAGradualLStepFollowTheirFormula(multipliers: Multipliers) throws {
    let learning = GradientDescent(try ArenaLayout([("w", [40])]), seed: 4)
    var w = learning.weights.floats.map(Double.init)
    let plan = try ResolvedPlan(
      CompressionPlan(parsing: "w: prune(keep=5)"), for: learning.weights.layout)
    let mus = [0.1, 0.4, 2, 8, 20]
    let result = try Alternation(
      .penalty(multipliers: multipliers), schedule: .explicit(mus), budget: .each(.batches(12)),
      every: [.batches(3)]
    ).run(plan, learning: learning)

    // The same by hand, in double precision.
    func prune(_ x: [Double]) -> [Double] {
      let kept = Set(x.indices.sorted { abs(x[$0]) > abs(x[$1]) }.prefix(5))
      return x.indices.map { kept.contains($0) ? x[$0] : 0 }
    }
    let rate = Double(learning.rate)
    var lambda = [Double](repeating: 0, count: 40)
    var delta = prune(w)
    for mu in mus {
      for batch in 1...12 {
        w = w.indices.map {
          let slope = Double(learning.curvature[$0]) * (w[$0] - Double(learning.minimum[$0]))
          return w[$0] - rate * (slope + mu * (w[$0] - delta[$0]) - lambda[$0])
        }
        guard batch % 3 == 0 else { continue }
        delta = prune(w.indices.map { w[$0] - lambda[$0] / mu })
        let share = multipliers == .damped ? min(1, mu * 3 * rate / 4) : 1
        for index in w.indices { lambda[index] -= share * mu * (w[index] - delta[index]) }
      }
    }
    let found = try #require(result.multipliers)
    for index in w.indices {
      #expect(abs(Double(found.floats[index]) - lambda[index]) < 1e-4 * (1 + abs(lambda[index])))
      #expect(abs(Double(result.weights.floats[index]) - delta[index]) < 1e-4)
    }
  }

  /// With a C step after every small step of w, multipliers that take full steps swing widely around
  /// those of the optimum, ∇L(Δ(θ)).
  @Test(arguments: 0..<5)
  func dampedMultipliersDoNotSwing(seed: Int) throws {
    func error(_ multipliers: Multipliers) throws -> Double {
      let learning = GradientDescent(
        try ArenaLayout([("w", [30])]), seed: UInt64(seed), flatness: 100)
      let plan = try ResolvedPlan(
        CompressionPlan(parsing: "w: prune(keep=1)"), for: learning.weights.layout)
      let result = try Alternation(
        .penalty(multipliers: multipliers),
        schedule: .exponential(initial: 0.05, growth: 1, steps: 3), budget: .each(.batches(10)),
        every: [.batches(1)]
      ).run(plan, learning: learning)
      let lambda = try #require(result.multipliers).floats
      let delta = result.weights.floats
      return lambda.indices.reduce(0) {
        let slope = learning.curvature[$1] * (delta[$1] - learning.minimum[$1])
        return $0 + Double((lambda[$1] - slope) * (lambda[$1] - slope))
      }.squareRoot()
    }
    #expect(try error(.damped) < 0.1 * error(.on))
  }

  @Test func stopsAtTheTolerance() throws {
    let (learning, _, _) = try quadratic(100, seed: 5)
    let plan = try ResolvedPlan(
      CompressionPlan(parsing: "w: quantize(k=4) + prune(keep=3)"), for: learning.weights.layout)
    let result = try Alternation(
      schedule: .exponential(initial: 0.1, growth: 1.3, steps: 100), budget: .each(.batches(1)),
      tolerance: 1e-2
    ).run(plan, learning: learning)
    #expect(result.steps.count < 100)
    #expect(result.steps.dropLast().allSatisfy { $0.distance > 1e-2 })
    #expect(result.steps.last.map { $0.distance <= 1e-2 } == true)
  }

  @Test func divergenceNamesTheStep() throws {
    final class Exploding: LearningStep {
      let weights: Arena
      let batchesPerEpoch = 1
      var steps = 0
      init(_ weights: Arena) { self.weights = weights }
      func begin(step: Int) { steps = step }
      func reach(mu: Float?) -> Float { 1 }
      func learn(batches: Int, penalty: QuadraticPenalty?, each: (Double) throws -> Void) throws {
        if steps == 2 { weights.floats[0] = .infinity }
        try each(1)
      }
      func evaluate(_ weights: Arena) throws -> Figures { Figures(trainLoss: 1) }
    }
    let arena = Arena(try ArenaLayout([("w", [4])]))
    for index in 0..<4 { arena.floats[index] = Float(index) }
    let learning = Exploding(arena)
    let plan = try ResolvedPlan(
      CompressionPlan(parsing: "w: binary()"), for: learning.weights.layout)
    do {
      _ = try Alternation(schedule: .explicit([1, 2, 3, 4]), budget: .each(.batches(1)))
        .run(plan, learning: learning)
      Issue.record("infinite weights were accepted")
    } catch let error as LearningCompressionError {
      guard case .diverged(let step, let steps, let batch, let mu, let reason) = error else {
        throw error
      }
      #expect(step == 2 && steps == 4 && batch == nil && mu == 3 && reason.contains("w"))
      #expect("\(error)".hasPrefix("step 3/4, μ 3 diverged: "))
    }
  }

  @Test func wrongOptionsAreErrors() {
    func alternation(_ schedule: PenaltySchedule, _ budget: Budget = .each(.batches(1))) throws {
      _ = try Alternation(schedule: schedule, budget: budget)
    }
    let schedules: [PenaltySchedule] = [
      .explicit([]), .explicit([1, 0]), .explicit([.nan]),
      .exponential(initial: 0, growth: 1.1, steps: 3),
      .exponential(initial: 1, growth: -1, steps: 3),
      .exponential(initial: 1, growth: 1, steps: -1),
      .exponential(initial: 1, growth: 1e30, steps: 30),
    ]
    for schedule in schedules {
      #expect(throws: LearningCompressionError.self) { try alternation(schedule) }
    }
    #expect(throws: LearningCompressionError.self) {
      try alternation(.explicit([1]), .each(.epochs(0)))
    }
    #expect(throws: LearningCompressionError.self) {
      try Alternation(schedule: .explicit([1]), budget: .each(.batches(1)), tolerance: -1)
    }
    for (coupling, steps) in [
      (Coupling.penalty(multipliers: .on), -1), (.penalty(multipliers: .on), 4), (.replacement, 4),
    ] {
      #expect(throws: LearningCompressionError.self) {
        try Alternation(
          coupling, schedule: .exponential(initial: 1, growth: 1, steps: 3),
          budget: .each(.batches(1)),
          retrainSteps: steps)
      }
    }
  }
}
