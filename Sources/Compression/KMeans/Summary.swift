import Foundation

/// Runs of neighbouring weights in ascending order, and fewer points that stand for them.
///
/// The best codebook is dense where the cube root of the weights' density is large (Panter & Dite
/// 1951): a run of c weights over a width g deserves points as c^⅓·g^⅔. Half of the points are given
/// out by that, half by count; a gap that deserves more than one point gets just one, so that an
/// outlier does not take those of all others.
struct Summary {
  private(set) var counts: [Int] = []
  private(set) var sums: [Double] = []

  init(capacity: Int) {
    counts.reserveCapacity(capacity)
    sums.reserveCapacity(capacity)
  }

  init(counts: [Int], sums: [Double]) {
    self.counts = counts
    self.sums = sums
  }

  mutating func append(count: Int, sum: Double) {
    counts.append(count)
    sums.append(sum)
  }

  /// The means of the runs, when K are enough for all of them; the last one fills the rest.
  func values(atMost levels: Int) -> [Float]? {
    guard let sum = sums.last, counts.count <= levels else { return nil }
    let last = Float(sum / Double(counts[counts.count - 1]))
    return zip(sums, counts).map { Float($0 / Double($1)) }
      + Array(repeating: last, count: levels - counts.count)
  }

  /// How many points are enough for K entries next to the global optimum.
  static func points(for levels: Int) -> Int {
    levels <= 32 ? 2048 : max(4096, min(64 * levels, max(1 << 20, 16 * levels)))
  }

  /// With an entry that is 0, whose search takes a layer an entry: fewer for many of them.
  static func pointsWithZero(for levels: Int) -> Int {
    min(points(for: levels), max(4096, 16 * levels))
  }

  /// The runs as points, all of them when they are few enough. O(runs).
  ///
  /// - Parameter origin: 0 for a codebook with a zero; else the mean, about which least cancels.
  func points(atMost limit: Int, origin: Double? = nil) -> WeightedPoints {
    let total = counts.reduce(0, +)
    var points = WeightedPoints(
      origin: origin ?? sums.reduce(0, +) / Double(max(1, total)),
      capacity: min(limit, counts.count))
    forEachPoint(atMost: limit) { points.append(point: $0, weight: $1) }
    return points
  }

  /// The same as means and counts.
  func pairs(atMost limit: Int) -> (values: [Float], counts: [Float]) {
    var (values, weights): ([Float], [Float]) = ([], [])
    forEachPoint(atMost: limit) {
      values.append(Float($0))
      weights.append(Float($1))
    }
    return (values, weights)
  }

  private func forEachPoint(atMost limit: Int, _ body: (_ mean: Double, _ count: Double) -> Void) {
    let places = counts.count > limit ? places(limit) : nil
    var start = 0
    while start < counts.count {
      var (count, sum) = (counts[start], sums[start])
      var end = start + 1
      while let places, end < counts.count, places[end] == places[start] {
        count += counts[end]
        sum += sums[end]
        end += 1
      }
      body(sum / Double(count), Double(count))
      start = end
    }
  }

  /// The number of the point that each run belongs to, ascending.
  private func places(_ limit: Int) -> [Int32] {
    let means = zip(sums, counts).map { $0 / Double($1) }
    var shares = [Double](repeating: 0, count: means.count)
    for run in 1..<means.count {
      let width = means[run] - means[run - 1]
      shares[run] = cbrt(Double(counts[run]) * width * width)
    }
    // A share above that of one point is cut down to it, until no other exceeds what is left.
    var cap = Double.infinity
    for _ in 0..<8 {
      var (rest, capped) = (0.0, 0)
      for share in shares { if share < cap { rest += share } else { capped += 1 } }
      let next = rest / Double(max(1, limit / 2 - capped))
      guard next < cap, rest > 0 else { break }
      cap = next
    }
    var total = 0.0
    for run in shares.indices {
      shares[run] = min(shares[run], cap)
      total += shares[run]
    }
    let weights = Double(counts.reduce(0, +))
    let half = Double(limit / 2)
    var (share, count) = (0.0, 0.0)
    return shares.indices.map { run in
      share += shares[run]
      count += Double(counts[run])
      return Int32((total > 0 ? share / total * (half - 1) : 0) + (count / weights) * (half - 1))
    }
  }
}
