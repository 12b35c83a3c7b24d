// One-dimensional k-means as a partition of ascending points into intervals.
//
// With the points relative to their mean, W and S the prefix sums of weight and of weight · point, the
// distortion of a partition is Σ w·x² − Σ (S_end − S_start)² / (W_end − W_start). The gain, the second
// sum, is maximised. The best start of the last interval never moves left as its end moves right (the
// gain is a Monge array), so an end's search is limited by those of its neighbours.

/// The prefix sums of ascending points, relative to any origin: n + 1 values each.
package struct IntervalSums: Sendable {
  /// W: prefix sums of the weights, strictly ascending from 0.
  package private(set) var weights: [Double] = [0]
  /// S: prefix sums of weight · point.
  package private(set) var sums: [Double] = [0]
  /// Whether all weights are 1: then W need not be read.
  private var areUnits = true

  private init(weights: [Double], sums: [Double], areUnits: Bool) {
    self.weights = weights
    self.sums = sums
    self.areUnits = areUnits
  }

  package init(capacity: Int = 0) {
    weights.reserveCapacity(capacity + 1)
    sums.reserveCapacity(capacity + 1)
  }

  /// The number of points.
  package var count: Int { weights.count - 1 }

  /// Adds the next point; its weight is above 0.
  package mutating func append(_ point: Double, weight: Double) {
    areUnits = areUnits && weight == 1
    weights.append(weights[weights.count - 1] + weight)
    sums.append(sums[sums.count - 1] + weight * point)
  }

  /// The mean of the points `from..<to`, of which there is at least one.
  package func mean(_ from: Int, _ to: Int) -> Double {
    (sums[to] - sums[from]) / (weights[to] - weights[from])
  }

  /// From this many intervals on the priced search is faster than one layer an interval.
  private static let layered = 32

  /// The boundaries 0 = b₀ < … < b_K = n of the partition into K intervals with the greatest gain.
  ///
  /// Exact. Up to 32 intervals by dynamic programming, a layer an interval; beyond by a search for the
  /// price of an interval at which the best partition has K of them, which does not depend on K.
  /// - Precondition: 1 ≤ K ≤ n.
  /// - Complexity: O(K·n·log n) time and 4·K·n bytes, or O(n·log n) a price, ten prices or so.
  package func bestPartition(into intervals: Int) -> [Int] {
    precondition(intervals >= 1 && intervals <= count)
    if intervals == count { return Array(0...count) }
    return intervals <= Self.layered ? layers(intervals) : priced(intervals)
  }

  /// S² / W of the points up to each end: the gains of one interval.
  package var gainsOfOne: [Double] {
    weights.indices.map { $0 == 0 ? 0 : sums[$0] * sums[$0] / weights[$0] }
  }

  private func layers(_ intervals: Int) -> [Int] {
    // About the median, and less the squares before it: so a gain is as small as what matters about its end,
    // whatever tails there are.
    let distortions = Distortions(self)
    let centred = IntervalSums(weights: weights, sums: distortions.sums, areUnits: areUnits)
    return centred.layers(intervals, less: -distortions.squares[0])
  }

  private func layers(_ intervals: Int, less squares: Double) -> [Int] {
    var gain = weights.indices.map { end -> Double in
      let sum = sums[end] - sums[0]
      return end == 0 ? 0 : sum * sum / weights[end] - squares
    }
    var next = gain
    var layers: [[Int32]] = []
    for layer in 1..<max(1, intervals) {
      layers.append(addInterval(to: gain, least: layer, into: &next))
      swap(&gain, &next)
    }
    var boundaries = [count]
    for starts in layers.reversed() {
      boundaries.append(Int(starts[boundaries[boundaries.count - 1]]))
    }
    boundaries.append(0)
    return boundaries.reversed()
  }

  /// For every end m: the greatest `gain[start] + (S[m] − S[start])² / (W[m] − W[start])` over
  /// `least ≤ start < m`, and that start.
  ///
  /// The ends are visited from coarse to fine: first n, then the odd multiples of n's greatest power of
  /// two, of half of it, and so on; a level scans the candidates once, in order.
  ///
  /// - Parameters:
  ///   - gain: the gains of the layer before, n + 1 values.
  ///   - best: receives the gains for the ends; those up to `least` are left alone.
  /// - Complexity: O(n·log n) time, no scratch.
  package func addInterval(to gain: [Double], least: Int, into best: inout [Double]) -> [Int32] {
    let n = count
    precondition(gain.count == n + 1 && best.count == n + 1 && n <= Int32.max && least >= 0)
    var starts = [Int32](repeating: 0, count: n + 1)
    guard least < n else { return starts }
    weights.withUnsafeBufferPointer { weights in
      sums.withUnsafeBufferPointer { sums in
        gain.withUnsafeBufferPointer { gain in
          best.withUnsafeMutableBufferPointer { best in
            starts.withUnsafeMutableBufferPointer { starts in
              let (best, starts) = (best, starts)
              let search = LastInterval(
                weights: weights, sums: sums, gain: gain, areUnits: areUnits)
              func solve(_ end: Int, _ low: Int, _ high: Int) {
                (best[end], starts[end]) = search.best(end: end, low: low, high: high)
              }
              solve(n, least, n - 1)
              var step = 1
              while step * 2 < n { step *= 2 }
              while step >= 1 {
                // The odd multiples of the step that are less than n.
                let odd = (n - 1 + step) / (2 * step)
                let spacing = step
                parallel(over: odd, grain: 256) { range in
                  for index in range {
                    let end = (2 * index + 1) * spacing
                    guard end > least, end < n else { continue }
                    let left = end - spacing
                    let right = min(end + spacing, n)
                    let low = left > least ? Int(starts[left]) : least
                    solve(end, low, min(Int(starts[right]), end - 1))
                  }
                }
                step /= 2
              }
            }
          }
        }
      }
    }
    return starts
  }
}

/// The search for the best start of the last interval.
private struct LastInterval {
  let weights: UnsafeBufferPointer<Double>
  let sums: UnsafeBufferPointer<Double>
  let gain: UnsafeBufferPointer<Double>
  let areUnits: Bool

  func best(end: Int, low: Int, high: Int) -> (Double, Int32) {
    areUnits
      ? best(end: end, low: low, high: high) { _, place in place }
      : best(end: end, low: low, high: high) { raw, place in
        raw.loadUnaligned(fromByteOffset: Int(place[0]) * 8, as: SIMD4<Double>.self)
      }
  }

  /// The best start in `low...high` for one end: four lanes, the lowest start among equals in a lane.
  ///
  /// - Parameter weightsAt: W from four places on, ascending by one.
  @inline(__always)
  private func best(
    end: Int, low: Int, high: Int,
    weightsAt: (UnsafeRawBufferPointer, SIMD4<Double>) -> SIMD4<Double>
  ) -> (Double, Int32) {
    let (weight, total) = (weights[end], sums[end])
    var best = -Double.infinity
    var start = low
    var candidate = low
    if high - low >= 16 {
      let rawWeights = UnsafeRawBufferPointer(weights)
      let rawSums = UnsafeRawBufferPointer(sums)
      let rawGain = UnsafeRawBufferPointer(gain)
      func four(_ raw: UnsafeRawBufferPointer) -> SIMD4<Double> {
        raw.loadUnaligned(fromByteOffset: candidate * 8, as: SIMD4<Double>.self)
      }
      var bests = SIMD4<Double>(repeating: -.infinity)
      var places = SIMD4<Double>(repeating: Double(low))
      var place = SIMD4<Double>(0, 1, 2, 3) + Double(low)
      let last = SIMD4<Double>(repeating: weight)
      let whole = SIMD4<Double>(repeating: total)
      while candidate + 4 <= high + 1 {
        let s = whole - four(rawSums)
        let value = four(rawGain) + s * s / (last - weightsAt(rawWeights, place))
        let better = value .> bests
        bests.replace(with: value, where: better)
        places.replace(with: place, where: better)
        place += 4
        candidate += 4
      }
      for lane in 0..<4
      where bests[lane] > best || (bests[lane] == best && Int(places[lane]) < start) {
        best = bests[lane]
        start = Int(places[lane])
      }
    }
    while candidate <= high {
      let s = total - sums[candidate]
      let value = gain[candidate] + s * s / (weight - weights[candidate])
      if value > best {
        best = value
        start = candidate
      }
      candidate += 1
    }
    return (best, Int32(truncatingIfNeeded: start))
  }
}
