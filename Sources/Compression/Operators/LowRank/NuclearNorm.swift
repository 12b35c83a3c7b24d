import Foundation
import LinearAlgebra

/// Shrinks the singular values: a matrix whose rank follows from the trade with the loss.
///
/// Solves  min α·‖Θ‖_* + μ/2·‖W − Θ‖²  exactly: the singular values s become max(0, s − α/μ).
///
/// With a strength β for the output units the cost is α·‖Θ‖_* + β·Σ_i √n·‖Θ_i‖ over the rows, and the rows
/// are shrunk after the singular values, each times max(0, 1 − β·√n/(μ·‖·‖)): one step after the other
/// (incremental proximal), not the joint minimum.
///
/// - Complexity: O(m·n·min(m, n)), one SVD.
/// - Source: Cai, Candès & Shen 2010; used by Alvarez & Salzmann, NIPS 2017.
public struct NuclearNorm: CompressionOperator {
  /// α.
  public let strength: Double
  /// β, or 0.
  public let rows: Double

  /// The penalty α on singular values, and β on rows.
  ///
  /// - Throws: `CompressionError.invalidParameter` unless α > 0 and β ≥ 0.
  public init(strength: Double, rows: Double = 0) throws {
    guard rows >= 0, rows.isFinite else {
      throw CompressionError.invalidParameter(
        operator: "nuclear", parameter: "rows", value: "\(rows)", expected: "0 or more")
    }
    guard strength > 0, strength.isFinite else {
      throw CompressionError.invalidParameter(
        operator: "nuclear", parameter: "alpha", value: "\(strength)", expected: "above 0")
    }
    self.strength = strength
    self.rows = rows
  }

  /// As it is written in a plan: `nuclear(alpha=0.1)`, with `rows=0.01` where β is not 0.
  public var description: String {
    "nuclear(alpha=\(shortest(strength))\(rows > 0 ? ", rows=\(shortest(rows))" : ""))"
  }

  /// Refuses vectors.
  ///
  /// - Throws: `CompressionError.needsMatrix`.
  public func validate(shape: [Int], view: String) throws {
    guard shape.count >= 2 else {
      throw CompressionError.needsMatrix(operator: "nuclear", view: view)
    }
  }

  /// Shrinks the singular values by α/μ, then the rows: exact for β = 0, else one step after the
  /// other. The warm start is not looked at.
  ///
  /// - Throws: `CompressionError.needsMatrix`, `.outOfRange` where the factors' product exceeds a
  ///   `Float`.
  /// - Complexity: O(m·n·min(m, n)), one SVD.
  public func compress(
    _ target: WeightView, from previous: CompressedForm?, penalty mu: Float
  ) throws -> CompressedForm {
    try validate(shape: target.shape, view: "the view")
    let (rows, columns) = target.matrixShape
    let exponent = target.values.uncomfortableExponent
    // The same problem for weights near 1: distances and norms are as much smaller, prices too.
    let scale = pow(2, Double(-exponent)) / Double(mu)
    let svd = try SingularValueDecomposition(
      of: Matrix(
        rows: rows, columns: columns, values: target.values.scaled(byPowerOfTwo: -exponent)))
    let kept = svd.singularValues.map { Float(max(0, Double($0) - strength * scale)) }
      .prefix { $0 > 0 }
    let right = try svd.rightTransposed.prefix(rows: kept.count)
    var form = try LowRank(svd.left, Array(kept), right, exponent: 0)
    if self.rows > 0 { form = try shrunk(form, Array(kept), by: self.rows * scale) }
    return .lowRank(try form.scaled(byPowerOfTwo: exponent, for: description))
  }

  /// The rows of a form with these singular values, each nearer to zero.
  private func shrunk(_ form: LowRank, _ values: [Float], by strength: Double) throws -> LowRank {
    var left = form.left
    for row in 0..<left.rows {
      // L = U·√S and R = √S·Vᵀ: a row's squared norm is Σ L²·s.
      var square = 0.0
      for (column, value) in values.enumerated() {
        square += Double(left[row, column]) * Double(left[row, column]) * Double(value)
      }
      guard square > 0 else { continue }
      let factor = Float(max(0, 1 - strength * (Double(form.right.columns) / square).squareRoot()))
      for column in 0..<left.columns { left[row, column] *= factor }
    }
    return try LowRank(left: left, right: form.right)
  }

  /// Takes every low-rank form: the norm is a cost and bounds nothing.
  public func belongs(_ form: CompressedForm, shape: [Int]) -> Bool { form.lowRank != nil }

  /// α times the sum of the products of the norms of L's columns and R's rows: these are the singular
  /// values. With β by the SVD of the matrix.
  public func cost(of form: CompressedForm, in view: WeightView) -> Double {
    guard case .lowRank(let form) = form else { return 0 }
    guard rows > 0 else { return strength * form.normProducts }
    let exponents = [form.left, form.right].map(\.values.uncomfortableExponent)
    guard form.rank > 0,
      let left = try? form.left.scaled(byPowerOfTwo: -exponents[0]),
      let right = try? form.right.scaled(byPowerOfTwo: -exponents[1]),
      let matrix = try? left * right, let svd = try? SingularValueDecomposition(of: matrix)
    else { return 0 }
    let norms = (0..<matrix.rows).reduce(0.0) { total, row in
      let values = matrix.values[row * matrix.columns..<(row + 1) * matrix.columns]
      return total + Array(values).squaredNorm.squareRoot()
    }
    let scale = pow(2, Double(exponents[0] + exponents[1]))
    return scale
      * (strength * svd.singularValues.sum + rows * Double(matrix.columns).squareRoot() * norms)
  }
}

extension LowRank {
  /// Σ ‖L's column‖ · ‖R's row‖.
  fileprivate var normProducts: Double {
    var squares = [Double](repeating: 0, count: rank)
    for row in 0..<left.rows {
      for column in 0..<rank {
        squares[column] += Double(left[row, column]) * Double(left[row, column])
      }
    }
    return squares.indices.reduce(0) { total, row in
      let values = right.values[row * right.columns..<(row + 1) * right.columns]
      return total + (squares[row] * Array(values).squaredNorm).squareRoot()
    }
  }
}
