import Foundation

/// One-dimensional k-means by the textbook's dynamic programme over the distinct values.
///
/// What it returns is the distortion of a codebook that it has found, computed from the weights one
/// by one. So it can be too large, where prefix sums lose digits or there are too many values for
/// all of them to be tried, but never below the optimum.
enum KMeans {
  /// More evaluations of a cluster's cost than this take about a second.
  static let budget = 15_000_000

  static func distortion(_ weights: [Double], levels: Int, holdingZero: Bool = false) -> Double {
    var points = Points(weights)
    let zero: [Double] = holdingZero ? [0] : []
    let free = levels - zero.count
    if Set(points.values).subtracting(zero).count <= free { return 0 }
    let all = points
    let depth = Int.bitWidth - points.values.count.leadingZeroBitCount
    let states = holdingZero ? 2 : 1
    if states * levels * points.values.count * depth > budget {
      points = points.merged(into: max(2 * levels, budget / (states * levels * 16)))
    }
    var centres = Programme(points).centres(levels: levels, holdingZero: holdingZero)
    var best = all.distortion(centres)
    // Lloyd's algorithm on all points; from the optimum it changes nothing.
    for _ in 0..<30 {
      centres = all.means(centres, holdingZero: holdingZero)
      let next = all.distortion(centres)
      guard next < best else { break }
      best = next
    }
    return best
  }
}

/// Ascending values, and how many weights each stands for.
struct Points {
  var values: [Double] = []
  var counts: [Double] = []

  init(_ weights: [Double]) {
    for weight in weights.sorted() {
      if weight == values.last { counts[counts.count - 1] += 1 } else { add(weight, 1) }
    }
  }

  private mutating func add(_ value: Double, _ count: Double) {
    values.append(value)
    counts.append(count)
  }

  /// Neighbours joined at their means: cut where levels would lie, whose density is the cube root of
  /// that of the weights, so that no two are joined across a gap.
  func merged(into count: Int) -> Points {
    guard count < values.count else { return self }
    var steps = values.indices.dropLast().map { index in
      let gap = values[index + 1] - values[index]
      return cbrt(gap * gap * (counts[index] + counts[index + 1]))
    }
    // A wide gap is one cut, however wide, and leaves the others to the rest.
    for _ in 0..<8 {
      let width = steps.reduce(0, +) / Double(count)
      steps = steps.map { min($0, width) }
    }
    var place = [0.0]
    for step in steps { place.append((place.last ?? 0) + step) }
    let width = (place.last ?? 0) / Double(count)
    var result = Points([])
    var start = 0
    for end in 1...values.count
    where end == values.count || Int(place[end] / width) > Int(place[start] / width) {
      result.add(mean(start..<end), counts[start..<end].reduce(0, +))
      start = end
    }
    return result
  }

  func mean(_ range: Range<Int>) -> Double {
    guard let first = range.first else { return 0 }
    var (sum, weight) = (0.0, 0.0)
    for index in range {
      sum += (values[index] - values[first]) * counts[index]
      weight += counts[index]
    }
    return values[first] + sum / weight
  }

  /// The points nearest to each of the ascending centres.
  private func cells(_ centres: [Double]) -> [Range<Int>] {
    var start = 0
    return centres.indices.map { cell in
      var end = start
      if cell + 1 == centres.count {
        end = values.count
      } else {
        let threshold = (centres[cell] + centres[cell + 1]) / 2
        while end < values.count, values[end] <= threshold { end += 1 }
      }
      defer { start = end }
      return start..<end
    }
  }

  func distortion(_ centres: [Double]) -> Double {
    zip(centres, cells(centres)).reduce(0) { total, cell in
      cell.1.reduce(total) {
        let left = values[$1] - cell.0
        return $0 + counts[$1] * left * left
      }
    }
  }

  func means(_ centres: [Double], holdingZero: Bool) -> [Double] {
    zip(centres, cells(centres)).map { centre, cell in
      cell.isEmpty || (holdingZero && centre == 0) ? centre : mean(cell)
    }.sorted()
  }
}

/// Layers of the dynamic programme, each by divide and conquer: the best last cluster's start does
/// not decrease with its end.
private struct Programme {
  private let points: Points
  private let weight: [Double]
  private let sum: [Wide]
  private let square: [Wide]
  private var count: Int { points.values.count }

  init(_ points: Points) {
    self.points = points
    var (weight, sum, square) = ([0.0], [Wide(0)], [Wide(0)])
    for (value, number) in zip(points.values, points.counts) {
      weight.append((weight.last ?? 0) + number)
      sum.append((sum.last ?? Wide(0)) + Wide(value) * number)
      square.append((square.last ?? Wide(0)) + Wide(value) * value * number)
    }
    self.weight = weight
    self.sum = sum
    self.square = square
  }

  /// Σ(v − mean)² of the points from `start` on before `end`.
  private func cost(_ start: Int, _ end: Int) -> Double {
    guard start < end else { return 0 }
    let n = weight[end] - weight[start]
    // Where few digits cancel, doubles do.
    let plain = square[end].high - square[start].high
    let total = sum[end].high - sum[start].high
    let rough = plain - total / n * total
    if rough > 1e-6 * square[end].high { return rough }
    let s = sum[end] - sum[start]
    let mean = s.high / n
    let squares = square[end] - square[start]
    return max(0, (squares - s * (2 * mean) + Wide(mean) * mean * n).high)
  }

  func centres(levels: Int, holdingZero: Bool) -> [Double] {
    var plain = (0...count).map { cost(0, $0) }
    // The first cluster may be that of zero: where it is, the costs with and without are told apart.
    var held = [Double](repeating: .infinity, count: count + 1)
    var plainStarts = [[Int32](repeating: 0, count: count + 1)]
    var heldStarts = plainStarts
    if holdingZero {
      held[0] = 0
      for end in 0..<count { held[end + 1] = held[end] + zeroCost(end) }
      // A start below zero marks the cluster of zero.
      heldStarts = [[Int32](repeating: -1, count: count + 1)]
    }
    for _ in 1..<max(1, levels) {
      let next = layer(plain)
      if holdingZero {
        var (costs, starts) = layer(held)
        var (running, start) = (plain[0], 0)
        for end in 0...count {
          if end > 0 { running += zeroCost(end - 1) }
          if plain[end] <= running { (running, start) = (plain[end], end) }
          if running < costs[end] { (costs[end], starts[end]) = (running, Int32(-1 - start)) }
        }
        held = costs
        heldStarts.append(starts)
      }
      plain = next.0
      plainStarts.append(next.1)
    }
    var result: [Double] = holdingZero ? [0] : []
    var end = count
    var isHeld = holdingZero
    for level in plainStarts.indices.reversed() {
      let start = isHeld ? heldStarts[level][end] : plainStarts[level][end]
      if start < 0 {
        isHeld = false
        end = Int(-1 - start)
      } else {
        if Int(start) < end { result.append(points.mean(Int(start)..<end)) }
        end = Int(start)
      }
    }
    return result.sorted()
  }

  private func zeroCost(_ index: Int) -> Double {
    points.counts[index] * points.values[index] * points.values[index]
  }

  private func layer(_ before: [Double]) -> ([Double], [Int32]) {
    var costs = before
    var starts = (0...count).map { Int32($0) }
    func solve(_ ends: ClosedRange<Int>, _ choices: ClosedRange<Int>) {
      let end = (ends.lowerBound + ends.upperBound) / 2
      var best = (cost: Double.infinity, start: choices.lowerBound)
      for start in choices.lowerBound...max(choices.lowerBound, min(end, choices.upperBound)) {
        let value = before[start] + cost(start, end)
        if value < best.cost { best = (value, start) }
      }
      costs[end] = best.cost
      starts[end] = Int32(best.start)
      if ends.lowerBound < end {
        solve(ends.lowerBound...end - 1, choices.lowerBound...best.start)
      }
      if end < ends.upperBound {
        solve(end + 1...ends.upperBound, best.start...choices.upperBound)
      }
    }
    solve(0...count, 0...count)
    return (costs, starts)
  }
}
