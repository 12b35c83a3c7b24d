import COneDNN

/// What is done to a primitive's results before they are stored: they are added to what is there
/// and put through an activation.
final class PostOperations {
  let attributes: dnnl_primitive_attr_t?

  /// - Parameters:
  ///   - adding: whether results are added to what their buffer holds.
  ///   - ownScratchpad: whether the scratchpad is an argument; the library's own is its thread's.
  init(
    _ activation: Activation, adding: Bool = false,
    ownScratchpad: Bool = false, _ what: String
  ) throws {
    var attributes: dnnl_primitive_attr_t?
    try check(dnnl_primitive_attr_create(&attributes), what)
    self.attributes = attributes
    var made: dnnl_post_ops_t?
    try check(dnnl_post_ops_create(&made), what)
    let operations = made
    defer { dnnl_post_ops_destroy(operations) }
    if adding { try check(dnnl_post_ops_append_sum(operations, 1), what) }
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
