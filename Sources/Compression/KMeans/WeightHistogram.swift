import LinearAlgebra

/// Many weights as a few thousand bins in ascending order: Lloyd's algorithm on the bins needs no
/// sorting and, but for the weights within the bins at the thresholds, finds the same cells.
struct WeightHistogram {
  /// Of the non-empty bins, ascending.
  private let means: [Float]
  // Prefix sums over the bins.
  private var counts = [0]
  private var sums = [0.0]
  private let bounds: [ClosedRange<Float>]

  /// How many leading bits tell K entries apart: a bin is 2^(9 − bits) of its value wide.
  private static func bits(for levels: Int, count: Int) -> Int {
    let least = count < 1_000_000 ? 16 : 18
    return levels <= 16 ? least : max(least, levels <= 64 ? 18 : 20)
  }

  /// Up to that many entries bins can be narrow enough and still be fewer than the weights.
  static func serves(_ levels: Int, count: Int) -> Bool {
    levels <= 256 && count >= 65_536 && count >= 1 << bits(for: levels, count: count)
  }

  /// O(n).
  init(_ weights: [Float], levels: Int = 2) {
    let histogram = weights.withUnsafeBufferPointer {
      FloatHistogram($0, bits: Self.bits(for: levels, count: weights.count))
    }
    bounds = histogram.bounds
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

  /// The two means of the best split of the weights, all n − 1 of which are considered; none where that
  /// takes sorting them.
  ///
  /// With P the prefix sums of the sorted weights about their mean, a split after k of them gains
  /// P²·n / (k·(n − k)). P is convex, which bounds the gain within a bin by what is known at its ends.
  /// Only bins whose bound reaches the best gain at a bin's end are looked into, and these lie close
  /// together. O(n).
  func bestPair(of weights: [Float]) -> [Float]? {
    let n = Double(counts[counts.count - 1])
    let mean = sums[sums.count - 1] / n
    func depth(_ bin: Int) -> Double { mean * Double(counts[bin]) - sums[bin] }  // −P
    func balance(_ bin: Int) -> Double { Double(counts[bin]) * (n - Double(counts[bin])) }
    func gain(_ depth: Double, _ balance: Double) -> Double { depth * depth * n / balance }
    let ends = 1..<max(1, means.count)
    var best = (gain: 0.0, count: 0, sum: 0.0)
    for bin in ends where gain(depth(bin), balance(bin)) > best.gain {
      best = (gain(depth(bin), balance(bin)), counts[bin], sums[bin])
    }
    var candidates: ClosedRange<Int>?
    for bin in means.indices {
      let count = counts[bin + 1] - counts[bin]
      // One weight has no split within.
      guard count > 1 else { continue }
      // With s the weights' distance from the mean at the bin's end, −P(k) ≤ D₀ + (k − k₀)·s, and a
      // squared linear function over k is greatest at an end; from the right likewise.
      let (k0, k1) = (Double(counts[bin]), Double(counts[bin + 1]))
      let (left, right) = (depth(bin), depth(bin + 1))
      let rise = left + (k1 - k0) * (mean - Double(bounds[bin].lowerBound))
      let fall = right + (k1 - k0) * (Double(bounds[bin].upperBound) - mean)
      let fromLeft = max(k0 > 0 ? left * left / k0 : 0, rise * rise / k1) / max(1, n - k1)
      let fromRight =
        max(k1 < n ? right * right / (n - k1) : 0, fall * fall / (n - k0)) / max(1, k0)
      if min(fromLeft, fromRight) * n >= best.gain * (1 - 1e-9) {
        candidates = (candidates?.lowerBound ?? bin)...bin
      }
    }
    if let candidates {
      let range =
        bounds[candidates.lowerBound].lowerBound...bounds[candidates.upperBound].upperBound
      let held = counts[candidates.upperBound + 1] - counts[candidates.lowerBound]
      guard held <= weights.count / 8 else { return nil }
      var inside = weights.withUnsafeBufferPointer { values(of: $0, in: range, atMost: held) }
      radixSort(&inside)
      var (count, sum) = (counts[candidates.lowerBound], sums[candidates.lowerBound])
      for value in inside {
        count += 1
        sum += Double(value)
        let k = Double(count)
        guard k < n else { break }
        let reached = gain(mean * k - sum, k * (n - k))
        if reached > best.gain { best = (reached, count, sum) }
      }
    }
    return best.count > 0 ? pair(count: best.count, sum: best.sum) : nil
  }

  private func pair(count: Int, sum: Double) -> [Float] {
    let rest = counts[counts.count - 1] - count
    return [Float(sum / Double(count)), Float((sums[sums.count - 1] - sum) / Double(max(1, rest)))]
  }

  private var summary: Summary {
    Summary(
      counts: zip(counts.dropFirst(), counts).map { $0 - $1 },
      sums: zip(sums.dropFirst(), sums).map { $0 - $1 })
  }

  /// The bins as runs, where there are at least that many.
  func summary(atLeast bins: Int) -> Summary? { means.count >= bins ? summary : nil }

  /// K entries next to the global optimum: the exact optimum of a summary by a few thousand points.
  func bestEntries(_ levels: Int, withZero: Bool) -> [Float] {
    return withZero
      ? summary.points(atMost: Summary.pointsWithZero(for: levels), origin: 0)
        .optimalEntriesWithZero(levels)
      : summary.points(atMost: Summary.points(for: levels)).optimalEntries(levels)
  }

  /// Whether the weights' spread within their bins is small beside their distances from the entries, so
  /// that cells made of whole bins have a distortion within 0.05 % of the least; a bin's weights are
  /// taken to be spread evenly. O(bins).
  func resolves(_ entries: [Float]) -> Bool {
    var (within, distortion) = (0.0, 0.0)
    let thresholds = zip(entries, entries.dropFirst()).map { midpoint($0, $1) }
    var cell = 0
    for bin in means.indices {
      while cell < thresholds.count, means[bin] > thresholds[cell] { cell += 1 }
      let count = Double(counts[bin + 1] - counts[bin])
      let distance = Double(means[bin]) - Double(entries[cell])
      distortion += count * distance * distance
      guard count > 1 else { continue }
      let width = Double(bounds[bin].upperBound) - Double(bounds[bin].lowerBound)
      within += count * width * width
    }
    return within / 12 <= 5e-4 * distortion
  }
}

extension Array where Element == Float {
  /// Lloyd's algorithm for many weights: on the bins until the cells no longer change, then one
  /// exact iteration. From a warm start the result is no worse than the exact iteration from there.
  ///
  /// - Parameter held: the index of an entry that becomes 0 and stays there.
  /// - Returns: none where the bins do not resolve what the entries do.
  func binnedLloyd(
    _ levels: Int, from previous: [Float]?, holding held: (([Float]) -> Int)? = nil
  ) -> [Float]? {
    let histogram = WeightHistogram(self, levels: levels)
    let start = previous ?? histogram.bestEntries(levels, withZero: held != nil)
    let found = lloyd(
      from: start, holding: held?(start), cells: histogram.cells(between:))
    guard histogram.resolves(found) else { return nil }
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
