import COpenBLAS

/// A dense matrix of floats, row-major.
public struct Matrix: Sendable, Equatable {
  /// m, from 0 to 2³¹ − 1.
  public let rows: Int
  /// n, from 0 to 2³¹ − 1.
  public let columns: Int
  /// `rows × columns` values, row after row.
  public private(set) var values: [Float]

  /// A matrix of row-major values.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` when the count is not rows × columns.
  public init(rows: Int, columns: Int, values: [Float]) throws {
    let count = try elementCount(of: [rows, columns])
    // BLAS and LAPACK count in 32 bits.
    guard rows <= Int32.max, columns <= Int32.max else {
      throw LinearAlgebraError.impossibleSize(operation: "matrix", sizes: [rows, columns])
    }
    guard values.count == count else {
      throw LinearAlgebraError.shapeMismatch(
        operation: "matrix", expected: "\(rows) × \(columns) = \(count) values",
        found: "\(values.count)")
    }
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// One entry; row and column count from 0.
  ///
  /// - Precondition: the place `row × columns + column` is below rows × columns; no more is
  ///   checked.
  public subscript(row: Int, column: Int) -> Float {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  /// The n × m matrix of the same entries. O(m·n).
  public var transposed: Matrix {
    get throws {
      var result = [Float](repeating: 0, count: values.count)
      for row in 0..<rows {
        for column in 0..<columns { result[column * rows + row] = values[row * columns + column] }
      }
      return try Matrix(rows: columns, columns: rows, values: result)
    }
  }

  /// The first rows.
  ///
  /// - Precondition: 0 ≤ count ≤ rows.
  package func prefix(rows count: Int) throws -> Matrix {
    try Matrix(rows: count, columns: columns, values: Array(values.prefix(count * columns)))
  }

  /// The first columns, and zeros where there are not as many.
  package func prefix(columns count: Int) throws -> Matrix {
    let kept = min(count, columns)
    var result = [Float](repeating: 0, count: try elementCount(of: [rows, count]))
    for row in 0..<rows {
      for column in 0..<kept { result[row * count + column] = values[row * columns + column] }
    }
    return try Matrix(rows: rows, columns: count, values: result)
  }

  /// This matrix times a power of two.
  package func scaled(byPowerOfTwo exponent: Int) throws -> Matrix {
    try Matrix(rows: rows, columns: columns, values: values.scaled(byPowerOfTwo: exponent))
  }

  /// op(A) · op(B), where op transposes on request. O(m·n·k), by `sgemm`.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` when the inner sizes differ.
  public static func product(
    _ a: Matrix, _ b: Matrix, transposingFirst: Bool = false, transposingSecond: Bool = false
  ) throws -> Matrix {
    let m = transposingFirst ? a.columns : a.rows
    let inner = transposingFirst ? a.rows : a.columns
    let n = transposingSecond ? b.rows : b.columns
    let other = transposingSecond ? b.columns : b.rows
    guard inner == other else {
      throw LinearAlgebraError.shapeMismatch(
        operation: "matrix product", expected: "inner size \(inner)", found: "\(other)")
    }
    var result = [Float](repeating: 0, count: try elementCount(of: [m, n]))
    if m > 0, n > 0, inner > 0 {
      BLASKernels.prepare()
      cblas_sgemm(
        CblasRowMajor, transposingFirst ? CblasTrans : CblasNoTrans,
        transposingSecond ? CblasTrans : CblasNoTrans, blasint(m), blasint(n), blasint(inner), 1,
        a.values, blasint(a.columns), b.values, blasint(b.columns), 0, &result, blasint(n))
    }
    return try Matrix(rows: m, columns: n, values: result)
  }

  /// A · B by `sgemm`. O(m·n·k).
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` when the inner sizes differ.
  public static func * (a: Matrix, b: Matrix) throws -> Matrix { try product(a, b) }

  /// A · x. O(m·n).
  public static func * (a: Matrix, x: [Float]) throws -> [Float] {
    try product(a, Matrix(rows: x.count, columns: 1, values: x)).values
  }
}

/// target += scale · A · B, for a row-major target of A.rows × B.columns values. O(m·n·k).
package func accumulateProduct(_ a: Matrix, _ b: Matrix, scale: Float, into target: inout [Float]) {
  precondition(a.columns == b.rows && target.count == a.rows * b.columns)
  guard target.count > 0, a.columns > 0 else { return }
  BLASKernels.prepare()
  cblas_sgemm(
    CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(a.rows), blasint(b.columns),
    blasint(a.columns), scale, a.values, blasint(a.columns), b.values, blasint(b.columns), 1,
    &target, blasint(b.columns))
}
