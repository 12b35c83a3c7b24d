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
  /// left out (Kahan and Parlett's "twice is enough"). What it had in common with the basis is then in
  /// those after it, so that they pass again.
  ///
  /// - Parameter block: rows of `length`.
  /// - Returns: the rows that were added; none when LAPACK fails. O(rows·(count + rows)·length).
  mutating func append(_ block: [Float]) -> [Float]? {
    // A row of zeros has no direction, and QR would make one up.
    var y = only(block) { row in block[row * length..<(row + 1) * length].contains { $0 != 0 } }
    guard pass(&y) != nil else { return nil }
    while !y.isEmpty {
      guard let lengths = pass(&y) else { return nil }
      let kept = only(y) { abs(lengths[$0]) >= 0.5 }
      if kept.count == y.count { break }
      y = kept
    }
    rows += y
    return y
  }

  /// Makes rows orthogonal to the basis and to each other.
  ///
  /// - Returns: what each row had beside the basis and the rows before it; none when LAPACK fails.
  private func pass(_ y: inout [Float]) -> [Float]? {
    guard !y.isEmpty else { return [] }
    let width = y.count / length
    removeSpan(from: &y, rows: width)
    return orthonormalise(&y, rows: width, length: length)
  }

  private func only(_ block: [Float], where isKept: (Int) -> Bool) -> [Float] {
    let width = block.count / length
    let kept = (0..<width).filter(isKept)
    guard kept.count < width else { return block }
    return kept.flatMap { block[$0 * length..<($0 + 1) * length] }
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
package func orthonormalRows(spanning matrix: Matrix) throws -> Matrix? {
  precondition(matrix.rows <= matrix.columns)
  BLASKernels.prepare()
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
