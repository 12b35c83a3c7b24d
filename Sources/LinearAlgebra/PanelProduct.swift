import COpenBLAS

/// Y += X · Wᵀ for some consecutive rows of W, a panel.
///
/// - Parameters:
///   - x: [batch, columns], row-major.
///   - panel: [rows, columns], row-major.
///   - firstRow: the place of the panel's first row in W.
///   - y: [batch, outputs], row-major; the columns `firstRow ..< firstRow + rows` are added to.
/// - Complexity: O(batch · rows · columns), by `sgemm`.
package func addProduct(
  of x: [Float], withPanel panel: [Float], columns: Int, firstRow: Int, outputs: Int,
  into y: inout [Float]
) {
  guard columns > 0, outputs > 0, !panel.isEmpty, !x.isEmpty else { return }
  let rows = panel.count / columns
  let batch = x.count / columns
  precondition(rows * columns == panel.count && batch * columns == x.count)
  precondition(firstRow >= 0 && firstRow + rows <= outputs && y.count == batch * outputs)
  precondition([batch, rows, columns, outputs].allSatisfy { $0 <= Int32.max })
  BLASKernels.prepare()
  y.withUnsafeMutableBufferPointer { y in
    guard let start = y.baseAddress else { return }
    // In bounds: the last element written is y[(batch − 1) · outputs + firstRow + rows − 1].
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasint(batch), blasint(rows), blasint(columns), 1,
      x, blasint(columns), panel, blasint(columns), 1, start + firstRow, blasint(outputs))
  }
}
