import COneDNN

/// A convolution by oneDNN's own primitives.
final class DirectConvolution {
  private let task: ConvolutionTask
  private let x: dnnl_memory_desc_t
  private let y: dnnl_memory_desc_t
  /// Weights as the arena has them, and in whatever order a primitive prefers.
  private let plain: dnnl_memory_desc_t
  private let preferred: dnnl_memory_desc_t
  private let bias: dnnl_memory_desc_t?
  private let strides: [dnnl_dim_t]
  private let padding: [dnnl_dim_t]
  private let description: PrimitiveDescription
  /// The weights as the forward pass has arranged them.
  private var arranged: (layout: dnnl_memory_desc_t, weights: UnsafeMutableRawPointer)?

  init(_ task: ConvolutionTask) throws {
    self.task = task
    let convolution = task.convolution
    let batch = task.memory.batch
    let inputs = task.input.channels
    let type = task.precision.type
    var x = try TensorLayout.image(batch: batch, task.input, .channelsLast, type: type)
    var y = try TensorLayout.image(batch: batch, task.output, .channelsLast, type: type)
    var w = try TensorLayout.kernel(convolution, inputs: inputs, type: type, preferred: true)
    plain = try TensorLayout.kernel(convolution, inputs: inputs, type: dnnl_f32, preferred: false)
    let bias = convolution.bias ? try TensorLayout.vector(convolution.channels) : nil
    let strides = Array(repeating: dnnl_dim_t(convolution.window.stride), count: 2)
    let padding = Array(repeating: dnnl_dim_t(convolution.window.padding), count: 2)
    let what = "\(task.name), forward"
    var forward = dnnl_convolution_desc_t()
    try withOptional(bias) { bias in
      try check(
        dnnl_convolution_forward_desc_init(
          &forward, task.gradients == nil ? dnnl_forward_inference : dnnl_forward_training,
          dnnl_convolution_direct, &x, &w, bias, &y, strides, padding, padding), what)
    }
    description = try PrimitiveDescription(
      what, engine: task.engine, &forward, then: PostOperations(task.activation, what))
    (self.x, self.y, preferred) = (x, y, w)
    (self.bias, self.strides, self.padding) = (bias, strides, padding)
  }

  func forward() throws -> [any Step] {
    let what = "\(task.name), forward"
    var steps: [any Step] = []
    let layout = try description.layout(dnnl_query_weights_md, what)
    let weights = try arrange(layout, &steps)
    arranged = (layout, weights)
    var arguments: [Primitive.Argument] = [
      .init(DNNL_ARG_SRC, x, task.memory.inputs[0]), .init(DNNL_ARG_WEIGHTS, layout, weights),
      .init(DNNL_ARG_DST, y, task.memory.output),
    ]
    if let values = task.parameters.bias, let bias {
      arguments.append(.init(DNNL_ARG_BIAS, bias, values))
    }
    steps.append(
      try Primitive(what, engine: task.engine, description, arguments))
    return steps
  }

  /// - Precondition: `forward` was called before, if it is used at all.
  func backward() throws -> [any Step] {
    guard let gradients = task.gradients, let d = task.memory.outputGradients.first else {
      return []
    }
    var steps = try weightGradient(gradients, d)
    if let inputGradient = task.memory.inputGradients[0] {
      try appendInputGradient(d, inputGradient, to: &steps)
    }
    return steps
  }

  /// The gradients of weights and bias, in 32 bits.
  private func weightGradient(
    _ gradients: ConvolutionTask.Parameters, _ d: UnsafeMutableRawPointer
  ) throws -> [any Step] {
    let what = "\(task.name), gradient of the weights"
    var (x, y) = (x, y)
    var wanted = try TensorLayout.kernel(
      task.convolution, inputs: task.input.channels, type: dnnl_f32, preferred: true)
    var pass = dnnl_convolution_desc_t()
    try withOptional(bias) { bias in
      try check(
        dnnl_convolution_backward_weights_desc_init(
          &pass, dnnl_convolution_direct, &x, &wanted, bias, &y, strides, padding, padding), what)
    }
    // oneDNN 2.6 sums what each thread found, in bf16 also of elements of the kernel that meet no pixel, which
    // no thread writes: they must be zero in room of its own.
    let scratchpad = task.hasIdleElements ? Scratchpad() : nil
    let compiled = try PrimitiveDescription(
      what, engine: task.engine, &pass,
      then: scratchpad.map { _ in try PostOperations(.identity, ownScratchpad: true, what) },
      hint: description)
    let layout = try compiled.layout(dnnl_query_diff_weights_md, what)
    let direct = TensorLayout.equal(layout, plain)
    let buffer = direct ? nil : Buffer(bytes: TensorLayout.bytes(layout))
    let result = buffer?.pointer ?? UnsafeMutableRawPointer(gradients.weight)
    var arguments: [Primitive.Argument] = [
      .init(DNNL_ARG_SRC, x, task.memory.inputs[0]), .init(DNNL_ARG_DIFF_DST, y, d),
      .init(DNNL_ARG_DIFF_WEIGHTS, layout, result),
    ]
    if let values = gradients.bias, let bias {
      arguments.append(.init(DNNL_ARG_DIFF_BIAS, bias, values))
    }
    if let scratchpad {
      let layout = try compiled.layout(dnnl_query_scratchpad_md, what)
      arguments.append(
        .init(DNNL_ARG_SCRATCHPAD, layout, scratchpad.room(TensorLayout.bytes(layout))))
    }
    var steps: [any Step] = [
      try Primitive(what, engine: task.engine, compiled, arguments, keeping: scratchpad)
    ]
    if let buffer {
      steps.append(
        try Primitive.reorder(
          "\(what) in order", engine: task.engine, from: layout, buffer.pointer, to: plain,
          gradients.weight, keeping: buffer))
    }
    return steps
  }

  private func appendInputGradient(
    _ d: UnsafeMutableRawPointer, _ inputGradient: UnsafeMutableRawPointer,
    to steps: inout [any Step]
  ) throws {
    let what = "\(task.name), gradient of the input"
    var (x, y, w) = (x, y, preferred)
    var pass = dnnl_convolution_desc_t()
    try check(
      dnnl_convolution_backward_data_desc_init(
        &pass, dnnl_convolution_direct, &x, &w, &y, strides, padding, padding), what)
    let compiled = try PrimitiveDescription(what, engine: task.engine, &pass, hint: description)
    let layout = try compiled.layout(dnnl_query_weights_md, what)
    let weights =
      if let arranged, TensorLayout.equal(arranged.layout, layout) { arranged.weights } else {
        try arrange(layout, &steps)
      }
    steps.append(
      try Primitive(
        what, engine: task.engine, compiled,
        [
          .init(DNNL_ARG_DIFF_DST, y, d), .init(DNNL_ARG_WEIGHTS, layout, weights),
          .init(DNNL_ARG_DIFF_SRC, x, inputGradient),
        ]))
  }

  /// The weights in another layout, with the step that brings them there; the arena's own where it is
  /// the same.
  private func arrange(_ layout: dnnl_memory_desc_t, _ steps: inout [any Step]) throws
    -> UnsafeMutableRawPointer
  {
    guard !TensorLayout.equal(layout, plain) else {
      return UnsafeMutableRawPointer(task.parameters.weight)
    }
    let buffer = Buffer(bytes: TensorLayout.bytes(layout))
    steps.append(
      try Primitive.reorder(
        "\(task.name), weights", engine: task.engine, from: plain, task.parameters.weight,
        to: layout, buffer.pointer, keeping: buffer))
    return buffer.pointer
  }
}

/// Hands over a pointer to a value, or null where there is none.
func withOptional<Value, Result>(
  _ value: Value?, _ body: (UnsafePointer<Value>?) throws -> Result
) rethrows -> Result {
  guard let value else { return try body(nil) }
  return try withUnsafePointer(to: value) { try body($0) }
}
