/// Ascending points with weights, and the exact one-dimensional k-means of them.
struct WeightedPoints {
  // Prefix sums of weight, weight · point and weight · point², relative to the mean point.
  private var weights = [0.0]
  private var sums = [0.0]
  private var squares = [0.0]
  private let origin: Double

  var count: Int { weights.count - 1 }

  /// At most twice `bins` bins of the weights: cut at equal counts, which resolves where most weights
  /// are, and at equal widths, which resolves the tails.
  init(summarising sorted: SortedWeights, cuts bins: Int) {
    let n = sorted.values.count
    let low = sorted.values.first ?? 0
    let width = (Double(sorted.values.last ?? 0) - Double(low)) / Double(bins)
    var cuts = Set((0...bins).map { $0 * n / bins })
    for bin in 1..<bins where width > 0 {
      cuts.insert(sorted.position(after: Float(Double(low) + width * Double(bin))))
    }
    let mean = n == 0 ? 0 : sorted.prefixSum(n) / Double(n)
    self.init(origin: mean)
    var start = 0
    var startSum = 0.0
    for end in cuts.sorted() where end > start {
      let endSum = sorted.prefixSum(end)
      append(point: (endSum - startSum) / Double(end - start), weight: Double(end - start))
      (start, startSum) = (end, endSum)
    }
  }

  init(origin: Double) { self.origin = origin }

  /// Points must come in ascending order.
  mutating func append(point: Double, weight: Double) {
    let point = point - origin
    weights.append(weights[count] + weight)
    sums.append(sums[sums.count - 1] + weight * point)
    squares.append(squares[squares.count - 1] + weight * point * point)
  }

  /// The distortion of the points `from..<to` about their mean.
  private func cost(_ from: Int, _ to: Int) -> Double {
    let weight = weights[to] - weights[from]
    guard weight > 0 else { return 0 }
    let sum = sums[to] - sums[from]
    return max(0, squares[to] - squares[from] - sum * sum / weight)
  }

  /// The K means of the best partition into intervals, ascending.
  ///
  /// Dynamic programming over the number of intervals; the best last interval's start never moves
  /// left as the end moves right, so each layer is solved by divide and conquer.
  /// - Complexity: O(K·m·log m) time and O(K·m) memory for m points.
  func optimalEntries(_ levels: Int) -> [Float] {
    let m = count
    guard m > 0 else { return Array(repeating: 0, count: levels) }
    let used = min(levels, m)
    var best = (0...m).map { cost(0, $0) }
    var starts: [[Int32]] = []
    for layer in 1..<max(1, used) {
      var next = [Double](repeating: 0, count: m + 1)
      var start = [Int32](repeating: 0, count: m + 1)
      var pending = [(low: layer, high: m, from: layer, to: m)]
      while let (low, high, from, to) = pending.popLast() {
        if low > high { continue }
        let middle = (low + high) / 2
        var least = Double.infinity
        var split = from
        for candidate in from...max(from, min(middle, to)) {
          let total = best[candidate] + cost(candidate, middle)
          if total < least { (least, split) = (total, candidate) }
        }
        next[middle] = least
        start[middle] = Int32(split)
        pending.append((low, middle - 1, from, split))
        pending.append((middle + 1, high, split, to))
      }
      best = next
      starts.append(start)
    }
    var entries: [Float] = []
    var end = m
    for start in starts.reversed() {
      entries.append(mean(Int(start[end]), end))
      end = Int(start[end])
    }
    entries.append(mean(0, end))
    entries.reverse()
    // Fewer points than entries: the last entry stands for the rest.
    return entries + Array(repeating: entries[entries.count - 1], count: levels - used)
  }

  private func mean(_ from: Int, _ to: Int) -> Float {
    let weight = weights[to] - weights[from]
    return Float(origin + (weight > 0 ? (sums[to] - sums[from]) / weight : 0))
  }
}
