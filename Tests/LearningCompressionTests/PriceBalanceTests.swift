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
      #expect(start.balance.map { $0 > 0 && $0.isFinite } == true, "\(price)")
    }
    let zero = try learning(curvature: 1, scale: 0)
    #expect(try start("*.weight: l0penalty(alpha=0.1)", zero).balance == nil)
  }

  /// What was found is kept: all of the run has that price.
  @Test func theRunKeepsTheBalance() throws {
    let rule = ScheduleRule(.lc, budget: .batches(400), perEpoch: 10)
    let start = Start(
      reference: Figures(trainLoss: 0.1), direct: Figures(trainLoss: 0.5), squaredDistance: 10,
      squaredNorm: 20, balance: 0.003)
    let alternation = try rule.alternation(from: start, reach: 50, perEpoch: 10)
    for step in 0..<alternation.schedule.steps where alternation.coupling(ofStep: step).isSoft {
      #expect(alternation.mu(step: step) == 0.003)
    }
    #expect(alternation.phases.first?.coupling == .penalty(multipliers: .damped))
    let auto = ScheduleRule(.auto, budget: .batches(400), perEpoch: 10)
    #expect(
      try auto.alternation(from: start, reach: 50, perEpoch: 10).phases == alternation.phases)
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
      #expect(result.start.balance.map { $0 > 2.99 && $0 < 4.6 } == true)
    }
  }
}
