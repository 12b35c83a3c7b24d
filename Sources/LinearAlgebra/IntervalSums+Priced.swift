import Foundation

extension IntervalSums {
  /// The best partition into K intervals, by the price of an interval.
  ///
  /// The least distortion of K intervals is convex in K, so that at the right price the partition of
  /// least distortion + price · count has K of them, or the two found about it have more and fewer and
  /// are joined into one that is as good.
  /// - Source: Aggarwal, Schieber & Tokuyama, *Finding a minimum-weight k-link path in graphs with the
  ///   concave Monge property*, 1994.
  func priced(_ intervals: Int) -> [Int] {
    let n = count
    let distortions = Distortions(self)
    // Free intervals: every point has its own. One interval at the price of everything.
    var low = (price: 0.0, path: Array(0...n))
    let spread = max(.leastNormalMagnitude, distortions.whole)
    var high = (price: spread, path: [0, n])
    // The distortion falls as K⁻², hence the price as K⁻³.
    var guess = 2 * spread / pow(Double(intervals), 3)
    for trial in 0..<1000 {
      let price =
        guess > low.price && guess < high.price
        ? guess
        : low.price == 0
          ? high.price / 65_536
          : high.price / low.price > 2
            ? (low.price * high.price).squareRoot() : (low.price + high.price) / 2
      guard price > low.price, price < high.price else { break }
      let path = distortions.path(price: price)
      let found = path.count - 1
      if found == intervals { return path }
      if found > intervals { low = (price, path) } else { high = (price, path) }
      // Newton's step on that law, now and then one by the bracket alone, which always converges.
      let ratio = Double(found) / Double(intervals)
      guess = trial % 4 == 3 || trial > 8 && low.price == 0 ? 0 : price * ratio * ratio * ratio
    }
    return join(few: high.path, many: low.path, intervals: intervals)
  }

  /// Where an interval of the coarse path holds the one of the fine path that is `intervals −` its own
  /// length further on, the fine path's beginning and the coarse one's end make a path of the right
  /// length; by the Monge property it is no worse than what the two promise.
  private func join(few: [Int], many: [Int], intervals: Int) -> [Int] {
    let ahead = intervals - (few.count - 1)
    for edge in 0..<few.count - 1
    where few[edge] <= many[edge + ahead] && many[edge + ahead + 1] <= few[edge + 1] {
      return Array(many[...(edge + ahead)] + few[(edge + 1)...])
    }
    return few
  }
}

/// The distortions of intervals, Σ w·x² − (Σ w·x)² / Σ w, by prefix sums from the median on, both ways: so an
/// interval's is as exact as its own points' squares, however heavy the tails, where sums from one end
/// would be as exact as those of all points before.
struct Distortions {
  private let weights: [Double]
  private(set) var sums: [Double]
  private(set) var squares: [Double]

  /// O(n).
  init(_ points: IntervalSums) {
    weights = points.weights
    let n = points.count
    sums = Array(repeating: 0, count: n + 1)
    squares = sums
    let middle = n / 2
    let median = points.mean(min(middle, n - 1), min(middle, n - 1) + 1)
    func moments(_ place: Int) -> (weight: Double, point: Double) {
      (weights[place + 1] - weights[place], points.mean(place, place + 1) - median)
    }
    for place in middle..<n {
      let (weight, point) = moments(place)
      sums[place + 1] = sums[place] + weight * point
      squares[place + 1] = squares[place] + weight * point * point
    }
    for place in (0..<middle).reversed() {
      let (weight, point) = moments(place)
      sums[place] = sums[place + 1] - weight * point
      squares[place] = squares[place + 1] - weight * point * point
    }
  }

  /// Of all points as one interval.
  var whole: Double {
    let n = weights.count - 1
    let s = sums[n] - sums[0]
    return squares[n] - squares[0] - s * s / weights[n]
  }

  /// The boundaries of the partition with the least distortion + price · count.
  ///
  /// A queue holds, for what is ahead, which start is best from which end on; a new start is better
  /// from some end on to the last. O(n·log n).
  func path(price: Double) -> [Int] {
    let n = weights.count - 1
    var parents = [Int32](repeating: 0, count: n + 1)
    weights.withUnsafeBufferPointer { weights in
      sums.withUnsafeBufferPointer { sums in
        squares.withUnsafeBufferPointer { squares in
          withUnsafeTemporaryAllocation(of: Double.self, capacity: n + 1) { value in
            withUnsafeTemporaryAllocation(of: (start: Int32, from: Int32).self, capacity: n + 1) {
              queue in
              // In bounds: starts and ends are from 0 to n, the queue holds each start once.
              func reached(_ start: Int, _ end: Int) -> Double {
                let s = sums[end] - sums[start]
                return value[start] + (squares[end] - squares[start])
                  - s * s / (weights[end] - weights[start])
              }
              value[0] = 0
              var (head, tail) = (0, 1)
              queue[0] = (0, 1)
              for end in 1...n {
                while head + 1 < tail, Int(queue[head + 1].from) <= end { head += 1 }
                let start = Int(queue[head].start)
                parents[end] = queue[head].start
                value[end] = reached(start, end) + price
                guard end < n else { break }
                while tail > head {
                  let from = max(Int(queue[tail - 1].from), end + 1)
                  guard reached(end, from) <= reached(Int(queue[tail - 1].start), from) else {
                    break
                  }
                  tail -= 1
                }
                if tail == head {
                  queue[tail] = (Int32(end), Int32(end + 1))
                  tail += 1
                  continue
                }
                // The first end at which the new start is better than the last of the queue.
                let other = Int(queue[tail - 1].start)
                var (worse, better) = (max(Int(queue[tail - 1].from), end + 1), n + 1)
                while worse + 1 < better {
                  let middle = (worse + better) / 2
                  if reached(end, middle) <= reached(other, middle) {
                    better = middle
                  } else {
                    worse = middle
                  }
                }
                if better <= n {
                  queue[tail] = (Int32(end), Int32(better))
                  tail += 1
                }
              }
            }
          }
        }
      }
    }
    var boundaries = [n]
    while let last = boundaries.last, last > 0 { boundaries.append(Int(parents[last])) }
    return boundaries.reversed()
  }
}
