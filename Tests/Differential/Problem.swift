/// What an operator is given, in the precision that the twins work in as well.
struct Problem {
  let values: [Float]
  let shape: [Int]
  let mu: Float
  let exact: [Double]
  /// ‖w‖²; Float's squares do not overflow in Double.
  let squaredNorm: Double
  /// ‖w‖₁.
  let magnitudes: Double
  /// The size of a weight; 1 where all are zero.
  let size: Double

  init(_ values: [Float], shape: [Int], mu: Float) {
    self.values = values
    self.shape = shape
    self.mu = mu
    exact = values.map(Double.init)
    squaredNorm = exact.reduce(0) { $0 + $1 * $1 }
    magnitudes = exact.reduce(0) { $0 + abs($1) }
    size = squaredNorm > 0 ? (squaredNorm / Double(values.count)).squareRoot() : 1
  }

  var count: Int { values.count }
  var rows: Int { shape.count < 2 ? 1 : shape[0] }
  var columns: Int { count / max(1, rows) }

  /// ‖w − Δ‖².
  func distortion(_ result: [Float]) -> Double {
    zip(exact, result).reduce(0) { $0 + ($1.0 - Double($1.1)) * ($1.0 - Double($1.1)) }
  }

  /// The weights of each group of a grouped operator.
  func groups(of size: Int) -> [[Double]] {
    stride(from: 0, to: count, by: size).map { Array(exact[$0..<min($0 + size, count)]) }
  }

  /// Σ ulp²: what the rounding of stored floats may cost.
  func roundingFloor(_ result: [Float]) -> Double {
    zip(values, result).reduce(0) {
      let step = Double(max($1.0.ulp, $1.1.isFinite ? $1.1.ulp : 0))
      return $0 + step * step
    }
  }
}

/// A number as plans write it.
func text(_ value: Double) -> String { "\(value)" }
