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
    var first = try layout(rows, inner, transposed: a.transposed)
    var second = try layout(inner, columns, transposed: b.transposed)
    var result = try layout(rows, columns, transposed: false)
    var added = try layout(1, columns, transposed: false)
    var description = dnnl_matmul_desc_t()
    try check(
      bias == nil
        ? dnnl_matmul_desc_init(&description, &first, &second, nil, &result)
        : dnnl_matmul_desc_init(&description, &first, &second, &added, &result), what)

    let after = try PostOperations(
      activation, adding: adding,
      ownScratchpad: scratchpad != nil, what)
    let compiled = try PrimitiveDescription(
      what, engine: engine, &description, then: after)
    var arguments: [Primitive.Argument] = [
      .init(DNNL_ARG_SRC, first, a.buffer), .init(DNNL_ARG_WEIGHTS, second, b.buffer),
      .init(DNNL_ARG_DST, result, c),
    ]
    if let bias { arguments.append(.init(DNNL_ARG_BIAS, added, bias)) }
    if let scratchpad {
      let layout = try compiled.layout(dnnl_query_scratchpad_md, what)
      arguments.append(
        .init(DNNL_ARG_SCRATCHPAD, layout, scratchpad.room(TensorLayout.bytes(layout))))
    }
    return try Primitive(what, engine: engine, compiled, arguments, keeping: scratchpad)
  }

  /// A rows × columns matrix that is stored row-major, or whose transpose is.
  private static func layout(_ rows: Int, _ columns: Int, transposed: Bool) throws
    -> dnnl_memory_desc_t
  {
    var description = dnnl_memory_desc_t()
    let sizes = [dnnl_dim_t(rows), dnnl_dim_t(columns)]
    let strides = transposed ? [1, dnnl_dim_t(rows)] : [dnnl_dim_t(columns), 1]
    try check(
      dnnl_memory_desc_init_by_strides(&description, 2, sizes, dnnl_f32, strides),
      "a \(rows) × \(columns) matrix")
    return description
  }
}
