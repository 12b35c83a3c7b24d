import LinearAlgebra

/// Many weights as a few thousand bins in ascending order: Lloyd's algorithm on the bins needs no
/// sorting and, but for the weights within the bins at the thresholds, finds the same cells.
struct WeightHistogram {
  /// Of the non-empty bins, ascending.
  private let means: [Float]
  // Prefix sums over the bins.
  private var counts = [0]
  private var sums = [0.0]

  /// O(n).
  init(_ weights: [Float]) {
    let histogram = weights.withUnsafeBufferPointer {
      FloatHistogram($0, bits: weights.count < 1_000_000 ? 16 : 18)
    }
    means = zip(histogram.sums, histogram.counts).map { Float($0 / Double($1)) }
    for (count, sum) in zip(histogram.counts, histogram.sums) {
      counts.append(counts[counts.count - 1] + count)
      sums.append(sums[sums.count - 1] + sum)
    }
  }

  /// O(K·log bins).
  func cells(between thresholds: [Float]) -> [Cell] {
    var start = 0
    let ends = thresholds.map { threshold in
      var (low, high) = (0, means.count)
      while low < high {
        let middle = (low + high) / 2
        if means[middle] <= threshold { low = middle + 1 } else { high = middle }
      }
      return low
    }
    return (ends + [means.count]).map { end in
      defer { start = end }
      return Cell(count: counts[end] - counts[start], sum: sums[end] - sums[start])
    }
  }

  /// K entries next to the global optimum: the exact optimum of a summary by a few thousand points.
  func bestEntries(_ levels: Int, withZero: Bool = false) -> [Float] {
    let cuts = max(2048, 16 * levels)
    let total = counts[counts.count - 1]
    let low = Double(means.first ?? 0)
    let width = (Double(means.last ?? 0) - low) / Double(cuts)
    var points = WeightedPoints(origin: sums[sums.count - 1] / Double(max(1, total)))
    // Cut at equal counts, which resolves where most weights are, and at equal widths, which
    // resolves the tails.
    var start = 0
    func place(_ bin: Int) -> (Int, Int) {
      (
        counts[bin] * cuts / max(1, total),
        width > 0 ? Int((Double(means[bin]) - low) / width) : 0
      )
    }
    for bin in means.indices {
      if bin + 1 < means.count, place(bin + 1) == place(start) { continue }
      let count = Double(counts[bin + 1] - counts[start])
      points.append(point: (sums[bin + 1] - sums[start]) / count, weight: count)
      start = bin + 1
    }
    return points.optimalEntries(levels, withZero: withZero)
  }
}

extension Array where Element == Float {
  /// Lloyd's algorithm for many weights: on the bins until the cells no longer change, then one
  /// exact iteration. From a warm start the result is no worse than the exact iteration from there.
  ///
  /// - Parameter held: the index of an entry that becomes 0 and stays there.
  func binnedLloyd(
    _ levels: Int, from previous: [Float]?, holding held: (([Float]) -> Int)? = nil
  ) -> [Float] {
    let histogram = WeightHistogram(self)
    let start = previous ?? histogram.bestEntries(levels, withZero: held != nil)
    let found = lloyd(
      from: start, holding: held?(start), cells: histogram.cells(between:))
    let (entries, gain) = exactIteration(from: found, holding: held?(found))
    guard let previous else { return entries }
    let (others, other) = exactIteration(from: previous, holding: held?(previous))
    return gain >= other ? entries : others
  }

  /// The means of the entries' cells, and by how much these lower Σ w².
  private func exactIteration(from entries: [Float], holding held: Int?) -> ([Float], Double) {
    var entries = entries
    if let held { entries[held] = 0 }
    let cells = cells(between: zip(entries, entries.dropFirst()).map { midpoint($0, $1) })
    var gain = 0.0
    for (index, cell) in cells.enumerated() where cell.count > 0 && index != held {
      gain += cell.sum * cell.sum / Double(cell.count)
      entries[index] = Float(cell.sum / Double(cell.count))
    }
    return (entries, gain)
  }
}
