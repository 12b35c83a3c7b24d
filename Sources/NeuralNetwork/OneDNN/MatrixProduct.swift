import COneDNN

/// C = f(op(A) · op(B) + bias) for row-major matrices in fixed buffers, by oneDNN's matmul.
///
/// Measured against OpenBLAS's `sgemm` on the products of LeNet300 (`speed products`), matmul is
/// faster for all but the last layer's, and it adds the bias and applies f on the way out.
enum MatrixProduct {
  struct Operand {
    let buffer: UnsafeMutablePointer<Float>
    var transposed = false
  }

  /// - Parameters: op(A) is rows × inner, op(B) is inner × columns; the buffers of transposed
  ///   operands hold columns × inner and so on. `bias` has `columns` values.
  ///   - adding: whether the product is added to C.
  ///   - scratchpad: for products that run in `ConcurrentSteps`, one of their list.
  static func compile(
    _ what: String, on engine: Engine, _ a: Operand, _ b: Operand,
    bias: UnsafeMutablePointer<Float>? = nil, into c: UnsafeMutablePointer<Float>,
    adding: Bool = false, rows: Int, inner: Int, columns: Int,
    then activation: Activation = .identity,
    scratchpad: Scratchpad? = nil
  ) throws -> Primitive {
    let first = try TensorLayout.matrix(rows, inner, transposed: a.transposed)
    let second = try TensorLayout.matrix(inner, columns, transposed: b.transposed)
    let result = try TensorLayout.matrix(rows, columns)
    let added = try TensorLayout.matrix(1, columns)
    var (x, w, y, offset) = (
      first.description, second.description, result.description, added.description
    )
    var description = dnnl_matmul_desc_t()
    try check(
      bias == nil
        ? dnnl_matmul_desc_init(&description, &x, &w, nil, &y)
        : dnnl_matmul_desc_init(&description, &x, &w, &offset, &y), what)

    let after = try PostOperations(
      activation, adding: adding,
      ownScratchpad: scratchpad != nil, what)
    let compiled = try PrimitiveDescription(
      what, engine: engine, &description, then: after)
    var arguments: [Primitive.Argument] = [
      .init(.source, first, a.buffer), .init(.weights, second, b.buffer),
      .init(.destination, result, c),
    ]
    if let bias { arguments.append(.init(.bias, added, bias)) }
    if let scratchpad {
      let layout = try compiled.layout(of: .scratchpad, what)
      arguments.append(.init(.scratchpad, layout, scratchpad.room(layout.bytes)))
    }
    return try Primitive(what, engine: engine, compiled, arguments, keeping: scratchpad)
  }
}
