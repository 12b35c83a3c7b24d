import Compression
import LinearAlgebra

/// W = left · right: first the inputs by right, then the few sums by left.
struct LowRankMatrix: WeightMatrix {
  private let form: LowRank

  init(_ form: LowRank) { self.form = form }

  var byteCount: Int { 4 * (form.left.values.count + form.right.values.count) }

  func addProduct(of x: [Float], into y: inout [Float]) {
    let (left, right) = (form.left, form.right)
    guard right.columns > 0, form.rank > 0 else { return }
    var inner = [Float](repeating: 0, count: x.count / right.columns * form.rank)
    LinearAlgebra.addProduct(
      of: x, withPanel: right.values, columns: right.columns, firstRow: 0, outputs: form.rank,
      into: &inner)
    LinearAlgebra.addProduct(
      of: inner, withPanel: left.values, columns: form.rank, firstRow: 0, outputs: left.rows,
      into: &y)
  }
}

/// W as it is: what is not compressed, and forms that have no product of their own.
struct DenseMatrix: WeightMatrix {
  private let rows: Int
  private let columns: Int
  private let values: [Float]

  init(_ values: [Float], rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  var byteCount: Int { 4 * values.count }

  func addProduct(of x: [Float], into y: inout [Float]) {
    LinearAlgebra.addProduct(
      of: x, withPanel: values, columns: columns, firstRow: 0, outputs: rows, into: &y)
  }
}
