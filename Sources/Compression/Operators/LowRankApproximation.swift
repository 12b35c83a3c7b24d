import LinearAlgebra

/// The matrix of rank r that is nearest to the weights.
///
/// Solves  min ‖W − L·R‖²  with L m × r and R r × n  exactly, by the truncated SVD (Eckart–Young);
/// the singular values are shared evenly: L = U·√S, R = √S·Vᵀ. A convolution kernel [O, I, H, W] is
/// taken as the matrix O × (I·H·W).
///
/// - Complexity: O(m·n·min(m, n)) time.
/// - Source: Idelbayev & Carreira-Perpiñán, CVPR 2020.
public struct LowRankApproximation: CompressionOperator {
  public let rank: Int

  /// - Throws: `CompressionError.invalidParameter` for a rank below 1.
  public init(rank: Int) throws {
    guard rank >= 1 else {
      throw CompressionError.invalidParameter(
        operation: "lowrank", parameter: "r", value: "\(rank)", expected: "1 or more")
    }
    self.rank = rank
  }

  public var description: String { "lowrank(r=\(rank))" }

  public func validate(shape: [Int], view: String) throws {
    guard shape.count >= 2 else {
      throw CompressionError.needsMatrix(operation: "lowrank", view: view)
    }
    let (rows, columns) = WeightView.matrixShape(of: shape)
    guard rank <= min(rows, columns) else {
      throw CompressionError.invalidParameter(
        operation: "lowrank", parameter: "r", value: "\(rank)",
        expected: "at most \(min(rows, columns)) for \(view), a \(rows) × \(columns) matrix")
    }
  }

  public func compress(_ target: WeightView, from previous: LowRank?, penalty mu: Float) throws
    -> LowRank
  {
    try validate(shape: target.shape, view: "the view")
    let (rows, columns) = target.matrixShape
    let svd = try SingularValueDecomposition(
      of: Matrix(rows: rows, columns: columns, values: target.values))
    let roots = svd.singularValues.prefix(rank).map { $0.squareRoot() }
    var left: [Float] = []
    left.reserveCapacity(rows * rank)
    for row in 0..<rows {
      for (column, root) in roots.enumerated() { left.append(svd.left[row, column] * root) }
    }
    var right: [Float] = []
    right.reserveCapacity(rank * columns)
    for (row, root) in roots.enumerated() {
      for column in 0..<columns { right.append(root * svd.rightTransposed[row, column]) }
    }
    return try LowRank(
      left: Matrix(rows: rows, columns: rank, values: left),
      right: Matrix(rows: rank, columns: columns, values: right))
  }
}
