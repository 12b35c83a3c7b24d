// One layer of the dynamic programme of one-dimensional k-means.
//
// With the points ascending, relative to their mean, and S their prefix sums, the distortion of a
// partition into intervals is Σx² − Σ (S_end − S_start)² / (end − start). The gain, the second sum, is
// maximised. The best start of the last interval never moves left as its end moves right, so an end's
// search is limited by those of its neighbours.

/// For every end m in 1...n: the greatest `gain[start] + (S[m] − S[start])² / (m − start)` over
/// `least ≤ start < m`, and that start.
///
/// The ends are visited from coarse to fine: first n, then the odd multiples of n's greatest power of
/// two, of half of it, and so on; a level scans the candidates once, in order.
///
/// - Parameters:
///   - sums: S, n + 1 values.
///   - gain: the gains of the layer before, n + 1 values.
///   - least: the smallest start that may be taken.
///   - best: receives the gains for the ends; those up to `least` are left alone.
///   - starts: receives the starts.
/// - Complexity: O(n·log n) time, no scratch.
public func bestLastIntervals(
  sums: [Double], gain: [Double], least: Int, best: inout [Double], starts: inout [Int32]
) {
  let n = sums.count - 1
  precondition(gain.count == n + 1 && best.count == n + 1 && starts.count == n + 1)
  precondition(n <= Int32.max && least >= 0)
  guard least < n else { return }
  sums.withUnsafeBufferPointer { sums in
    gain.withUnsafeBufferPointer { gain in
      best.withUnsafeMutableBufferPointer { best in
        starts.withUnsafeMutableBufferPointer { starts in
          let best = best
          let starts = starts
          func solve(_ end: Int, _ low: Int, _ high: Int) {
            (best[end], starts[end]) = search(sums, gain, end: end, low: low, high: high)
          }
          solve(n, least, n - 1)
          var step = 1
          while step * 2 < n { step *= 2 }
          while step >= 1 {
            // The odd multiples of the step that are less than n.
            let count = (n - 1 + step) / (2 * step)
            let spacing = step
            parallel(over: count, grain: 256) { _, range in
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

/// The best start in `low...high` for one end: four lanes, the lowest start among equals in a lane.
private func search(
  _ sums: UnsafeBufferPointer<Double>, _ gain: UnsafeBufferPointer<Double>, end: Int, low: Int,
  high: Int
) -> (Double, Int32) {
  let total = sums[end]
  var best = -Double.infinity
  var start = low
  var candidate = low
  if high - low >= 16 {
    let rawSums = UnsafeRawBufferPointer(sums)
    let rawGain = UnsafeRawBufferPointer(gain)
    var bests = SIMD4<Double>(repeating: -.infinity)
    var places = SIMD4<Double>(repeating: Double(low))
    var place = SIMD4<Double>(0, 1, 2, 3) + Double(low)
    let last = SIMD4<Double>(repeating: Double(end))
    let whole = SIMD4<Double>(repeating: total)
    while candidate + 4 <= high + 1 {
      let s = whole - rawSums.loadUnaligned(fromByteOffset: candidate * 8, as: SIMD4<Double>.self)
      let g = rawGain.loadUnaligned(fromByteOffset: candidate * 8, as: SIMD4<Double>.self)
      let value = g + s * s / (last - place)
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
    let value = gain[candidate] + s * s / Double(end - candidate)
    if value > best {
      best = value
      start = candidate
    }
    candidate += 1
  }
  return (best, Int32(truncatingIfNeeded: start))
}
