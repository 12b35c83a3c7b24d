import Compression
import LinearAlgebra

/// W by its non-zero entries.
struct SparseMatrix: WeightMatrix {
  private let entries: CompressedRows

  /// The weights `range` of a form as a rows × columns matrix.
  init(_ form: Sparse, range: Range<Int>, rows: Int, columns: Int) throws {
    var starts: [UInt32] = [0]
    var places: [UInt32] = []
    var values: [Float] = []
    for (index, value) in zip(form.indices, form.values) where range.contains(Int(index)) {
      let place = Int(index) - range.lowerBound
      let (row, column) = place.quotientAndRemainder(dividingBy: max(1, columns))
      while starts.count <= row { starts.append(UInt32(values.count)) }
      places.append(UInt32(column))
      values.append(value)
    }
    while starts.count <= rows { starts.append(UInt32(values.count)) }
    entries = try CompressedRows(
      rowStarts: starts, columns: places, values: values, columnCount: columns)
  }

  var byteCount: Int { entries.byteCount }

  func addProduct(of x: [Float], into y: inout [Float]) { entries.addProduct(of: x, into: &y) }
}
