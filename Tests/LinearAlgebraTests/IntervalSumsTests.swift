import Testing

@testable import LinearAlgebra

@Suite struct IntervalSumsTests {
  /// The greatest gain of every number of intervals up to all points, by trying every last interval.
  private func greatestGains(_ sums: IntervalSums) -> [Double] {
    func gain(_ from: Int, _ to: Int) -> Double {
      let (weight, sum) = (
        sums.weights[to] - sums.weights[from], sums.sums[to] - sums.sums[from]
      )
      return sum * sum / weight
    }
    let n = sums.count
    var best = (0...n).map { $0 == 0 ? 0 : gain(0, $0) }
    var gains = [best[n]]
    for layer in 1..<n {
      best = (0...n).map { end in
        end <= layer
          ? -.infinity : (layer..<end).map { best[$0] + gain($0, end) }.max() ?? -.infinity
      }
      gains.append(best[n])
    }
    return gains
  }

  /// Gaussian, tied, heavy-tailed, clustered points, and points on a grid with equal weights, whose
  /// prices have many partitions each.
  private func points(kind: Int, count: Int, using random: inout RandomGenerator) -> IntervalSums {
    let values: [Double] = (0..<count).map { index in
      switch kind {
      case 0: Double(random.normal())
      case 1: Double(random.next() % 9)
      case 2: Double(random.normal()) / (abs(Double(random.normal())) + 0.01)
      case 3: Double(random.next() % 3) * 100 + Double(random.normal())
      default: Double(index)
      }
    }.sorted()
    var sums = IntervalSums()
    for value in values {
      sums.append(value, weight: kind == 4 ? 1 : Double(1 + random.next() % 5))
    }
    return sums
  }

  @Test(arguments: 0..<50) func findsTheBestPartitionOfEveryLength(seed: Int) {
    var random = RandomGenerator(seed: UInt64(seed))
    let sums = points(kind: seed % 5, count: 2 + seed, using: &random)
    let scale =
      1
      + (1...sums.count).reduce(0.0) {
        let sum = sums.sums[$1] - sums.sums[$1 - 1]
        return $0 + sum * sum
      }
    for (index, greatest) in greatestGains(sums).enumerated() {
      for boundaries in [sums.bestPartition(into: index + 1), sums.priced(index + 1)] {
        #expect(boundaries.count == index + 2)
        #expect(boundaries.first == 0 && boundaries.last == sums.count)
        #expect(zip(boundaries, boundaries.dropFirst()).allSatisfy { $0 < $1 })
        let gain = zip(boundaries, boundaries.dropFirst()).reduce(0.0) {
          let sum = sums.sums[$1.1] - sums.sums[$1.0]
          return $0 + sum * sum / (sums.weights[$1.1] - sums.weights[$1.0])
        }
        #expect(gain >= greatest - 1e-9 * scale)
      }
    }
  }

  /// Squares of the tails are 1e16 times those of the middle, whose distortion is what can be gained.
  @Test(arguments: 0..<10) func tailsDoNotBlurTheMiddle(seed: Int) {
    var random = RandomGenerator(seed: UInt64(seed))
    let n = 90
    let points = (0..<n).map { index in
      Double(random.normal()) * (index % 6 == 0 ? 1e8 : 1)
    }.sorted()
    var sums = IntervalSums()
    for point in points { sums.append(point, weight: 1) }
    // Of the points first..<end, by their own mean.
    func distortion(_ first: Int, _ end: Int) -> Double {
      let mean = points[first..<end].reduce(0, +) / Double(end - first)
      return points[first..<end].reduce(0) { (sum: Double, point) in
        sum + (point - mean) * (point - mean)
      }
    }
    let table: [[Double]] = (0..<n).map { first in
      (first + 1...n).map { distortion(first, $0) }
    }
    var least: [Double] = [0] + table[0]
    for intervals in 2...60 {
      least = (0...n).map { end in
        (0..<end).map { least[$0] + table[$0][end - $0 - 1] }.min() ?? .infinity
      }
      // Up to 32 in layers.
      for found in [sums.bestPartition(into: intervals), sums.priced(intervals)] {
        let reached = zip(found, found.dropFirst()).reduce(0) { $0 + distortion($1.0, $1.1) }
        #expect(reached <= least[n] * (1 + 1e-6) + 1e-12)
      }
    }
  }
}
