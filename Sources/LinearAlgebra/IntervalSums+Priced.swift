import Foundation

extension IntervalSums {
  /// The best partition into K intervals, by the price of an interval.
  ///
  /// The greatest gain of K intervals is concave in K, so that at the right price the partition of
  /// greatest gain − price · count has K of them, or the two found about it have more and fewer and
  /// are joined into one that is as good.
  /// - Source: Aggarwal, Schieber & Tokuyama, *Finding a minimum-weight k-link path in graphs with the
  ///   concave Monge property*, 1994.
  func priced(_ intervals: Int) -> [Int] {
    let n = count
    // Free intervals: every point has its own. One interval at the price of everything.
    var low = (price: 0.0, path: Array(0...n))
    let spread = max(
      .leastNormalMagnitude,
      (1...n).reduce(0) {
        let (weight, sum) = (weights[$1] - weights[$1 - 1], sums[$1] - sums[$1 - 1])
        return $0 + sum * sum / weight
      })
    var high = (price: spread, path: [0, n])
    // The distortion falls as K⁻², hence the price as K⁻³.
    var guess = 2 * spread / pow(Double(intervals), 3)
    for trial in 0..<100 {
      let price =
        guess > low.price && guess < high.price
        ? guess
        : low.price > 0 && high.price / low.price > 2
          ? (low.price * high.price).squareRoot() : (low.price + high.price) / 2
      guard price > low.price, price < high.price else { break }
      let path = path(price: price)
      let found = path.count - 1
      if found == intervals { return path }
      if found > intervals { low = (price, path) } else { high = (price, path) }
      // Newton's step on that law, now and then a bisection, which always converges.
      let ratio = Double(found) / Double(intervals)
      guess = trial % 4 == 3 ? 0 : price * ratio * ratio * ratio
    }
    return join(few: high.path, many: low.path, intervals: intervals)
  }

  /// Where an interval of the coarse path holds the one of the fine path that is `intervals −` its own
  /// length further on, the fine path's beginning and the coarse one's end make a path of the right
  /// length; by the Monge property its gain is no less than what the two promise.
  private func join(few: [Int], many: [Int], intervals: Int) -> [Int] {
    let ahead = intervals - (few.count - 1)
    for edge in 0..<few.count - 1
    where few[edge] <= many[edge + ahead] && many[edge + ahead + 1] <= few[edge + 1] {
      return Array(many[...(edge + ahead)] + few[(edge + 1)...])
    }
    return few
  }

  /// The boundaries of the partition with the greatest gain − price · count.
  ///
  /// A queue holds, for what is ahead, which start is best from which end on; a new start is better
  /// from some end on to the last. O(n·log n).
  private func path(price: Double) -> [Int] {
    let n = count
    var parents = [Int32](repeating: 0, count: n + 1)
    weights.withUnsafeBufferPointer { weights in
      sums.withUnsafeBufferPointer { sums in
        withUnsafeTemporaryAllocation(of: Double.self, capacity: n + 1) { value in
          withUnsafeTemporaryAllocation(of: (start: Int32, from: Int32).self, capacity: n + 1) {
            queue in
            // In bounds: starts and ends are from 0 to n, the queue holds each start once.
            func reached(_ start: Int, _ end: Int) -> Double {
              let s = sums[end] - sums[start]
              return value[start] + s * s / (weights[end] - weights[start])
            }
            value[0] = 0
            var (head, tail) = (0, 1)
            queue[0] = (0, 1)
            for end in 1...n {
              while head + 1 < tail, Int(queue[head + 1].from) <= end { head += 1 }
              let start = Int(queue[head].start)
              parents[end] = queue[head].start
              value[end] = reached(start, end) - price
              guard end < n else { break }
              while tail > head {
                let from = max(Int(queue[tail - 1].from), end + 1)
                guard reached(end, from) >= reached(Int(queue[tail - 1].start), from) else { break }
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
                if reached(end, middle) >= reached(other, middle) {
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
    var boundaries = [n]
    while let last = boundaries.last, last > 0 { boundaries.append(Int(parents[last])) }
    return boundaries.reversed()
  }
}
