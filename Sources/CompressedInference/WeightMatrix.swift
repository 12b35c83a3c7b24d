/// A weight matrix W, [outputs, inputs], that multiplies in the form in which it is stored.
///
/// A new way to store weights is one conforming type and a line in `weightMatrix(of:…)`; a form that
/// has none is multiplied as `DenseMatrix`.
protocol WeightMatrix: Sendable {
  /// Y += X · Wᵀ, with X [batch, inputs] and Y [batch, outputs], row-major.
  func addProduct(of x: [Float], into y: inout [Float])

  /// The bytes of memory that hold W.
  var byteCount: Int { get }
}

/// The sum of several matrices, one after the other.
struct MatrixSum: WeightMatrix {
  let parts: [any WeightMatrix]

  func addProduct(of x: [Float], into y: inout [Float]) {
    for part in parts { part.addProduct(of: x, into: &y) }
  }

  var byteCount: Int { parts.reduce(0) { $0 + $1.byteCount } }
}
