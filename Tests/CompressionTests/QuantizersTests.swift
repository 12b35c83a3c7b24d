import Foundation
import LinearAlgebra
import Testing

@testable import Compression

/// Every quantizer against a naive twin: brute force, or the textbook's definition.
@Suite struct QuantizersTests {
  private func distortion(_ weights: [Float], _ form: CompressedForm) -> Double {
    weights.squaredDistance(to: form.decompressed())
  }

  private func slack(_ weights: [Float]) -> Double { 1e-5 * weights.squaredNorm + 1e-30 }

  /// The least distortion over all partitions of the sorted weights into K intervals.
  private func bruteForce(_ weights: [Float], _ levels: Int, zero: Bool = false) -> Double {
    let x = weights.sorted().map(Double.init)
    func best(_ from: Int, _ left: Int, _ zero: Bool) -> Double {
      if from == x.count { return 0 }
      guard left > 0 else { return .infinity }
      var least = Double.infinity
      for end in (from + 1)...x.count {
        let cell = x[from..<end]
        let mean = cell.reduce(0, +) / Double(cell.count)
        let free = cell.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let rest = best(end, left - 1, zero)
        if !zero || left > 1 { least = min(least, free + rest) }
        if zero {
          let about = cell.reduce(0) { $0 + $1 * $1 }
          least = min(least, about + best(end, left - 1, false))
        }
      }
      return least
    }
    return best(0, levels, zero)
  }

  /// Gaussian, uniform, bimodal, heavy-tailed and clustered data.
  private func data(_ kind: Int, _ count: Int, _ random: inout RandomGenerator) -> [Float] {
    (0..<count).map { _ in
      switch kind {
      case 0: return random.normal()
      case 1: return Float(random.next() >> 40) * 0x1p-24
      case 2: return random.normal() * 0.2 + (random.next() % 2 == 0 ? 1 : -1)
      case 3:
        let divisor = random.normal()
        return random.normal() / (divisor * divisor + 0.01)
      default: return Float(random.next() % 7) + random.normal() * 0.01
      }
    }
  }

  @Test(arguments: 0..<150) func exactEqualsBruteForce(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let levels = 1 + seed % 5
    let count = levels + Int(random.next() % UInt64(13 - levels))
    let weights =
      seed % 2 == 0
      ? data(seed / 2 % 5, count, &random)
      : samples(kind: seed / 2 % 5, count: count, using: &random)
    let form = try AdaptiveQuantization(levels: levels, solver: .exact)
      .compress(WeightView(weights), from: nil, penalty: 1)
    #expect(distortion(weights, form) <= bruteForce(weights, levels) * 1.0001 + slack(weights))
    #expect(distortion(weights, form) >= bruteForce(weights, levels) * 0.9999 - slack(weights))
  }

  /// O(K·n²) dynamic programming, in Double.
  @Test(arguments: 0..<5) func exactEqualsTheQuadraticProgramme(kind: Int) throws {
    var random = RandomGenerator(seed: UInt64(kind))
    for (count, levels) in [(2000, 8), (700, 3), (300, 33)] {
      let weights = data(kind, count, &random)
      let x = weights.sorted().map(Double.init)
      var sums = [0.0]
      var squares = [0.0]
      for value in x {
        sums.append(sums[sums.count - 1] + value)
        squares.append(squares[squares.count - 1] + value * value)
      }
      var costs = [0.0]
      for end in 1...count { costs.append(squares[end] - sums[end] * sums[end] / Double(end)) }
      for _ in 1..<levels {
        var next = costs
        costs.withUnsafeBufferPointer { costs in
          for end in 1...count {
            for start in 0..<end {
              let sum = sums[end] - sums[start]
              let cost = squares[end] - squares[start] - sum * sum / Double(end - start)
              next[end] = min(next[end], costs[start] + cost)
            }
          }
        }
        costs = next
      }
      let form = try AdaptiveQuantization(levels: levels, solver: .exact)
        .compress(WeightView(weights), from: nil, penalty: 1)
      let reached = distortion(weights, form)
      #expect(abs(reached - costs[count]) <= 2e-4 * costs[count] + slack(weights))
      // The fast way is next to it, and restarts are no better than the optimum.
      let fast = try AdaptiveQuantization(levels: levels)
        .compress(WeightView(weights), from: nil, penalty: 1)
      #expect(distortion(weights, fast) <= 1.0005 * reached + slack(weights))
      let restarts = try AdaptiveQuantization(levels: levels, solver: .restarts(5))
        .compress(WeightView(weights), from: nil, penalty: 1)
      #expect(distortion(weights, restarts) >= reached * 0.9999 - slack(weights))
    }
  }

  @Test(arguments: 0..<60) func aZeroLevelIsTheBestSuchCodebook(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let levels = 1 + seed % 4
    let count = levels + Int(random.next() % 8)
    let weights = samples(kind: seed % 5, count: count, using: &random)
    let form = try AdaptiveQuantization(levels: levels, keepsZero: true)
      .compress(WeightView(weights), from: nil, penalty: 1)
    #expect(try #require(form.codebook).entries.contains(0))
    let least = bruteForce(weights, levels, zero: true)
    #expect(distortion(weights, form) <= least * 1.0001 + slack(weights))
  }

  @Test(arguments: 0..<100) func ternaryIsTheBestOfAllSupports(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let weights = samples(kind: seed % 5, count: 1 + seed % 10, using: &random)
    let form = try TernaryQuantization().compress(WeightView(weights), from: nil, penalty: 1)
    var least = Double.infinity
    for support in 0..<1 << weights.count {
      let inside = weights.indices.filter { support >> $0 & 1 == 1 }
      let scale =
        inside.reduce(0.0) { $0 + abs(Double(weights[$1])) } / Double(max(1, inside.count))
      let error = weights.indices.reduce(0.0) { total, index in
        let left = abs(Double(weights[index])) - (support >> index & 1 == 1 ? scale : 0)
        return total + left * left
      }
      least = min(least, error)
    }
    #expect(distortion(weights, form) <= least * 1.0001 + slack(weights))
  }

  @Test(arguments: 0..<60) func signsAndPowersTakeTheNearest(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let weights =
      [0, 1, 4].contains(seed % 5)
      ? samples(kind: seed % 5, count: 30, using: &random) : random.normals(30)
    let signs = try SignQuantization().compress(WeightView(weights), from: nil, penalty: 1)
    #expect(signs.decompressed() == weights.map { $0 > 0 ? 1 : -1 })
    #expect(signs.storage.bits == 30)
    let top = seed % 5 - 2
    let powers = try PowerOfTwoQuantization(depth: 3, top: top)
      .compress(WeightView(weights), from: nil, penalty: 1)
    let allowed =
      (0...3).flatMap { power -> [Float] in
        let value = Float(sign: .plus, exponent: top - power, significand: 1)
        return [value, -value]
      } + [0]
    for (weight, value) in zip(weights, powers.decompressed()) {
      #expect(allowed.contains(value))
      let nearest = allowed.map { abs($0 - weight) }.min() ?? 0
      #expect(abs(value - weight) <= nearest * 1.00001)
    }
    // With a learnt exponent no other exponent is better.
    let learnt = try PowerOfTwoQuantization(depth: 3)
      .compress(WeightView(weights), from: nil, penalty: 1)
    for other in -12...6 {
      let fixed = try PowerOfTwoQuantization(depth: 3, top: other)
        .compress(WeightView(weights), from: nil, penalty: 1)
      #expect(distortion(weights, learnt) <= distortion(weights, fixed) * 1.0001 + slack(weights))
    }
  }

  @Test(arguments: 0..<60) func uniformGridsAreNearTheBestOfAFineSearch(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let weights = data(seed % 5, 40, &random)
    let bits = 2 + seed % 3
    let top = Float((1 << (bits - 1)) - 1)
    let form = try UniformQuantization(bits: bits)
      .compress(WeightView(weights), from: nil, penalty: 1)
    let span = weights.reduce(0) { max($0, abs($1)) }
    var least = Double.infinity
    for trial in 1...2000 {
      let step = span / top * Float(trial) / 1500
      least = min(
        least,
        weights.squaredDistance(
          to: weights.map { step * max(-top, min(top, ($0 / step).rounded())) }))
    }
    #expect(distortion(weights, form) <= least * 1.15 + slack(weights))
    let affine = try UniformQuantization(bits: bits, affine: true)
      .compress(WeightView(weights), from: nil, penalty: 1)
    let low = weights.min() ?? 0
    let step = ((weights.max() ?? 0) - low) / Float((1 << bits) - 1)
    let naive = weights.map { low + step * (($0 - low) / step).rounded() }
    #expect(distortion(weights, affine) <= weights.squaredDistance(to: naive) * 1.0001)
    #expect(Set(affine.decompressed()).count <= 1 << bits)
  }

  @Test(arguments: 0..<40) func groupsAreQuantizedByThemselves(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let weights = random.normals(60)
    let view = try WeightView(weights, shape: [6, 10])
    func check(_ operator: some CodebookOperator, _ alone: some CodebookOperator, size: Int) throws
    {
      let form = try `operator`.compress(view, from: nil, penalty: 1)
      let naive = try stride(from: 0, to: 60, by: size).flatMap { start in
        try alone.compress(
          WeightView(Array(weights[start..<min(start + size, 60)])), from: nil, penalty: 1
        ).decompressed()
      }
      #expect(form.decompressed() == naive)
    }
    try check(AdaptiveQuantization(levels: 3, per: .row), AdaptiveQuantization(levels: 3), size: 10)
    try check(TernaryQuantization(per: .weights(7)), TernaryQuantization(), size: 7)
    try check(BinaryQuantization(per: .row), BinaryQuantization(), size: 10)
    try check(
      UniformQuantization(bits: 3, affine: true, per: .weights(16)),
      // All weights of a view are searched harder than a group.
      UniformQuantization(bits: 3, affine: true, per: .weights(16)), size: 16)
    try check(
      PowerOfTwoQuantization(depth: 2, per: .row), PowerOfTwoQuantization(depth: 2), size: 10)
  }

  @Test(arguments: 0..<60) func projectionsAreIdempotentAndNeverLoseAWarmStart(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let weights = samples(kind: seed % 5, count: 64, using: &random)
    let view = try WeightView(weights, shape: [8, 8])
    let operators: [any CompressionOperator] = [
      try AdaptiveQuantization(levels: 4), try AdaptiveQuantization(levels: 4, solver: .exact),
      try AdaptiveQuantization(levels: 3, keepsZero: true),
      try AdaptiveQuantization(levels: 4, solver: .restarts(2)), SignQuantization(),
      BinaryQuantization(per: .row), TernaryQuantization(), try PowerOfTwoQuantization(depth: 4),
      try UniformQuantization(bits: 3), try UniformQuantization(bits: 3, affine: true),
    ]
    for `operator` in operators {
      let form = try `operator`.compress(view, from: nil, penalty: 1)
      let values = form.decompressed()
      // A constant a in {−a, a} is a fixed point, and so on.
      let again = try `operator`.compress(
        WeightView(values, shape: [8, 8]), from: form, penalty: 1)
      #expect(again.decompressed().squaredDistance(to: values) <= slack(values), "\(`operator`)")
      let moved = try WeightView(
        zip(weights, random.normals(64, scale: 0.1)).map { $0 + $1 }, shape: [8, 8])
      let next = try `operator`.compress(moved, from: form, penalty: 1)
      #expect(
        distortion(moved.values, next) <= distortion(moved.values, form) * (1 + 1e-5)
          + slack(weights), "\(`operator`)")
    }
  }

  /// Many weights are counted in bins instead of sorted: the same optimum, and never worse when warm.
  @Test(arguments: 0..<5) func manyWeightsAreQuantizedAsWell(kind: Int) throws {
    var random = RandomGenerator(seed: UInt64(kind))
    let weights = data(kind, 70_000, &random)
    for levels in [2, 7] {
      let exact = try AdaptiveQuantization(levels: levels, solver: .exact)
        .compress(WeightView(weights), from: nil, penalty: 1)
      let form = try AdaptiveQuantization(levels: levels)
        .compress(WeightView(weights), from: nil, penalty: 1)
      let limit = levels == 2 ? 1.000001 : 1.0005
      #expect(distortion(weights, form) <= limit * distortion(weights, exact) + slack(weights))
      let moved = zip(weights, random.normals(70_000, scale: 0.02)).map { $0 + $1 }
      let next = try AdaptiveQuantization(levels: levels)
        .compress(WeightView(moved), from: form, penalty: 1)
      #expect(distortion(moved, next) <= distortion(moved, form) * 1.000001)
    }
    let zero = try AdaptiveQuantization(levels: 5, keepsZero: true)
      .compress(WeightView(weights), from: nil, penalty: 1)
    #expect(try #require(zero.codebook).entries.contains(0))
  }
}
