import COneDNN

/// A primitive's description, which knows the layouts that it prefers.
final class PrimitiveDescription {
  let description: dnnl_primitive_desc_t

  /// - Parameters:
  ///   - descriptor: points to one of oneDNN's operation descriptors.
  ///   - hint: the forward pass's, for a backward pass.
  init(
    _ what: String, engine: Engine, _ descriptor: UnsafeRawPointer,
    then after: PostOperations? = nil, hint: PrimitiveDescription? = nil
  ) throws {
    var made: dnnl_primitive_desc_t?
    // oneDNN copies what it needs of the attributes and the hint, so they must live until then only.
    try withExtendedLifetime((after, hint)) {
      try check(
        dnnl_primitive_desc_create(
          &made, descriptor, after?.attributes, engine.engine, hint?.description), what)
    }
    guard let made else { throw NeuralNetworkError.primitiveFailed(what: what, status: -1) }
    description = made
  }

  private init(_ description: dnnl_primitive_desc_t) { self.description = description }

  deinit { dnnl_primitive_desc_destroy(description) }

  static func reorder(
    _ what: String, engine: Engine, from: TensorLayout, to: TensorLayout
  ) throws -> PrimitiveDescription {
    var (from, to) = (from.description, to.description)
    var made: dnnl_primitive_desc_t?
    try check(
      dnnl_reorder_primitive_desc_create(&made, &from, engine.engine, &to, engine.engine, nil), what
    )
    guard let made else { throw NeuralNetworkError.primitiveFailed(what: what, status: -1) }
    return PrimitiveDescription(made)
  }

  /// A tensor whose layout the library chooses.
  enum Tensor {
    case weights, weightGradient, workspace, scratchpad

    fileprivate var query: dnnl_query_t {
      switch self {
      case .weights: dnnl_query_weights_md
      case .weightGradient: dnnl_query_diff_weights_md
      case .workspace: dnnl_query_workspace_md
      case .scratchpad: dnnl_query_scratchpad_md
      }
    }
  }

  /// The layout of one of its tensors.
  func layout(of tensor: Tensor, _ what: String) throws -> TensorLayout {
    // The pointer is into the description, which must live until the copy is made.
    try withExtendedLifetime(self) {
      guard let found = dnnl_primitive_desc_query_md(description, tensor.query, 0) else {
        throw NeuralNetworkError.primitiveFailed(what: what, status: -1)
      }
      return TensorLayout(found.pointee)
    }
  }
}
