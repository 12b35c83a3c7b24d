import LinearAlgebra

/// Shrinks the singular values: a matrix whose rank follows from the trade with the loss.
///
/// Solves  min α·‖Θ‖_* + μ/2·‖W − Θ‖²  exactly: the singular values s become max(0, s − α/μ).
///
/// - Complexity: O(m·n·min(m, n)), one SVD.
/// - Source: Cai, Candès & Shen 2010; used by Alvarez & Salzmann, NIPS 2017.
public struct NuclearNorm: CompressionOperator {
  /// α.
  public let strength: Double

  /// - Throws: `CompressionError.invalidParameter` unless α > 0.
  public init(strength: Double) throws {
    guard strength > 0, strength.isFinite else {
      throw CompressionError.invalidParameter(
        operation: "nuclear", parameter: "alpha", value: "\(strength)", expected: "above 0")
    }
    self.strength = strength
  }

  public var description: String { "nuclear(alpha=\(shortest(strength)))" }

  public func validate(shape: [Int], view: String) throws {
    guard shape.count >= 2 else {
      throw CompressionError.needsMatrix(operation: "nuclear", view: view)
    }
  }

  public func compress(_ target: WeightView, from previous: LowRank?, penalty mu: Float) throws
    -> LowRank
  {
    try validate(shape: target.shape, view: "the view")
    let (rows, columns) = target.matrixShape
    let svd = try SingularValueDecomposition(
      of: Matrix(rows: rows, columns: columns, values: target.values))
    let threshold = strength / Double(mu)
    let kept = svd.singularValues.map { Float(max(0, Double($0) - threshold)) }.prefix { $0 > 0 }
    return try LowRank(
      svd.left, Array(kept), svd.rightTransposed, rank: kept.count, .rows, .float32)
  }

  /// α times the sum of the squared norms of L's columns: these are the singular values, because they
  /// are shared evenly.
  public func cost(of form: LowRank, in view: WeightView) -> Double {
    strength * form.left.values.squaredNorm
  }
}
