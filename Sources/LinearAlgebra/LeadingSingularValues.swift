/// The r leading singular values of a matrix and their vectors, so exactly that the matrix of rank r made
/// of them is as near as one can be, measured by what is left and not by the matrix.
///
/// By block Krylov iteration where that pays, by LAPACK where it does not or where the iteration fails.
/// Both are exact relative to the largest singular value. Where that dwarfs what is left, as with weights
/// that have a mean, or nearly have rank r, the dominant part is taken away and the rest decomposed
/// anew: A − U_q·S_q·V_qᵀ is as exact as A is.
///
/// - Complexity: that of the decomposition, a few times where a part dominates.
package struct LeadingSingularValues: Sendable {
  /// m × r.
  package private(set) var left: Matrix
  /// r of them, descending; those of the rest after those of the dominant part.
  package private(set) var singularValues: [Float]
  /// r × n.
  package private(set) var rightTransposed: Matrix

  /// - Parameters:
  ///   - matrix: of numbers whose squares are within a `Float`'s range.
  ///   - rank: from 1 to min(m, n).
  ///   - start: right singular vectors of a matrix near this one, as rows of n.
  ///   - decomposition: the matrix's own, when it is known.
  /// - Throws: `LinearAlgebraError` when the rank does not fit or LAPACK fails.
  package init(
    of matrix: Matrix, rank: Int, start: Matrix? = nil,
    decomposition: SingularValueDecomposition? = nil
  ) throws {
    let (m, n) = (matrix.rows, matrix.columns)
    guard (1...max(1, min(m, n))).contains(rank) else {
      throw LinearAlgebraError.impossibleSize(operation: "leading SVD", sizes: [m, n, rank])
    }
    if decomposition == nil, TruncatedSingularValues.pays(rows: m, columns: n, rank: rank),
      let found = try TruncatedSingularValues(of: matrix, rank: rank, start: start)
    {
      (left, singularValues) = (found.left, found.singularValues)
      rightTransposed = found.rightTransposed
    } else {
      let whole = try decomposition ?? SingularValueDecomposition(of: matrix)
      left = try whole.left.prefix(columns: rank)
      singularValues = Array(whole.singularValues.prefix(rank))
      rightTransposed = try whole.rightTransposed.prefix(rows: rank)
    }
    try refine(matrix, start: start)
  }

  /// What is left below this share of ‖A‖² is known too roughly.
  private static let rough = 3e-3
  /// The share of ‖A‖² that rounding makes of singular values.
  private static let rounding = 1e-7

  /// Decomposes anew what the dominant part leaves.
  private mutating func refine(_ matrix: Matrix, start: Matrix?) throws {
    let total = matrix.values.squaredNorm
    let squares = singularValues.map { Double($0) * Double($0) }
    let rest = max(total - squares.reduce(0, +), Self.rounding * total)
    guard total > 0, rest < Self.rough * total else { return }
    try fit(to: matrix)
    let rank = singularValues.count
    let dominant = squares.prefix { $0 >= 100 * rest }.count
    guard dominant > 0, dominant < rank else { return }
    var remainder = matrix.values
    let part = try leading(dominant)
    accumulateProduct(part.left, part.right, scale: -1, into: &remainder)
    // The rounding of A itself: nothing else is left.
    guard remainder.squaredNorm > 1e-13 * total else { return }
    // The remainder may be small beyond the range that squares allow.
    let exponent = remainder.uncomfortableExponent
    let other = try LeadingSingularValues(
      of: Matrix(
        rows: matrix.rows, columns: matrix.columns,
        values: exponent == 0 ? remainder : remainder.scaled(byPowerOfTwo: -exponent)),
      rank: rank - dominant)
    try replace(
      from: dominant, by: other,
      values: other.singularValues.scaled(byPowerOfTwo: exponent))
  }

  /// U ← orth(A·V), S·Vᵀ ← Uᵀ·A: a step of subspace iteration, which takes the rounding of a decomposition
  /// out of them.
  private mutating func fit(to matrix: Matrix) throws {
    let image = try Matrix.product(rightTransposed, matrix, transposingSecond: true)
    if let rows = try orthonormalRows(spanning: image) { left = try rows.transposed }
    let fitted = try Matrix.product(left, matrix, transposingFirst: true)
    let n = matrix.columns
    var rows = fitted.values
    for row in singularValues.indices {
      let range = row * n..<(row + 1) * n
      let length = rows.withUnsafeBufferPointer {
        LinearAlgebra.squaredNorm(UnsafeBufferPointer(rebasing: $0[range]))
      }.squareRoot()
      singularValues[row] = Float(length)
      guard length > 0 else { continue }
      for place in range { rows[place] = Float(Double(rows[place]) / length) }
    }
    rightTransposed = try Matrix(rows: singularValues.count, columns: n, values: rows)
  }

  /// U_q·S_q and V_qᵀ.
  private func leading(_ count: Int) throws -> (left: Matrix, right: Matrix) {
    var columns: [Float] = []
    columns.reserveCapacity(left.rows * count)
    for row in 0..<left.rows {
      for column in 0..<count { columns.append(left[row, column] * singularValues[column]) }
    }
    return (
      try Matrix(rows: left.rows, columns: count, values: columns),
      try rightTransposed.prefix(rows: count)
    )
  }

  private mutating func replace(
    from first: Int, by other: LeadingSingularValues, values: [Float]
  ) throws {
    for row in 0..<left.rows {
      for column in values.indices { left[row, first + column] = other.left[row, column] }
    }
    singularValues.replaceSubrange(first..., with: values)
    let n = rightTransposed.columns
    rightTransposed = try Matrix(
      rows: singularValues.count, columns: n,
      values: Array(rightTransposed.values.prefix(first * n)) + other.rightTransposed.values)
  }
}
