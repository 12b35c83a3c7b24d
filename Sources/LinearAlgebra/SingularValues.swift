import CLAPACKE

/// A = U · diag(s) · Vᵀ with s descending: U is m × p, Vᵀ is p × n, p = min(m, n).
public struct SingularValueDecomposition: Sendable {
  /// U, m × p, with orthonormal columns.
  public let left: Matrix
  /// The p singular values, descending, none negative.
  public let singularValues: [Float]
  /// Vᵀ, p × n, with orthonormal rows.
  public let rightTransposed: Matrix

  /// The thin decomposition by LAPACK's divide and conquer, `sgesdd`, or by its slower `sgesvd` where
  /// that does not converge.
  ///
  /// - Complexity: O(m·n·min(m, n)) time.
  /// - Throws: `LinearAlgebraError.decompositionFailed` when LAPACK does not converge or finds NaN.
  public init(of matrix: Matrix) throws {
    let m = matrix.rows
    let n = matrix.columns
    let p = min(m, n)
    guard p > 0 else {
      throw LinearAlgebraError.impossibleSize(operation: "SVD", sizes: [m, n])
    }
    guard matrix.values.isFinite else {
      throw LinearAlgebraError.decompositionFailed(routine: "sgesdd", code: -4)
    }
    BLASKernels.prepare()
    var input = matrix.values
    var s = [Float](repeating: 0, count: p)
    var u = [Float](repeating: 0, count: m * p)
    var vt = [Float](repeating: 0, count: p * n)
    // Row-major A is column-major Aᵀ = V · diag(s) · Uᵀ: asking for that avoids LAPACKE's copies.
    let thin = CChar(UInt8(ascii: "S"))
    var code = LAPACKE_sgesdd(
      LAPACK_COL_MAJOR, thin, Int32(n), Int32(m), &input, Int32(n), &s, &vt, Int32(n), &u,
      Int32(p))
    if code > 0 {
      input = matrix.values
      var rest = [Float](repeating: 0, count: p)
      code = LAPACKE_sgesvd(
        LAPACK_COL_MAJOR, thin, thin, Int32(n), Int32(m), &input, Int32(n), &s, &vt, Int32(n), &u,
        Int32(p), &rest)
    }
    guard code == 0 else {
      throw LinearAlgebraError.decompositionFailed(routine: "sgesdd", code: Int(code))
    }
    left = try Matrix(rows: m, columns: p, values: u)
    singularValues = s
    rightTransposed = try Matrix(rows: p, columns: n, values: vt)
  }
}
