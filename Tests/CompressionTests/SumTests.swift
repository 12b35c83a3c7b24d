import LinearAlgebra
import Testing

@testable import Compression

@Suite struct SumTests {
  private func distortion(_ weights: [Float], _ form: some CompressedForm) -> Double {
    weights.squaredDistance(to: form.decompressed())
  }

  @Test(arguments: 0..<40) func neverMovesAwayFromAWarmStart(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let sum = try CompressionSum(
      [
        AdaptiveQuantization(levels: 2 + seed % 3), Pruning(keeping: .fraction(0.05)),
        LowRankApproximation(rank: 1 + seed % 3),
      ], rounds: 1 + seed % 4)
    var weights = random.normals(600)
    var form: AdditiveSum?
    for _ in 0..<6 {
      let view = try WeightView(weights, shape: [20, 30])
      let next = try sum.compress(view, from: form, penalty: 1)
      if let form {
        #expect(distortion(weights, next) <= distortion(weights, form) * (1 + 1e-6))
      }
      form = next
      weights = zip(weights, random.normals(600, scale: 0.05)).map { $0 + $1 }
    }
  }

  /// κ-sparse plus two values on a few weights, against every choice of the corrected weights.
  @Test(arguments: 0..<30) func comesCloseToTheOptimumOnSmallInputs(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let weights = random.normals(9)
    let sum = try AdaptiveQuantization(levels: 2) + Pruning(keeping: .count(2))
    let form = try sum.compress(WeightView(weights), from: nil, penalty: 1)
    var least = Double.infinity
    for first in 0..<9 {
      for second in 0..<first {
        // The corrected weights cost nothing; the rest is two-means.
        let rest = weights.indices.filter { $0 != first && $0 != second }.map { weights[$0] }
        let pair = try AdaptiveQuantization(levels: 2)
          .compress(WeightView(rest), from: nil, penalty: 1)
        least = min(least, distortion(rest, pair))
      }
    }
    let alone = try AdaptiveQuantization(levels: 2)
      .compress(WeightView(weights), from: nil, penalty: 1)
    let reached = distortion(weights, form)
    #expect(reached >= least - 1e-6)
    #expect(reached <= distortion(weights, alone))
  }

  @Test func partsAddUp() throws {
    let sum = try AdditiveSum([
      .codebook(Codebook(.free([-1, 1], levels: 2), codes: [0, 1, 1])),
      .sparse(Sparse(count: 3, indices: [1], values: [0.5])),
    ])
    #expect(sum.decompressed() == [-1, 1.5, 1])
    #expect(throws: CompressionError.self) { try AdditiveSum([]) }
    #expect(throws: CompressionError.self) {
      try AdditiveSum([
        .sparse(Sparse(count: 3, indices: [], values: [])),
        .sparse(Sparse(count: 4, indices: [], values: [])),
      ])
    }
  }
}
