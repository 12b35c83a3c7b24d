import CLAPACKE
import COpenBLAS

/// Orthonormal vectors, to which blocks of others are added.
struct OrthonormalBasis {
  let length: Int
  /// A row a vector.
  private(set) var rows: [Float] = []
  var count: Int { rows.count / length }

  init(length: Int) { self.length = length }

  /// Adds what a block has outside of the span so far.
  ///
  /// The block is made orthogonal to the basis and to itself twice, because once loses accuracy where
  /// little is left. A vector that the second pass shortens to less than half was only rounding and is
  /// left out (Kahan and Parlett's "twice is enough").
  ///
  /// - Parameter block: rows of `length`.
  /// - Returns: the rows that were added; none when LAPACK fails. O(rows·(count + rows)·length).
  mutating func append(_ block: [Float]) -> [Float]? {
    var y = block
    let width = y.count / length
    var isNew = [Bool](repeating: true, count: width)
    // A row of zeros has no direction, and QR would make one up.
    for row in 0..<width {
      let own = y[row * length..<(row + 1) * length]
      isNew[row] = own.contains { $0 != 0 }
    }
    for pass in 0..<2 {
      removeSpan(from: &y, rows: width)
      guard let lengths = orthonormalise(&y, rows: width, length: length) else { return nil }
      guard pass == 1 else { continue }
      for row in 0..<width where abs(lengths[row]) < 0.5 { isNew[row] = false }
    }
    let added =
      isNew.allSatisfy { $0 }
      ? y : (0..<width).filter { isNew[$0] }.flatMap { y[$0 * length..<($0 + 1) * length] }
    rows += added
    return added
  }

  private func removeSpan(from y: inout [Float], rows width: Int) {
    guard count > 0 else { return }
    let overlap = multiply(y, rows, m: width, n: count, k: length, transposed: true)
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(width), blasint(length), blasint(count),
      -1, overlap, blasint(count), rows, blasint(length), 1, &y, blasint(length))
  }
}

/// Orthonormal rows whose span holds the given ones; none when LAPACK fails. O(rows²·columns).
///
/// - Precondition: no more rows than columns.
public func orthonormalRows(spanning matrix: Matrix) throws -> Matrix? {
  precondition(matrix.rows <= matrix.columns)
  _ = BLASKernels.chosen
  var rows = matrix.values
  for _ in 0..<2 {
    guard orthonormalise(&rows, rows: matrix.rows, length: matrix.columns) != nil else {
      return nil
    }
  }
  return try Matrix(rows: matrix.rows, columns: matrix.columns, values: rows)
}

/// Makes rows orthonormal by QR.
///
/// - Returns: the diagonal of R: what each row had beside the ones before; none when LAPACK fails.
private func orthonormalise(_ y: inout [Float], rows: Int, length: Int) -> [Float]? {
  var tau = [Float](repeating: 0, count: rows)
  // Row-major rows are column-major columns.
  guard
    LAPACKE_sgeqrf(
      LAPACK_COL_MAJOR, Int32(length), Int32(rows), &y, Int32(length), &tau) == 0
  else { return nil }
  let diagonal = (0..<rows).map { y[$0 * length + $0] }
  guard
    LAPACKE_sorgqr(
      LAPACK_COL_MAJOR, Int32(length), Int32(rows), Int32(rows), &y, Int32(length), &tau) == 0
  else { return nil }
  return diagonal
}

/// a (m × k) · b, or · bᵀ with b n × k.
func multiply(_ a: [Float], _ b: [Float], m: Int, n: Int, k: Int, transposed: Bool) -> [Float] {
  var result = [Float](repeating: 0, count: m * n)
  cblas_sgemm(
    CblasRowMajor, CblasNoTrans, transposed ? CblasTrans : CblasNoTrans, blasint(m), blasint(n),
    blasint(k), 1, a, blasint(k), b, blasint(transposed ? k : n), 0, &result, blasint(n))
  return result
}
