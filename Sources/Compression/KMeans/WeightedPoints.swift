import LinearAlgebra

/// Ascending points with weights, and the exact one-dimensional k-means of them.
struct WeightedPoints {
  // Relative to the origin.
  private var sums: IntervalSums
  private let origin: Double

  /// - Parameter origin: a point near the mean of all, so that little cancels.
  init(origin: Double, capacity: Int = 0) {
    self.origin = origin
    sums = IntervalSums(capacity: capacity)
  }

  var count: Int { sums.count }

  /// Points must come in ascending order, with weights above 0.
  mutating func append(point: Double, weight: Double) {
    sums.append(point - origin, weight: weight)
  }

  /// The entries of the best partition into K intervals, their means, ascending; those of fewer
  /// points than K are the points themselves, and the last entry stands for the rest.
  ///
  /// - Complexity: see `IntervalSums.bestPartition(into:)`.
  func optimalEntries(_ levels: Int) -> [Float] {
    guard count > 0 else { return Array(repeating: 0, count: levels) }
    let boundaries = sums.bestPartition(into: min(levels, count))
    return filled(zip(boundaries, boundaries.dropFirst()).map { mean($0, $1) }, to: levels)
  }

  /// The same with one entry that is 0, whose interval may be empty.
  ///
  /// Two tables of gains, without and with the interval about zero. With 0 as the origin that interval
  /// gains nothing, so that its best start is a running maximum.
  /// - Precondition: the origin is 0; so a point that is 0 stays it, too.
  /// - Complexity: O(K·m·log m) time and 9·K·m bytes for m points.
  func optimalEntriesWithZero(_ levels: Int) -> [Float] {
    let m = count
    precondition(origin == 0)
    guard m > 0 else { return Array(repeating: 0, count: levels) }
    let used = min(levels, m + 1)
    var free = sums.gainsOfOne
    var zero = [Double](repeating: 0, count: m + 1)
    var layers: [Layer] = []
    for layer in 1..<max(1, used) {
      var nextZero = [Double](repeating: -.infinity, count: m + 1)
      var starts = sums.addInterval(to: zero, least: layer - 1, into: &nextZero)
      var isZero = [Bool](repeating: false, count: m + 1)
      var best = (gain: -Double.infinity, start: Int32(layer))
      for end in layer...max(layer, m) where end <= m {
        if free[end] > best.gain { best = (free[end], Int32(end)) }
        if best.gain >= nextZero[end] {
          nextZero[end] = best.gain
          starts[end] = best.start
          isZero[end] = true
        }
      }
      var nextFree = [Double](repeating: -.infinity, count: m + 1)
      let freeStarts = sums.addInterval(to: free, least: layer, into: &nextFree)
      layers.append(Layer(free: freeStarts, zero: starts, isZero: isZero))
      (free, zero) = (nextFree, nextZero)
    }
    var entries: [Float] = []
    var end = m
    var pending = true
    for layer in layers.reversed() {
      let aboutZero = pending && layer.isZero[end]
      let start = Int(pending ? layer.zero[end] : layer.free[end])
      entries.append(aboutZero ? 0 : mean(start, end))
      if aboutZero { pending = false }
      end = start
    }
    entries.append(pending ? 0 : mean(0, end))
    // An interval about zero may be empty and stand anywhere.
    return filled(entries, to: levels)
  }

  /// For each end the last interval's start, without and with one about zero, and whether it is that.
  private struct Layer {
    let free: [Int32]
    let zero: [Int32]
    let isZero: [Bool]
  }

  private func filled(_ entries: [Float], to levels: Int) -> [Float] {
    // Beside points that are much larger, means may be rounding, and in no order.
    let entries = entries.sorted()
    return entries
      + Array(repeating: entries[entries.count - 1], count: max(0, levels - entries.count))
  }

  private func mean(_ from: Int, _ to: Int) -> Float {
    from < to ? Float(origin + sums.mean(from, to)) : Float(origin)
  }
}
