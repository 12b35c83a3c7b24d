import Compression
import LinearAlgebra
import Testing

@Suite struct RefitTests {
  private func weights(_ count: Int, _ random: inout RandomGenerator) -> [Float] {
    (0..<count).map { _ in random.normal() }
  }

  /// After a fit no number of the form can be changed for the better: the residual is orthogonal to what
  /// each number moves.
  @Test(arguments: 0..<10) func theResidualIsOrthogonalToEachNumber(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let old = try WeightView(weights(120, &random), shape: [10, 12])
    let target = zip(old.values, weights(120, &random)).map { $0 + 0.1 * $1 }
    for plan in [
      "quantize(k=4)", "quantize(k=3, per=row)", "binary(per=row)", "uniform(b=3, affine)",
    ] {
      let form = try `operator`(plan).compress(old, from: nil, penalty: 1)
      let fitted = try form.refitted(to: target)
      guard case .codebook(let codes) = fitted, case .codebook(let before) = form else {
        Issue.record("no codebook")
        continue
      }
      #expect(codes.codes == before.codes)
      let values = fitted.decompressed()
      for group in 0..<codes.groupCount {
        let range = group * codes.groupSize..<min((group + 1) * codes.groupSize, 120)
        let residuals = range.map { Double(target[$0] - values[$0]) }
        switch codes.stored {
        case .free:
          for level in 0..<codes.levels {
            let sum = zip(range, residuals).reduce(0.0) {
              $0 + (Int(codes.codes[$1.0]) == level ? $1.1 : 0)
            }
            #expect(abs(sum) < 1e-4)
          }
        case .scaled:
          #expect(abs(zip(range, residuals).reduce(0) { $0 + Double(values[$1.0]) * $1.1 }) < 1e-3)
        case .affine:
          #expect(abs(residuals.reduce(0, +)) < 1e-3)
          #expect(
            abs(zip(range, residuals).reduce(0) { $0 + Double(codes.codes[$1.0]) * $1.1 }) < 1e-2)
        case .fixed: break
        }
      }
    }
  }

  private func `operator`(_ text: String) throws -> any CompressionOperator {
    try #require(CompressionPlan(parsing: "w: \(text)").tasks.first).operator
  }

  @Test(arguments: [
    "quantize(k=5)", "binary()", "ternary()", "uniform(b=2)", "sign()", "powers(c=2)",
    "prune(keep=7)", "prune(keep=3, of=rows)", "prune(keep=9, k=2)", "prune(keep=2:4)",
    "lowrank(r=3)", "quantize(k=2) + prune(keep=9)", "lowrank(r=2) + prune(keep=9)",
    "lowrank(r=2) + binary() + prune(keep=5)",
  ]) func aFitIsNeverWorseThanBefore(plan: String) throws {
    for seed in 0..<10 {
      var random = RandomGenerator(seed: UInt64(seed), stream: 2)
      let old = try WeightView(weights(120, &random), shape: [10, 12])
      var form = try `operator`(plan).compress(old, from: nil, penalty: 1)
      let target = zip(old.values, weights(120, &random)).map { $0 + 0.3 * $1 }
      for _ in 0..<3 {
        let before = target.squaredDistance(to: form.decompressed())
        form = try form.refitted(to: target)
        #expect(target.squaredDistance(to: form.decompressed()) <= before * (1 + 1e-6))
        #expect(form.count == 120)
      }
    }
  }

  /// Alternating least squares ends where the truncated SVD is.
  @Test func sweepsOfFactorsFindTheBestMatrix() throws {
    var random = RandomGenerator(seed: 7)
    let view = try WeightView(weights(120, &random), shape: [10, 12])
    let best = try `operator`("lowrank(r=3)").compress(view, from: nil, penalty: 1)
    let start = try WeightView(weights(120, &random), shape: [10, 12])
    var form = try `operator`("lowrank(r=3)").compress(start, from: nil, penalty: 1)
    for _ in 0..<200 { form = try form.refitted(to: view.values) }
    let reached = view.values.squaredDistance(to: form.decompressed())
    #expect(reached < 1.001 * view.values.squaredDistance(to: best.decompressed()))
  }

  @Test func entriesThatCrossAreSortedAgain() throws {
    let form = CompressedForm.codebook(
      try Codebook(.free([-1, 1], levels: 2), codes: [0, 0, 1, 1]))
    let fitted = try form.refitted(to: [3, 5, -2, -4])
    #expect(fitted.decompressed() == [4, 4, -3, -3])
    if case .codebook(let codes) = fitted { #expect(codes.entries == [-3, 4]) }
  }
}
