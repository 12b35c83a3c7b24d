import LinearAlgebra

extension SortedWeights {
  /// The K entries of least distortion: the global optimum of one-dimensional k-means.
  ///
  /// Dynamic programming over the sorted weights; each layer by divide and conquer.
  /// - Complexity: O(K·n·log n) time, 4·K·n + 24·n bytes.
  /// - Source: Wang & Song, *Ckmeans.1d.dp*, The R Journal 2011, for the recursion; the monotonicity
  ///   that makes a layer O(n·log n) is that of the concave Monge cost.
  func exactEntries(_ levels: Int) -> [Float] {
    let n = values.count
    guard n > 0 else { return Array(repeating: 0, count: levels) }
    let used = min(levels, n)
    let mean = prefixSum(n) / Double(n)
    var sums = [0.0]
    sums.reserveCapacity(n + 1)
    var running = 0.0
    for value in values {
      running += Double(value) - mean
      sums.append(running)
    }
    var gain = [Double](repeating: 0, count: n + 1)
    for end in 1...n { gain[end] = sums[end] * sums[end] / Double(end) }
    var layers: [[Int32]] = []
    var next = gain
    for layer in 1..<max(1, used) {
      var starts = [Int32](repeating: 0, count: n + 1)
      bestLastIntervals(sums: sums, gain: gain, least: layer, best: &next, starts: &starts)
      layers.append(starts)
      swap(&gain, &next)
    }
    var entries: [Float] = []
    var end = n
    for starts in layers.reversed() {
      let start = Int(starts[end])
      entries.append(Float(mean + (sums[end] - sums[start]) / Double(max(1, end - start))))
      end = start
    }
    entries.append(Float(mean + sums[end] / Double(max(1, end))))
    entries.reverse()
    return entries + Array(repeating: entries[entries.count - 1], count: levels - used)
  }
}
