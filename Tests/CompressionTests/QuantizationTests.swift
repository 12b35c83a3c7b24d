import LinearAlgebra
import Testing

@testable import Compression

@Suite struct QuantizationTests {
  /// The least distortion of n sorted weights in K intervals, by trying every last interval.
  private func leastDistortion(_ weights: [Float], _ levels: Int) -> Double {
    let x = weights.sorted().map(Double.init)
    func cost(_ from: Int, _ to: Int) -> Double {
      guard to > from else { return 0 }
      let mean = x[from..<to].reduce(0, +) / Double(to - from)
      return x[from..<to].reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
    var best = (0...x.count).map { cost(0, $0) }
    for _ in 1..<levels {
      best = best.indices.map { end in (0...end).map { best[$0] + cost($0, end) }.min() ?? 0 }
    }
    return best[x.count]
  }

  private func distortion(_ weights: [Float], _ form: CompressedForm) -> Double {
    weights.squaredDistance(to: form.decompressed())
  }

  @Test(arguments: 0..<200) func reachesTheOptimumWhenCold(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let levels = 1 + seed % 4
    let count = levels + Int(random.next() % 30)
    let weights = samples(kind: seed % 5, count: count, using: &random)
    let form = try AdaptiveQuantization(levels: levels)
      .compress(WeightView(weights), from: nil, penalty: 1)
    let least = leastDistortion(weights, levels)
    #expect(distortion(weights, form) <= least * 1.0001 + 1e-5 * weights.squaredNorm)
  }

  @Test(arguments: [2, 3, 16, 256]) func staysNearTheOptimumWhenLarge(levels: Int) throws {
    var random = RandomGenerator(seed: UInt64(levels))
    for kind in [0, 4] {
      let weights = samples(kind: kind, count: 5_000, using: &random)
      let sorted = SortedWeights(weights)
      var points = WeightedPoints(origin: 0)
      for value in sorted.values { points.append(point: Double(value), weight: 1) }
      let exact = Codebook(
        nearest: weights, in: .free(points.optimalEntries(levels), levels: levels))
      let form = try AdaptiveQuantization(levels: levels)
        .compress(WeightView(weights), from: nil, penalty: 1)
      #expect(distortion(weights, form) <= 1.0005 * distortion(weights, .codebook(exact)))
    }
  }

  @Test(arguments: 0..<60) func neverMovesAwayFromAWarmStart(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let levels = 1 + seed % 6
    let weights = samples(kind: seed % 5, count: 500, using: &random)
    let start = CompressedForm.codebook(
      Codebook(nearest: weights, in: .free(random.normals(levels).sorted(), levels: levels)))
    let form = try AdaptiveQuantization(levels: levels)
      .compress(WeightView(weights), from: start, penalty: 1)
    #expect(distortion(weights, form) <= distortion(weights, start) * (1 + 1e-6) + 1e-12)
    let again = try AdaptiveQuantization(levels: levels)
      .compress(WeightView(weights), from: form, penalty: 1)
    #expect(distortion(weights, again) <= distortion(weights, form) * (1 + 1e-6) + 1e-12)
  }

  @Test(arguments: 0..<20) func bothWaysOfFindingCellsAgree(seed: Int) {
    var random = RandomGenerator(seed: UInt64(seed))
    let weights = samples(kind: seed % 5, count: 3000, using: &random)
    let thresholds = random.normals(1 + seed % 5).sorted()
    let sorted = SortedWeights(weights).cells(between: thresholds)
    let direct = weights.cells(between: thresholds)
    #expect(sorted.map(\.count) == direct.map(\.count))
    for (a, b) in zip(sorted, direct) {
      #expect(abs(a.sum - b.sum) <= 1e-5 * (1 + weights.absoluteSum))
    }
  }

  @Test(arguments: 0..<100) func everyWeightTakesItsNearestEntry(seed: Int) {
    var random = RandomGenerator(seed: UInt64(seed))
    let weights = samples(kind: seed % 5, count: 1 + seed * 3, using: &random)
    let entries = random.normals(1 + seed % 50).sorted()
    let form = Codebook(nearest: weights, in: .free(entries, levels: entries.count))
    for (weight, code) in zip(weights, form.codes) {
      let nearest = entries.map { abs($0 - weight) }.min() ?? 0
      #expect(abs(entries[Int(code)] - weight) <= nearest * 1.000001)
    }
  }

  @Test(arguments: 0..<100) func theScaleOfSignsIsTheBest(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let weights = samples(kind: seed % 5, count: 1 + seed, using: &random)
    let form = try BinaryQuantization().compress(WeightView(weights), from: nil, penalty: 1)
    let reached = distortion(weights, form)
    for _ in 0..<20 {
      let a = abs(random.normal())
      let other = weights.map { $0 > 0 ? a : -a }
      #expect(reached <= weights.squaredDistance(to: other) + 1e-5 * (1 + weights.squaredNorm))
    }
  }

  @Test func wrongParametersAreErrors() {
    #expect(throws: CompressionError.self) { try AdaptiveQuantization(levels: 0) }
    #expect(throws: CompressionError.self) { try AdaptiveQuantization(levels: 65_537) }
    #expect(throws: CompressionError.self) {
      try AdaptiveQuantization(levels: 4).compress(WeightView([1, 2, 3]), from: nil, penalty: 1)
    }
    #expect(throws: CompressionError.self) { try Codebook(.free([1], levels: 1), codes: [1]) }
    #expect(throws: CompressionError.self) { try Codebook(.free([], levels: 0), codes: []) }
  }
}

/// Normal numbers; duplicates; ±0 and denormals; a constant; heavy tails.
func samples(kind: Int, count: Int, using random: inout RandomGenerator) -> [Float] {
  (0..<count).map { _ in
    switch kind {
    case 0: random.normal()
    case 1: Float(Int(random.next() % 7)) - 3
    case 2: [0, -0, .leastNonzeroMagnitude, -0x1p-130, 0x1p-128][Int(random.next() % 5)]
    case 3: -2.5
    default: random.normal() / (abs(random.normal()) + 0.05)
    }
  }
}
