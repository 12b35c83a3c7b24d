import LinearAlgebra

/// Weights in ascending order with their prefix sums: the count and the sum of any interval in
/// O(log n), which makes an iteration of Lloyd's algorithm O(K·log n).
struct SortedWeights {
  let values: [Float]
  /// Σ of the first `block · i` values. One Double a block instead of one a weight: 3 % of memory.
  private let blockSums: [Double]
  private static let block = 64

  /// O(n).
  init(_ weights: [Float]) {
    var sorted = weights
    radixSort(&sorted)
    var running = 0.0
    var sums = [0.0]
    sums.reserveCapacity(sorted.count / Self.block + 1)
    sorted.withUnsafeBufferPointer { sorted in
      var start = 0
      while start + Self.block <= sorted.count {
        for value in sorted[start..<start + Self.block] { running += Double(value) }
        sums.append(running)
        start += Self.block
      }
    }
    values = sorted
    blockSums = sums
  }

  /// Σ of the first `count` values. O(1).
  func prefixSum(_ count: Int) -> Double {
    let block = count / Self.block
    var sum = blockSums[block]
    for value in values[block * Self.block..<count] { sum += Double(value) }
    return sum
  }

  /// How many values are at most `threshold`. O(log n).
  func position(after threshold: Float) -> Int {
    var low = 0
    var high = values.count
    while low < high {
      let middle = (low + high) / 2
      if values[middle] <= threshold { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func cells(between thresholds: [Float]) -> [Cell] {
    let ends = thresholds.map(position(after:)) + [values.count]
    var start = 0
    var startSum = 0.0
    return ends.map { end in
      let endSum = prefixSum(end)
      defer { (start, startSum) = (end, endSum) }
      return Cell(count: end - start, sum: endSum - startSum)
    }
  }

  /// Σ (w − nearest entry)², but for a constant that all codebooks share: Σ c²·n − 2·c·s over the
  /// cells. O(K·log n).
  func distortion(_ entries: [Float]) -> Double {
    let cells = cells(between: zip(entries, entries.dropFirst()).map { midpoint($0, $1) })
    return zip(entries, cells).reduce(0) { total, pair in
      let entry = Double(pair.0)
      return total + entry * (entry * Double(pair.1.count) - 2 * pair.1.sum)
    }
  }

  /// The distinct values with their counts. O(n).
  func summary() -> Summary {
    var distinct = Summary(capacity: values.count)
    var start = 0
    while start < values.count {
      let value = values[start]
      var end = start + 1
      while end < values.count, values[end] == value { end += 1 }
      distinct.append(count: end - start, sum: Double(value) * Double(end - start))
      start = end
    }
    return distinct
  }

  /// Up to that many distinct values the best codebook is found among all of them.
  private static let summarised = 1 << 17

  /// K entries of which one is 0, next to the global optimum: for each number of entries below zero,
  /// the negative and the positive weights have codebooks of their own, by the exact optimum of their
  /// summary with a cell about zero. O(n + K·m·log m).
  func bestEntriesWithZero(_ levels: Int) -> [Float] {
    guard levels > 1 else { return [0] }
    if levels > 1024 {
      var entries = bestEntries(levels)
      let nearest = entries.indices.min { abs(entries[$0]) < abs(entries[$1]) } ?? 0
      entries[nearest] = 0
      return entries
    }
    return summary().points(atMost: Summary.pointsWithZero(for: levels), origin: 0)
      .optimalEntriesWithZero(levels)
  }

  /// The best of several runs of Lloyd's algorithm, each from a k-means++ choice of entries.
  func bestOfRestarts(_ restarts: Int, levels: Int, seed: UInt64) -> [Float] {
    var random = RandomGenerator(seed: seed, stream: 3)
    let runs = (0..<restarts).map { _ in
      lloyd(from: plusPlusEntries(levels, using: &random))
    }
    return runs.min { distortion($0) < distortion($1) } ?? []
  }

  /// k-means++: each entry is a weight drawn with probability proportional to its squared distance
  /// from the entries before it. O(K·n).
  private func plusPlusEntries(_ levels: Int, using random: inout RandomGenerator) -> [Float] {
    guard let first = values.randomElement(using: &random) else { return [] }
    var entries = [first]
    var distances = [Float](repeating: .infinity, count: values.count)
    while entries.count < levels {
      let latest = entries[entries.count - 1]
      var total = 0.0
      for index in values.indices {
        let difference = values[index] - latest
        distances[index] = min(distances[index], difference * difference)
        total += Double(distances[index])
      }
      var wanted = total * Double(random.next() >> 11) * 0x1p-53
      var chosen = values.count - 1
      for index in values.indices {
        wanted -= Double(distances[index])
        if wanted < 0 {
          chosen = index
          break
        }
      }
      entries.append(values[chosen])
    }
    return entries.sorted()
  }

  func lloyd(from entries: [Float]) -> [Float] {
    Compression.lloyd(from: entries, cells: cells(between:))
  }

  /// K entries at, or next to, the global optimum: exact for K ≤ 2, for K from the number of distinct
  /// values on, and for K > 32 where there are at most 131,072 of these.
  func bestEntries(_ levels: Int) -> [Float] {
    switch levels {
    case 1: return lloyd(from: [values.first ?? 0])
    case 2: return lloyd(from: bestPair())
    default:
      let summary = summary()
      if let values = summary.values(atMost: levels) { return values }
      let limit = levels > 32 ? Self.summarised : Summary.points(for: levels)
      return lloyd(
        from: summary.points(atMost: max(limit, Summary.points(for: levels)))
          .optimalEntries(levels))
    }
  }

  /// The K entries of least distortion: the global optimum of one-dimensional k-means, by dynamic
  /// programming over all distinct values.
  ///
  /// - Complexity: O(K·n·log n) time and 4·K·n + 48·n bytes up to K = 32; O(n·log n) for each of ten or
  ///   so prices and 60·n bytes beyond.
  func exactEntries(_ levels: Int) -> [Float] {
    let summary = summary()
    if let values = summary.values(atMost: levels) { return values }
    var points = summary.points(atMost: .max)
    // Where few values are equal, weights of 1 save more than fewer points do.
    if points.count > values.count / 4 * 3 {
      points = WeightedPoints(
        origin: prefixSum(values.count) / Double(values.count), capacity: values.count)
      for value in values { points.append(point: Double(value), weight: 1) }
    }
    return lloyd(from: points.optimalEntries(levels))
  }

  /// The two means of the best split, found by trying all n − 1. O(n).
  ///
  /// The distortion is Σw² − (s²/k + (S − s)²/(n − k)) for a split after k values with sum s; the
  /// weights are taken relative to their mean, so that S = 0 and nothing cancels.
  private func bestPair() -> [Float] {
    let n = Double(values.count)
    let mean = prefixSum(values.count) / max(1, n)
    var best = -1.0
    var bestCount = 0
    var sum = 0.0
    values.withUnsafeBufferPointer { values in
      var position = 0.0
      for index in 0..<max(0, values.count - 1) {
        sum += Double(values[index]) - mean
        position += 1
        // s²/k + s²/(n − k) = s²·n / (k·(n − k))
        let gain = sum * sum / (position * (n - position))
        if gain > best {
          best = gain
          bestCount = index + 1
        }
      }
    }
    guard bestCount > 0 else { return [values.first ?? 0, values.first ?? 0] }
    let lower = prefixSum(bestCount)
    return [
      Float(lower / Double(bestCount)),
      Float((prefixSum(values.count) - lower) / Double(values.count - bestCount)),
    ]
  }
}
