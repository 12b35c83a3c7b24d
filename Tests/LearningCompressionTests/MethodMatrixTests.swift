import Compression
import LinearAlgebra
import Testing

@testable import LearningCompression

/// All methods with all operators and their sums of two: what comes out is of the plan's set.
@Suite struct MethodMatrixTests {
  private static let operators = [
    "quantize(k=3)", "quantize(k=4, zero)", "quantize(k=2, per=row)", "binary()",
    "binary(per=row)", "ternary()", "ternary(per=36)", "sign()", "powers(c=2)",
    "powers(c=1, top=-1)",
    "powers(c=3, per=row)", "uniform(b=3)", "uniform(b=2, affine, per=row)", "prune(keep=20)",
    "prune(keep=10%, k=3)", "prune(keep=30%, bits=16)", "prune(keep=1:4, along=inputs)",
    "prune(keep=2, of=rows)", "prune(keep=40%, of=channels, k=2)", "prune(keep=5, of=kernels)",
    "l1ball(radius=20)", "l0penalty(alpha=0.05)", "l1penalty(alpha=0.05)",
    "elastic(alpha=0.05, ridge=0.1)", "grouplasso(alpha=0.05, of=rows)", "nuclear(alpha=0.2)",
    "partial(alpha=0.05, rows=50%)", "lowrank(r=2)", "lowrank(energy=60%)",
    "lowrank(r=1, scheme=2, bits=16)", "lowrank(r=3, scheme=best)",
  ]

  private static let plans =
    operators
    + operators.indices.flatMap { first in
      operators.indices.dropFirst(first + 1).map { "\(operators[first]) + \(operators[$0])" }
    }

  @Test(arguments: Method.allCases) func whatComesOutIsOfThePlansSet(method: Method) throws {
    let layout = try ArenaLayout([("w", [6, 4, 3, 3])])
    var tried = 0
    for (number, text) in Self.plans.enumerated() {
      let plan = try ResolvedPlan(CompressionPlan(parsing: "w: \(text)"), for: layout)
      if method == .gradual, !plan.isGradual { continue }
      // Its phases are other methods'.
      if method == .auto, number % 8 != 0 { continue }
      let learning = GradientDescent(layout, seed: UInt64(number))
      learning.clips = true
      // A form that does not belong to its operator is an error here.
      let result: AlternationResult
      if method == .auto || method == .lc && number % 3 == 0 {
        result = try ScheduleRule(method, budget: .whole(.batches(9)), steps: 4)
          .run(plan, learning: learning)
      } else {
        result = try method.alternation(
          schedule: .exponential(initial: 0.1, growth: 2, steps: 2), budget: .each(.batches(4)),
          every: [.direct, .retrain].contains(method) ? [] : [.batches(3)],
          retrainSteps: method == .lc && number % 2 == 0 ? 1 : 0
        ).run(plan, learning: learning)
      }
      let `operator` = plan.problems[0].operator
      switch (result.forms[0], `operator`) {
      case (.sum(let sum), let `operator` as CompressionSum):
        for (form, part) in zip(sum.parts, `operator`.parts) {
          try expectFixed(form, part, "\(method) \(text)")
        }
      case (let form, _): try expectFixed(form, `operator`, "\(method) \(text)")
      }
      tried += 1
    }
    #expect(
      tried == Self.plans.count || method == .gradual && tried > 150
        || method == .auto && tried > 20)
  }

  /// A point of the set is its own nearest point; costs move it, and shares of what is there.
  private func expectFixed(
    _ form: CompressedForm, _ `operator`: any CompressionOperator, _ comment: Comment
  ) throws {
    let weights = form.decompressed()
    let view = try WeightView(weights, shape: [6, 4, 3, 3])
    guard `operator`.cost(of: form, in: view) == 0, !"\(`operator`)".contains("energy") else {
      return
    }
    let again = try `operator`.compress(view, from: nil, penalty: 1).decompressed()
    let distance = zip(weights, again).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    let norm = weights.reduce(0.0) { $0 + Double($1 * $1) }
    #expect(distance <= 1e-6 * norm, "\(comment): \(`operator`)")
  }
}
