/// Proximal maps in closed form.
enum Shrunk {
  static func soft(_ weight: Double, _ threshold: Double) -> Double {
    let left = max(0, abs(weight) - threshold)
    return weight < 0 ? -left : left
  }

  /// soft(w, s·t), then each group times max(0, 1 − (1 − s)·√|g|·t/‖·‖).
  static func groups(
    _ weights: [Double], _ numbers: [Int?], threshold: Double, single: Double,
    isSubgradient: Bool = false
  ) -> [Double] {
    let count = (numbers.compactMap { $0 }.max() ?? -1) + 1
    var result = weights
    var squares = [Double](repeating: 0, count: count)
    var sizes = squares
    for (index, number) in numbers.enumerated() {
      guard let number else { continue }
      result[index] =
        isSubgradient
        ? weights[index] - (weights[index] == 0 ? 0 : weights[index] < 0 ? -1 : 1) * single
          * threshold
        : soft(weights[index], single * threshold)
      // A sub-gradient is that of all penalties at the weights themselves.
      let base = isSubgradient ? weights[index] : result[index]
      squares[number] += base * base
      sizes[number] += 1
    }
    for (index, number) in numbers.enumerated() {
      guard let number, squares[number] > 0 else { continue }
      let factor = 1 - (1 - single) * threshold * (sizes[number] / squares[number]).squareRoot()
      if isSubgradient {
        result[index] += (factor - 1) * weights[index]
      } else {
        result[index] *= max(0, factor)
      }
    }
    return result
  }

  /// Σ √|g|·‖θ_g‖.
  static func groupNorms(_ values: [Double], _ numbers: [Int?]) -> Double {
    let count = (numbers.compactMap { $0 }.max() ?? -1) + 1
    var squares = [Double](repeating: 0, count: count)
    var sizes = squares
    for (value, number) in zip(values, numbers) {
      guard let number else { continue }
      squares[number] += value * value
      sizes[number] += 1
    }
    return zip(squares, sizes).reduce(0) { $0 + ($1.0 * $1.1).squareRoot() }
  }
}
