import LinearAlgebra

/// Sums over the rows of a row-major matrix: the gradient of a bias.
enum ColumnSums<Element: ActivationElement> {
  /// - Parameters:
  ///   - x: rows × columns.
  ///   - sums: receives `columns` values.
  /// - Complexity: O(rows · columns), on one thread; within a column in the rows' order.
  static func of(
    _ x: UnsafePointer<Element>, rows: Int, columns: Int, into sums: UnsafeMutablePointer<Float>
  ) {
    sums.update(repeating: 0, count: columns)
    for row in 0..<rows {
      let x = x + row * columns
      var column = 0
      while column + 8 <= columns {
        Float.store8(Float.load8(sums + column) + Element.load8(x + column), sums + column)
        column += 8
      }
      while column < columns {
        sums[column] += x[column].float
        column += 1
      }
    }
  }
}
