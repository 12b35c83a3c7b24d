import COneDNN

/// What is done to a primitive's results before they are stored: they are added to what is there,
/// normalised, put through an activation.
final class PostOperations {
  let attributes: dnnl_primitive_attr_t?
  /// The tensors that they read.
  private(set) var arguments: [Primitive.Argument] = []

  /// - Parameters:
  ///   - adding: whether results are added to what their buffer holds.
  ///   - norm: with how its values, one a channel, lie beside the results.
  ///   - addend: what is added behind the norm, of the results' layout.
  ///   - ownScratchpad: whether the scratchpad is an argument; the library's own is its thread's.
  init(
    _ activation: Activation, adding: Bool = false,
    norm: (FoldedNorm, dnnl_memory_desc_t)? = nil,
    addend: (UnsafeMutableRawPointer, dnnl_memory_desc_t)? = nil, ownScratchpad: Bool = false,
    _ what: String
  ) throws {
    var attributes: dnnl_primitive_attr_t?
    try check(dnnl_primitive_attr_create(&attributes), what)
    self.attributes = attributes
    var made: dnnl_post_ops_t?
    try check(dnnl_post_ops_create(&made), what)
    let operations = made
    defer { dnnl_post_ops_destroy(operations) }
    if adding { try check(dnnl_post_ops_append_sum(operations, 1), what) }
    func append(
      _ kind: dnnl_alg_kind_t, _ buffer: UnsafeMutableRawPointer, _ layout: dnnl_memory_desc_t
    ) throws {
      let place = Int32(dnnl_post_ops_len(operations)) + 1
      try withUnsafePointer(to: layout) {
        try check(dnnl_post_ops_append_binary(operations, kind, $0), what)
      }
      arguments.append(
        .init(DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE * place | DNNL_ARG_SRC_1, layout, buffer))
    }
    if let (norm, channels) = norm {
      try append(dnnl_binary_mul, norm.scale, channels)
      try append(dnnl_binary_add, norm.shift, channels)
    }
    if let (values, layout) = addend { try append(dnnl_binary_add, values, layout) }
    switch activation {
    case .identity: break
    case .tanh:
      try check(dnnl_post_ops_append_eltwise(operations, 1, dnnl_eltwise_tanh, 0, 0), what)
    case .relu:
      try check(dnnl_post_ops_append_eltwise(operations, 1, dnnl_eltwise_relu, 0, 0), what)
    }
    try check(dnnl_primitive_attr_set_post_ops(attributes, operations), what)
    if ownScratchpad {
      try check(
        dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user), what)
    }
  }

  deinit { dnnl_primitive_attr_destroy(attributes) }
}
