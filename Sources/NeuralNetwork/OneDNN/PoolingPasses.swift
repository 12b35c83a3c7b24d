import COneDNN

/// The passes of one pooling, as oneDNN describes them.
struct PoolingPasses {
  let kind: PoolingLayer.Kind
  let x: TensorLayout
  let y: TensorLayout
  let height: Int
  let width: Int
  let stride: Int
  let padding: Int

  func forward(_ what: String, on engine: Engine, learns: Bool) throws -> PrimitiveDescription {
    var (x, y) = (x.description, y.description)
    var pass = dnnl_pooling_desc_t()
    try check(
      dnnl_pooling_forward_desc_init(
        &pass, learns ? dnnl_forward_training : dnnl_forward_inference, algorithm, &x, &y,
        strides, window, start, start), what)
    return try PrimitiveDescription(what, engine: engine, &pass)
  }

  func backward(_ what: String, on engine: Engine, hint: PrimitiveDescription) throws
    -> PrimitiveDescription
  {
    var (x, y) = (x.description, y.description)
    var pass = dnnl_pooling_desc_t()
    try check(
      dnnl_pooling_backward_desc_init(&pass, algorithm, &x, &y, strides, window, start, start),
      what)
    return try PrimitiveDescription(what, engine: engine, &pass, hint: hint)
  }

  private var algorithm: dnnl_alg_kind_t {
    kind == .largest ? dnnl_pooling_max : dnnl_pooling_avg_include_padding
  }
  private var window: [dnnl_dim_t] { [dnnl_dim_t(height), dnnl_dim_t(width)] }
  private var strides: [dnnl_dim_t] { [dnnl_dim_t(stride), dnnl_dim_t(stride)] }
  private var start: [dnnl_dim_t] { [dnnl_dim_t(padding), dnnl_dim_t(padding)] }
}
