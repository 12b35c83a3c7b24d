import COneDNN

/// The passes of one convolution, as oneDNN describes them.
struct ConvolutionPasses {
  let x: TensorLayout
  let y: TensorLayout
  /// None for a convolution without.
  let bias: TensorLayout?
  let window: Window

  /// - Parameter weights: a layout that leaves the order to the library.
  func forward(
    _ what: String, on engine: Engine, weights: TensorLayout, learns: Bool, then: PostOperations
  ) throws -> PrimitiveDescription {
    var (x, y, w) = (x.description, y.description, weights.description)
    var pass = dnnl_convolution_desc_t()
    try withBias { bias in
      try check(
        dnnl_convolution_forward_desc_init(
          &pass, learns ? dnnl_forward_training : dnnl_forward_inference,
          dnnl_convolution_direct, &x, &w, bias, &y, strides, padding, padding), what)
    }
    return try PrimitiveDescription(what, engine: engine, &pass, then: then)
  }

  func weightGradient(
    _ what: String, on engine: Engine, weights: TensorLayout, then: PostOperations?,
    hint: PrimitiveDescription
  ) throws -> PrimitiveDescription {
    var (x, y, w) = (x.description, y.description, weights.description)
    var pass = dnnl_convolution_desc_t()
    try withBias { bias in
      try check(
        dnnl_convolution_backward_weights_desc_init(
          &pass, dnnl_convolution_direct, &x, &w, bias, &y, strides, padding, padding), what)
    }
    return try PrimitiveDescription(what, engine: engine, &pass, then: then, hint: hint)
  }

  func inputGradient(
    _ what: String, on engine: Engine, weights: TensorLayout, hint: PrimitiveDescription
  ) throws -> PrimitiveDescription {
    var (x, y, w) = (x.description, y.description, weights.description)
    var pass = dnnl_convolution_desc_t()
    try check(
      dnnl_convolution_backward_data_desc_init(
        &pass, dnnl_convolution_direct, &x, &w, &y, strides, padding, padding), what)
    return try PrimitiveDescription(what, engine: engine, &pass, hint: hint)
  }

  private var strides: [dnnl_dim_t] { Array(repeating: dnnl_dim_t(window.stride), count: 2) }
  private var padding: [dnnl_dim_t] { Array(repeating: dnnl_dim_t(window.padding), count: 2) }

  /// Hands over a pointer to the bias's layout, or null where there is none.
  private func withBias(_ body: (UnsafePointer<dnnl_memory_desc_t>?) throws -> Void) rethrows {
    guard let bias else { return try body(nil) }
    try withUnsafePointer(to: bias.description) { try body($0) }
  }
}
