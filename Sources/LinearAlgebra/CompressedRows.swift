/// A sparse matrix, row after row: the entries of row r are those from `rowStarts[r]` to
/// `rowStarts[r + 1]`, each with its column, which takes 16 bits where all columns fit them.
package struct CompressedRows: Sendable {
  private enum Columns: Sendable {
    case narrow([UInt16])
    case wide([UInt32])
  }

  private let rowStarts: [UInt32]
  private let columns: Columns
  private let values: [Float]
  /// The number of columns of the matrix.
  package let columnCount: Int
  package var rowCount: Int { rowStarts.count - 1 }

  /// - Throws: `LinearAlgebraError.shapeMismatch` when the parts do not fit each other.
  package init(rowStarts: [UInt32], columns: [UInt32], values: [Float], columnCount: Int) throws {
    guard rowStarts.first == 0, rowStarts.last.map({ Int($0) }) == values.count,
      zip(rowStarts, rowStarts.dropFirst()).allSatisfy({ $0 <= $1 }),
      columns.count == values.count, columns.allSatisfy({ Int($0) < columnCount })
    else {
      throw LinearAlgebraError.shapeMismatch(
        operation: "sparse matrix", expected: "\(values.count) entries in rows",
        found: "\(columns.count) columns, \(rowStarts.count) row starts")
    }
    self.rowStarts = rowStarts
    self.columns =
      columnCount <= 1 << 16 ? .narrow(columns.map { UInt16($0) }) : .wide(columns)
    self.values = values
    self.columnCount = columnCount
  }

  /// The memory that the matrix takes.
  package var byteCount: Int {
    let width =
      switch columns {
      case .narrow: 2
      case .wide: 4
      }
    return 4 * rowStarts.count + (4 + width) * values.count
  }

  /// Y += X · Sᵀ, with X [batch, columns] and Y [batch, rows]. O(batch · (entries + rows)).
  package func addProduct(of x: [Float], into y: inout [Float]) {
    guard rowCount > 0, columnCount > 0 else { return }
    precondition(x.count % columnCount == 0 && y.count == x.count / columnCount * rowCount)
    switch columns {
    case .narrow(let columns): add(columns, of: x, into: &y)
    case .wide(let columns): add(columns, of: x, into: &y)
    }
  }

  private func add<Column: FixedWidthInteger>(
    _ columns: [Column], of x: [Float], into y: inout [Float]
  ) {
    let (rowCount, columnCount) = (rowCount, columnCount)
    y.withUnsafeMutableBufferPointer { y in
      let y = y
      x.withUnsafeBufferPointer { x in
        columns.withUnsafeBufferPointer { columns in
          values.withUnsafeBufferPointer { values in
            rowStarts.withUnsafeBufferPointer { rowStarts in
              // In bounds: columns and row starts were checked when the matrix was made.
              parallel(over: x.count / columnCount, grain: 16) { range in
                for image in range {
                  let x = UnsafeBufferPointer(
                    rebasing: x[image * columnCount..<(image + 1) * columnCount])
                  for row in 0..<rowCount {
                    var sum: Float = 0
                    for entry in Int(rowStarts[row])..<Int(rowStarts[row + 1]) {
                      sum += values[entry] * x[Int(columns[entry])]
                    }
                    y[image * rowCount + row] += sum
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}
