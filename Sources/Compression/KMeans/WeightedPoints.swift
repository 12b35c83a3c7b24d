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

  /// The distortion of the points `from..<to` about 0.
  private func costAboutZero(_ from: Int, _ to: Int) -> Double {
    let weight = weights[to] - weights[from]
    return squares[to] - squares[from] + 2 * origin * (sums[to] - sums[from])
      + origin * origin * weight
  }

  /// The entries of the best partition into K intervals, ascending: their means; with `withZero` one
  /// interval's entry is 0.
  ///
  /// Dynamic programming over the number of intervals; the best last interval's start never moves
  /// left as the end moves right, so each layer is solved by divide and conquer. With a zero there are
  /// two tables: without and with the interval about zero.
  /// - Complexity: O(K·m·log m) time and O(K·m) memory for m points.
  func optimalEntries(_ levels: Int, withZero: Bool = false) -> [Float] {
    let m = count
    guard m > 0 else { return Array(repeating: 0, count: levels) }
    let used = min(levels, m)
    var free = [Layer(costs: (0...m).map { cost(0, $0) })]
    var zero = withZero ? [Layer(costs: (0...m).map { costAboutZero(0, $0) }, isZero: true)] : []
    for layer in 1..<max(1, used) {
      if withZero {
        let after = next(zero[layer - 1].costs, from: layer, cost: cost)
        let now = next(free[layer - 1].costs, from: layer, cost: costAboutZero)
        zero.append(after.better(than: now))
      }
      free.append(next(free[layer - 1].costs, from: layer, cost: cost))
    }
    var entries: [Float] = []
    var end = m
    var pending = withZero
    for layer in (0..<used).reversed() {
      let table = pending ? zero[layer] : free[layer]
      let start = Int(table.starts[end])
      let aboutZero = pending && table.isZero[end]
      entries.append(aboutZero ? 0 : mean(start, end))
      if aboutZero { pending = false }
      end = start
    }
    // An interval about zero may be empty and stand anywhere.
    entries.sort()
    // Fewer points than entries: the last entry stands for the rest.
    return entries + Array(repeating: entries[entries.count - 1], count: levels - used)
  }

  /// For each number of points: the least cost, the last interval's start, and whether that interval
  /// is the one about zero.
  private struct Layer {
    var costs: [Double]
    var starts: [Int32]
    var isZero: [Bool]

    init(costs: [Double], isZero: Bool = false) {
      self.costs = costs
      starts = Array(repeating: 0, count: costs.count)
      self.isZero = Array(repeating: isZero, count: costs.count)
    }

    /// At each place the cheaper of this layer and one whose last interval is the one about zero.
    func better(than aboutZero: Layer) -> Layer {
      var result = self
      for index in costs.indices where aboutZero.costs[index] < costs[index] {
        result.costs[index] = aboutZero.costs[index]
        result.starts[index] = aboutZero.starts[index]
      }
      result.isZero = zip(aboutZero.costs, costs).map { $0 < $1 }
      return result
    }
  }

  /// The layer with one interval more, each start at least `least`.
  private func next(_ before: [Double], from least: Int, cost: (Int, Int) -> Double) -> Layer {
    var layer = Layer(costs: [Double](repeating: 0, count: before.count))
    var pending = [(low: least, high: count, from: least, to: count)]
    while let (low, high, from, to) = pending.popLast() {
      if low > high { continue }
      let middle = (low + high) / 2
      var best = Double.infinity
      var split = from
      for candidate in from...max(from, min(middle, to)) {
        let total = before[candidate] + cost(candidate, middle)
        if total < best { (best, split) = (total, candidate) }
      }
      layer.costs[middle] = best
      layer.starts[middle] = Int32(split)
      pending.append((low, middle - 1, from, split))
      pending.append((middle + 1, high, split, to))
    }
    return layer
  }

  private func mean(_ from: Int, _ to: Int) -> Float {
    let weight = weights[to] - weights[from]
    return Float(origin + (weight > 0 ? (sums[to] - sums[from]) / weight : 0))
  }
}
