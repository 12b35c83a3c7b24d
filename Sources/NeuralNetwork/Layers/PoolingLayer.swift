import COneDNN

/// The largest value or the mean of windows, channels-last.
final class PoolingLayer: Operation {
  enum Kind {
    case largest, mean
  }

  let name: String
  let kind = Profile.Kind.pooling
  private let pass: Primitive
  private var backPass: Primitive?
  private var workspace: Buffer?

  /// - Parameters:
  ///   - height, width: the window's.
  ///   - type: of the activations.
  init(
    _ name: String, _ kind: Kind, height: Int, width: Int, stride: Int, padding: Int,
    on engine: Engine, from input: ImageShape, to output: ImageShape, type: dnnl_data_type_t,
    memory: NodeMemory
  ) throws {
    self.name = name
    let learns = memory.inputGradients[0] != nil
    var x = try TensorLayout.image(batch: memory.batch, input, .channelsLast, type: type)
    var y = try TensorLayout.image(batch: memory.batch, output, .channelsLast, type: type)
    let algorithm = kind == .largest ? dnnl_pooling_max : dnnl_pooling_avg_include_padding
    let window = [dnnl_dim_t(height), dnnl_dim_t(width)]
    let strides = [dnnl_dim_t(stride), dnnl_dim_t(stride)]
    let start = [dnnl_dim_t(padding), dnnl_dim_t(padding)]
    var what = "\(name), forward"
    var forward = dnnl_pooling_desc_t()
    try check(
      dnnl_pooling_forward_desc_init(
        &forward, learns ? dnnl_forward_training : dnnl_forward_inference, algorithm, &x, &y,
        strides, window, start, start), what)
    let description = try PrimitiveDescription(what, engine: engine, &forward)
    var arguments: [Primitive.Argument] = [
      .init(DNNL_ARG_SRC, x, memory.inputs[0]), .init(DNNL_ARG_DST, y, memory.output),
    ]
    // Where the largest values were, for the way back.
    var places: Primitive.Argument?
    if learns, kind == .largest {
      var layout = try description.layout(dnnl_query_workspace_md, what)
      let buffer = Buffer(bytes: dnnl_memory_desc_get_size(&layout))
      workspace = buffer
      places = .init(DNNL_ARG_WORKSPACE, layout, buffer.pointer)
    }
    if let places { arguments.append(places) }
    pass = try Primitive(
      what, engine: engine, description, arguments)

    guard let inputGradient = memory.inputGradients[0], let d = memory.outputGradients.first else {
      return
    }
    what = "\(name), backward"
    var backward = dnnl_pooling_desc_t()
    try check(
      dnnl_pooling_backward_desc_init(
        &backward, algorithm, &x, &y, strides, window, start, start), what)
    let backDescription = try PrimitiveDescription(
      what, engine: engine, &backward, hint: description)
    arguments = [
      .init(DNNL_ARG_DIFF_DST, y, d), .init(DNNL_ARG_DIFF_SRC, x, inputGradient),
    ]
    if let places { arguments.append(places) }
    backPass = try Primitive(
      what, engine: engine, backDescription, arguments)
  }

  func forward(training: Bool) throws { try pass.run() }
  func backward() throws { try backPass?.run() }
}
