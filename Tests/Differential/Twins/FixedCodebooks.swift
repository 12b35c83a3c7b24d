import Foundation

/// Codebooks with one number to find, or none: every candidate is tried and evaluated weight by weight.
enum FixedCodebooks {
  /// Σ of the squared distances to the nearest entry.
  static func distortion(_ weights: [Double], _ entries: [Double]) -> Double {
    weights.reduce(0) { total, weight in
      let left = entries.reduce(Double.infinity) { min($0, abs(weight - $1)) }
      return total + left * left
    }
  }

  /// {−a, a}: the magnitudes' mean.
  static func binary(_ weights: [Double]) -> Double {
    let scale = weights.reduce(0) { $0 + abs($1) } / Double(weights.count)
    return weights.reduce(0) { $0 + (abs($1) - scale) * (abs($1) - scale) }
  }

  /// {−a, 0, a}: each number of magnitudes that take ±a; for many weights those that gain most.
  static func ternary(_ weights: [Double]) -> Double {
    let sorted = weights.map(abs).sorted(by: >)
    let all = sorted.indices.map { $0 + 1 }
    var sums: [Double] = []
    for magnitude in sorted { sums.append((sums.last ?? 0) + magnitude) }
    func gain(_ count: Int) -> Double { sums[count - 1] * sums[count - 1] / Double(count) }
    let tried = sorted.count <= 300 ? all : Array(all.sorted { gain($0) > gain($1) }.prefix(30))
    return tried.map { count in
      let scale = sums[count - 1] / Double(count)
      return sorted.enumerated().reduce(0.0) { total, item in
        let left = item.offset < count ? item.element - scale : item.element
        return total + left * left
      }
    }.min() ?? 0
  }

  /// {0, ±2^E … ±2^(E−C)} for each exponent E that a float can have, or for the one that is given.
  static func powers(_ weights: [Double], depth: Int, top: Int?) -> Double {
    let magnitudes = weights.map(abs)
    return (top.map { $0...$0 } ?? -149...127).map { top in
      // What is below the smallest float is no entry.
      let bottom = max(-149, top - depth)
      return magnitudes.reduce(0.0) { total, magnitude in
        var left = magnitude
        if magnitude > 0 {
          let below = max(bottom, min(top, Int(magnitude.exponent)))
          left = min(left, abs(magnitude - exp2(Double(below))))
          left = min(left, abs(magnitude - exp2(Double(min(top, below + 1)))))
        }
        return total + left * left
      }
    }.min() ?? 0
  }
}
