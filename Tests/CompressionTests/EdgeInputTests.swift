import LinearAlgebra
import Testing

@testable import Compression

/// Every operator on inputs at the edges: one element, constants, ±0, denormals, duplicates, heavy tails.
@Suite struct EdgeInputTests {
  /// Operators of any shape, those of matrices, and those with a cost, which are no projections.
  static let plain = [
    "quantize(k=1)", "quantize(k=1, exact)", "quantize(k=1, restarts=2)", "quantize(k=1, zero)",
    "sign()", "binary()", "ternary()", "powers(c=2)", "powers(c=2, top=0)", "uniform(b=2)",
    "uniform(b=1, affine)", "prune(keep=1)", "prune(keep=100%, bits=16)", "prune(keep=50%, k=1)",
    "l1ball(radius=1)",
  ]
  static let matrices = [
    "prune(keep=1, of=rows)", "prune(keep=1, of=columns)", "prune(keep=50%, of=2x2)",
    "prune(keep=1:1)", "lowrank(r=1)", "lowrank(r=20%)", "lowrank(energy=50%)", "binary(per=row)",
  ]
  static let priced = [
    "l0penalty(alpha=0.1)", "l1penalty(alpha=0.1)", "elastic(alpha=0.1, ridge=1)",
    "grouplasso(alpha=0.1, of=rows)", "grouplasso(alpha=0.1, of=rows, single=0.5)",
    "lowrank(lambda=0.01)", "nuclear(alpha=0.1)", "prune(keep=1) + l1penalty(alpha=0.1)",
  ]

  private static let shapes = [[1, 1], [1, 5], [4, 1], [3, 4]]

  @Test(arguments: plain + matrices + priced) func isSaneAtTheEdges(text: String) throws {
    let `operator` = try CompressionPlan(parsing: "*: " + text).tasks[0].operator
    var random = RandomGenerator(seed: 5)
    for kind in 0..<5 {
      for shape in Self.shapes {
        let count = shape[0] * shape[1]
        // Squares of the greatest floats overflow a float, which is not what this is about.
        let weights = samples(kind: kind, count: count, using: &random).map {
          max(-1e15, min(1e15, $0))
        }
        let view = try WeightView(weights, shape: shape)
        let slack = 1e-5 * weights.squaredNorm + 1e-30
        func objective(_ form: CompressedForm) -> Double {
          2 * `operator`.cost(of: form, in: view)
            + weights.squaredDistance(to: form.decompressed())
        }
        if text.contains("bits=16"), kind == 2 {
          // Half precision holds no denormal floats.
          #expect(throws: CompressionError.self) {
            try `operator`.compress(
              WeightView(Array(repeating: .leastNonzeroMagnitude, count: count), shape: shape),
              from: nil, penalty: 1)
          }
          continue
        }
        let form = try `operator`.compress(view, from: nil, penalty: 1)
        let values = form.decompressed()
        #expect(values.count == count && values.isFinite, "\(shape) \(weights)")
        #expect(form.storage.bits >= 0)
        // A warm start is never lost, be it this form or one for other weights.
        let other = try `operator`.compress(
          WeightView(weights.map { 0.5 * $0 + 1 }, shape: shape), from: nil, penalty: 1)
        for start in [form, other] {
          let next = try `operator`.compress(view, from: start, penalty: 1)
          #expect(objective(next) <= objective(start) * (1 + 1e-5) + slack, "\(shape) \(weights)")
        }
        guard !Self.priced.contains(text) else { continue }
        let again = try `operator`.compress(
          WeightView(values, shape: shape), from: form, penalty: 1
        ).decompressed()
        #expect(again.squaredDistance(to: values) <= slack, "\(shape) \(weights) \(values)")
      }
    }
  }

  @Test func fewerWeightsThanLevelsIsAnError() {
    for text in ["quantize(k=4)", "quantize(k=4, exact)", "quantize(k=4, zero)"] {
      #expect(throws: CompressionError.self) {
        try CompressionPlan(parsing: "*: " + text).tasks[0].operator
          .compress(WeightView([1, 2, 3]), from: nil, penalty: 1)
      }
    }
  }
}
