import Compression
import LinearAlgebra
import Testing

@testable import LearningCompression

/// What a distance is worth to operators with a price, where nobody has said it.
@Suite struct PriceBalanceTests {
  /// The loss h/2·‖w − a‖² of two matrices of normal numbers.
  private func learning(curvature: Float, scale: Float = 1) throws -> QuadraticLearning {
    let layout = try ArenaLayout([("a.weight", [30, 20]), ("b.weight", [20, 7])])
    let (minimum, h) = (Arena(layout), Arena(layout))
    var random = RandomGenerator(seed: 5)
    for index in minimum.floats.indices { minimum.floats[index] = scale * random.normal() }
    h.floats.update(repeating: curvature)
    return QuadraticLearning(minimum: minimum, curvature: h)
  }

  private func start(
    _ plan: String, _ learning: QuadraticLearning, _ method: Method = .lc
  ) throws -> Start {
    let plan = try ResolvedPlan(
      CompressionPlan(parsing: plan), for: learning.weights.layout)
    let rule = ScheduleRule(method, budget: .batches(8), perEpoch: 1)
    return try rule.run(plan, learning: learning).start
  }

  /// Of a parabola the balance is its curvature, from wherever it is sought, and direct compression is then the
  /// minimum of L(Δ) + α·C(θ).
  @Test(
    arguments: [
      "l0penalty(alpha=A)", "l1penalty(alpha=A)", "lowrank(lambda=A)", "nuclear(alpha=A)",
      "elastic(alpha=A, ridge=0.001)", "grouplasso(alpha=A, of=rows)",
      "prune(keep=3%) + lowrank(lambda=A)",
    ], [1e-6, 0.003, 1, 40, 1e6] as [Float])
  func theBalanceOfAParabolaIsItsCurvature(text: String, h: Float) throws {
    // The price of an entry of about 1, wherever the curvature is.
    let plan = "*.weight: " + text.replacing("A", with: "\(0.3 * h)")
    // An L step whose loss is that large counts as diverged.
    for method in h > 100 ? [.direct] : [Method.lc, .auto, .direct] {
      let balance = try #require(try start(plan, learning(curvature: h), method).balance)
      #expect(balance >= 0.999 * Double(h) && balance <= 1.51 * Double(h), "\(balance)")
    }
  }

  @Test func onlyPricesAreBalanced() throws {
    let learning = try learning(curvature: 2)
    for plan in ["*.weight: quantize(k=2)", "*.weight: lowrank(r=2) + prune(keep=5%)"] {
      #expect(try start(plan, learning).balance == nil)
    }
    // What has none does not take part: with it the way would be longer, and its curvature another.
    let curvature = Arena(learning.weights.layout)
    curvature[curvature.layout.slots[0]].update(repeating: 2)
    curvature[curvature.layout.slots[1]].update(repeating: 5000)
    let mixed = QuadraticLearning(minimum: learning.weights, curvature: curvature)
    let balance = try #require(
      try start("a.weight: l0penalty(alpha=0.5); b.weight: quantize(k=2)", mixed).balance)
    #expect(balance > 1.99 && balance < 3.1, "\(balance)")
  }

  /// So high a price that nothing is left at first, so low a one that nothing is taken, and weights without any.
  @Test func extremesEnd() throws {
    for price in ["1e30", "1e-30", "1e9"] {
      let start = try start("*.weight: l0penalty(alpha=\(price))", learning(curvature: 1))
      let isUsual = start.balance.map { $0 > 0.99 && $0 < 1.51 } == true
      // A price that takes nothing wherever the loss has a say, and one beyond all μ.
      #expect(
        isUsual || start.balance.map { $0 < 1e-20 } != false && price != "1e9",
        "\(price): \(String(describing: start.balance))")
    }
    let zero = try learning(curvature: 1, scale: 0)
    #expect(try start("*.weight: l0penalty(alpha=0.1)", zero).balance == nil)
  }

  /// Where a loss rises along a line, soft thresholds have no balance, however large μ is.
  @Test func aLossWithoutMinimumHasNone() throws {
    let layout = try ArenaLayout([("a.weight", [30, 20])])
    let weights = Arena(layout)
    var random = RandomGenerator(seed: 5)
    for index in weights.floats.indices { weights.floats[index] = random.normal() }
    let plan = try ResolvedPlan(
      CompressionPlan(parsing: "*.weight: l1penalty(alpha=0.1)"), for: layout)
    let direct = weights.duplicate()
    let forms = try plan.compress(weights, mu: 1, into: direct)
    let prices = try #require(try PriceBalance(plan, forms, of: weights))
    #expect(try prices.mu(from: 1) { -$0.floats.reduce(0) { $0 + Double(abs($1)) } } == nil)
    // A loss that asks for nothing.
    #expect(try prices.mu(from: 1) { _ in 7 } == nil)
    // Beyond a bound the loss rises no further, so that to leave nothing is a balance, too: of two the larger counts.
    let balance = try prices.mu(from: 1e-4) { now in
      let squares = zip(now.floats, weights.floats).map { Double(($0 - $1) * ($0 - $1)) }
      return min(50, 3 / 2 * squares.reduce(0, +))
    }
    #expect(balance.map { $0 > 2.9 && $0 < 4.6 } == true)
  }

  /// Proximal steps are as long as the mini-batches before them, and the μ that is given is kept.
  @Test func whatSaysWhatADistanceIsWorthIsKept() throws {
    let plan = try ResolvedPlan(
      CompressionPlan(parsing: "*.weight: l1penalty(alpha=0.1)"),
      for: learning(curvature: 3).weights.layout)
    for method in [Method.lc, .projection, .proximal, .partial] {
      let alternation = try method.alternation(
        schedule: .exponential(initial: 0.7, growth: 1, steps: 2), budget: .each(.batches(1)))
      let result = try AlternationRun(alternation, plan, learning: learning(curvature: 3)).finish()
      #expect(result.start.balance == nil)
    }
    for method in [Method.retrain, .straightThrough] {
      let alternation = try method.alternation(
        schedule: .noPenalty(steps: 2), budget: .each(.batches(1)))
      let result = try AlternationRun(alternation, plan, learning: learning(curvature: 3)).finish()
      let balance = try #require(result.start.balance)
      #expect(balance > 2.99 && balance < 4.6)
      // Latent weights are compressed at the same price to the end.
      if method == .straightThrough {
        #expect(result.steps.allSatisfy { $0.mu == Float(balance) })
      }
    }
  }
}
