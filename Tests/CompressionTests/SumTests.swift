import LinearAlgebra
import Testing

@testable import Compression

@Suite struct SumTests {
  private func distortion(_ weights: [Float], _ form: CompressedForm) -> Double {
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
    var form: CompressedForm?
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

  /// {−1, 1} plus κ corrections, against every choice of the corrected weights.
  @Test(arguments: 0..<60) func isExactForAFixedCodebook(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let weights = samples(kind: [0, 1, 3, 4][seed % 4], count: 8, using: &random)
    let pruning = try Pruning(keeping: .count(2))
    let fixed: any CompressionOperator =
      seed % 2 == 0 ? SignQuantization() : try PowerOfTwoQuantization(depth: 1, top: 0)
    let levels: [Float] = seed % 2 == 0 ? [-1, 1] : [-1, -0.5, 0, 0.5, 1]
    let errors = weights.map { w in levels.map { Double(($0 - w) * ($0 - w)) }.min() ?? 0 }
    var least = Double.infinity
    for a in 0..<8 {
      for b in 0..<a {
        least = min(least, errors.indices.reduce(0) { $1 == a || $1 == b ? $0 : $0 + errors[$1] })
      }
    }
    for sum in [fixed + pruning, pruning + fixed] {
      let form = try sum.compress(WeightView(weights), from: nil, penalty: 1)
      #expect(abs(distortion(weights, form) - least) <= 1e-5 * (1 + least))
    }
  }

  /// Penalised parts: the objective, not the distortion alone, never rises.
  @Test(arguments: 0..<30) func neverRaisesTheObjectiveWithCosts(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let sum = try CompressionSum(
      [PenalisedPruning(strength: 0.2, penalty: .count), NuclearNorm(strength: 0.5)],
      rounds: 1 + seed % 3)
    var weights = random.normals(48)
    var form: CompressedForm?
    for step in 0..<5 {
      let view = try WeightView(weights, shape: [6, 8])
      let mu = Float(1 + step)
      let next = try sum.compress(view, from: form, penalty: mu)
      func objective(_ form: CompressedForm) -> Double {
        sum.cost(of: form, in: view) + Double(mu) / 2 * distortion(weights, form)
      }
      if let form { #expect(objective(next) <= objective(form) * (1 + 1e-5)) }
      form = next
      weights = zip(weights, random.normals(48, scale: 0.1)).map { $0 + $1 }
    }
  }

  @Test(arguments: 0..<10) func restartsAreNoWorse(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let weights = random.normals(400)
    let parts: [any CompressionOperator] = [
      try AdaptiveQuantization(levels: 3), try Pruning(keeping: .count(20)),
    ]
    let one = try CompressionSum(parts).compress(WeightView(weights), from: nil, penalty: 1)
    let many = try CompressionSum(parts, restarts: 3)
      .compress(WeightView(weights), from: nil, penalty: 1)
    #expect(distortion(weights, many) <= distortion(weights, one) * 1.000001)
  }
}
