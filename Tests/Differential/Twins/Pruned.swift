/// The weights that stay, and what becomes of their values.
enum Pruned {
  enum Stored {
    case full
    case half
    case levels(Int)

    /// What storing these weights costs; K values by k-means.
    func distortion(_ weights: [Double]) -> Double {
      switch self {
      case .full: return 0
      case .half:
        return weights.reduce(0) { $0 + ($1 - Pruned.half($1)) * ($1 - Pruned.half($1)) }
      case .levels(let count): return KMeans.distortion(weights, levels: count)
      }
    }
  }

  /// The nearest number of half precision; the largest beyond it.
  static func half(_ value: Double) -> Double {
    let magnitude = abs(value)
    guard magnitude > 0 else { return 0 }
    let exponent = max(-14, Int(magnitude.exponent))
    let unit = Double(sign: .plus, exponent: exponent - 10, significand: 1)
    let rounded = min(65_504, (magnitude / unit).rounded(.toNearestOrEven) * unit)
    return value < 0 ? -rounded : rounded
  }

  static func count(_ share: Double, of total: Int) -> Int {
    max(1, Int((share * Double(total)).rounded()))
  }

  static func largest(_ weights: [Double], kept: Int, _ stored: Stored) -> Double {
    let sorted = weights.sorted { abs($0) > abs($1) }
    return sorted.dropFirst(kept).reversed().reduce(0) { $0 + $1 * $1 }
      + stored.distortion(Array(sorted.prefix(kept)))
  }

  static func runs(_ weights: [Double], kept: Int, of run: Int, _ stored: Stored) -> Double {
    var (lost, staying) = (0.0, [Double]())
    for start in stride(from: 0, to: weights.count, by: run) {
      let sorted = weights[start..<start + run].sorted { abs($0) > abs($1) }
      staying += sorted.prefix(kept)
      lost += sorted.dropFirst(kept).reduce(0) { $0 + $1 * $1 }
    }
    return lost + stored.distortion(staying)
  }

  static func blocks(_ problem: Problem, _ blocks: Blocks, share: Double, _ stored: Stored)
    -> Double
  {
    let numbers = blocks.numbers(problem.shape)
    let squares = blocks.norms(problem.exact, problem.shape).squares
    let order = squares.indices.sorted { squares[$0] > squares[$1] }
    let kept = Set(order.prefix(count(share, of: squares.count)))
    let staying = numbers.indices.filter { kept.contains(numbers[$0]) }.map { problem.exact[$0] }
    let lost = squares.indices.filter { !kept.contains($0) }.reduce(0) { $0 + squares[$1] }
    return lost + stored.distortion(staying)
  }

  /// min ‖w − θ‖², ‖θ‖₁ ≤ radius: the threshold by bisection.
  static func ball(_ weights: [Double], radius: Double) -> Double {
    let magnitudes = weights.map(abs)
    guard magnitudes.reduce(0, +) > radius, let largest = magnitudes.max() else { return 0 }
    var (low, high) = (0.0, largest)
    for _ in 0..<300 {
      let middle = low + (high - low) / 2
      let sum = magnitudes.reduce(0) { $0 + max(0, $1 - middle) }
      if sum > radius { low = middle } else { high = middle }
    }
    return magnitudes.reduce(0) { $0 + min($1, high) * min($1, high) }
  }
}
