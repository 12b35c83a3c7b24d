import COneDNN
import LinearAlgebra

/// A convolution and the activation that follows it, compiled for one batch size.
///
/// Activations are channels-last. The weights stay in the arena as PyTorch has them and are brought
/// into the primitives' layout before each pass, the gradients back after it.
final class ConvolutionLayer: Operation {
  let name: String
  let work: Double
  let backwardWork: Double
  private var forwardSteps: [Primitive] = []
  private var backwardSteps: [Primitive] = []
  private var buffers: [Buffer] = []
  /// The activation whose derivative is still to be applied to the gradient.
  private let activation: Activation
  private let precision: Precision
  private let outputCount: Int
  private let memory: NodeMemory

  /// The buffers of one layer's parameters in an arena.
  struct Parameters {
    let weight: UnsafeMutablePointer<Float>
    let bias: UnsafeMutablePointer<Float>?
  }

  /// - Parameter gatedByReader: the layer that reads the outputs applies the activation's derivative.
  init(
    _ name: String, _ convolution: Convolution, _ activation: Activation, on engine: Engine,
    from input: ImageShape, to output: ImageShape, precision: Precision,
    gatedByReader: Bool, parameters: Parameters, gradients: Parameters?, memory: NodeMemory
  ) throws {
    self.name = name
    self.activation = gatedByReader ? .identity : activation
    self.precision = precision
    self.memory = memory
    let batch = memory.batch
    outputCount = batch * output.count
    let size = convolution.window.size
    work =
      2 * Double(outputCount) * Double(input.channels / convolution.groups) * Double(size * size)
    backwardWork = work * (memory.inputGradients.first.flatMap { $0 } == nil ? 1 : 2)

    let type = precision.type
    var x = try TensorLayout.image(batch: batch, input, .channelsLast, type: type)
    var y = try TensorLayout.image(batch: batch, output, .channelsLast, type: type)
    var w = try TensorLayout.kernel(
      convolution, inputs: input.channels, type: type, preferred: true)
    let plain = try TensorLayout.kernel(
      convolution, inputs: input.channels, type: dnnl_f32, preferred: false)
    let b = try TensorLayout.vector(convolution.channels)
    let strides = Array(repeating: dnnl_dim_t(convolution.window.stride), count: 2)
    let padding = Array(repeating: dnnl_dim_t(convolution.window.padding), count: 2)
    func reordered(
      _ what: String, _ from: dnnl_memory_desc_t, _ to: dnnl_memory_desc_t,
      _ source: UnsafeMutableRawPointer, _ target: UnsafeMutableRawPointer
    ) throws -> Primitive {
      try Primitive(
        what, engine: engine,
        PrimitiveDescription.reorder(what, engine: engine, from: from, to: to),
        [.init(DNNL_ARG_FROM, from, source), .init(DNNL_ARG_TO, to, target)])
    }
    func buffer(_ layout: dnnl_memory_desc_t) -> UnsafeMutableRawPointer {
      var layout = layout
      let made = Buffer(bytes: dnnl_memory_desc_get_size(&layout))
      buffers.append(made)
      return made.pointer
    }
    func same(_ first: dnnl_memory_desc_t, _ second: dnnl_memory_desc_t) -> Bool {
      var (first, second) = (first, second)
      return dnnl_memory_desc_equal(&first, &second) != 0
    }

    // Forward.
    var what = "\(name), forward"
    var forward = dnnl_convolution_desc_t()
    try withOptional(convolution.bias ? b : nil) { bias in
      try check(
        dnnl_convolution_forward_desc_init(
          &forward, gradients == nil ? dnnl_forward_inference : dnnl_forward_training,
          dnnl_convolution_direct, &x, &w, bias, &y, strides, padding, padding), what)
    }
    let after = try PostOperations(activation, what)
    let forwardDescription = try PrimitiveDescription(
      what, engine: engine, &forward, then: after)
    let forwardLayout = try forwardDescription.layout(dnnl_query_weights_md, what)
    var weights = UnsafeMutableRawPointer(parameters.weight)
    if !same(forwardLayout, plain) {
      weights = buffer(forwardLayout)
      forwardSteps.append(
        try reordered("\(name), weights", plain, forwardLayout, parameters.weight, weights))
    }
    var arguments: [Primitive.Argument] = [
      .init(DNNL_ARG_SRC, x, memory.inputs[0]), .init(DNNL_ARG_WEIGHTS, forwardLayout, weights),
      .init(DNNL_ARG_DST, y, memory.output),
    ]
    if let bias = parameters.bias { arguments.append(.init(DNNL_ARG_BIAS, b, bias)) }
    forwardSteps.append(
      try Primitive(
        what, engine: engine, forwardDescription, arguments))

    guard let gradients, let outputGradient = memory.outputGradients.first else { return }
    // The gradients of weights and bias, in 32 bits.
    what = "\(name), gradient of the weights"
    var dw = try TensorLayout.kernel(
      convolution, inputs: input.channels, type: dnnl_f32, preferred: true)
    var weightsPass = dnnl_convolution_desc_t()
    try withOptional(convolution.bias ? b : nil) { bias in
      try check(
        dnnl_convolution_backward_weights_desc_init(
          &weightsPass, dnnl_convolution_direct, &x, &dw, bias, &y, strides, padding, padding),
        what)
    }
    let weightsDescription = try PrimitiveDescription(
      what, engine: engine, &weightsPass, hint: forwardDescription)
    let gradientLayout = try weightsDescription.layout(dnnl_query_diff_weights_md, what)
    var weightGradient = UnsafeMutableRawPointer(gradients.weight)
    let direct = same(gradientLayout, plain)
    if !direct { weightGradient = buffer(gradientLayout) }
    arguments = [
      .init(DNNL_ARG_SRC, x, memory.inputs[0]), .init(DNNL_ARG_DIFF_DST, y, outputGradient),
      .init(DNNL_ARG_DIFF_WEIGHTS, gradientLayout, weightGradient),
    ]
    if let bias = gradients.bias { arguments.append(.init(DNNL_ARG_DIFF_BIAS, b, bias)) }
    backwardSteps.append(
      try Primitive(
        what, engine: engine, weightsDescription, arguments))
    if !direct {
      backwardSteps.append(
        try reordered(
          "\(name), gradient of the weights in order", gradientLayout, plain, weightGradient,
          gradients.weight))
    }

    // The gradient of the input.
    guard let inputGradient = memory.inputGradients[0] else { return }
    what = "\(name), gradient of the input"
    var dataPass = dnnl_convolution_desc_t()
    try check(
      dnnl_convolution_backward_data_desc_init(
        &dataPass, dnnl_convolution_direct, &x, &w, &y, strides, padding, padding), what)
    let dataDescription = try PrimitiveDescription(
      what, engine: engine, &dataPass, hint: forwardDescription)
    let dataLayout = try dataDescription.layout(dnnl_query_weights_md, what)
    var dataWeights = weights
    if same(dataLayout, plain) {
      dataWeights = UnsafeMutableRawPointer(parameters.weight)
    } else if !same(dataLayout, forwardLayout) {
      dataWeights = buffer(dataLayout)
      backwardSteps.append(
        try reordered(
          "\(name), weights backwards", plain, dataLayout, parameters.weight, dataWeights))
    }
    backwardSteps.append(
      try Primitive(
        what, engine: engine, dataDescription,
        [
          .init(DNNL_ARG_DIFF_DST, y, outputGradient),
          .init(DNNL_ARG_WEIGHTS, dataLayout, dataWeights),
          .init(DNNL_ARG_DIFF_SRC, x, inputGradient),
        ]))
  }

  func forward(training: Bool) throws {
    for step in forwardSteps { try step.run() }
  }

  func backward() throws {
    // Both buffers hold `outputCount` values of the layer's precision.
    if activation != .identity, let d = memory.outputGradients.first {
      switch precision {
      case .float32:
        Elementwise<Float>.backpropagate(
          activation, memory.output.assumingMemoryBound(to: Float.self),
          d.assumingMemoryBound(to: Float.self), count: outputCount)
      case .bfloat16:
        Elementwise<BFloat16>.backpropagate(
          activation, memory.output.assumingMemoryBound(to: BFloat16.self),
          d.assumingMemoryBound(to: BFloat16.self), count: outputCount)
      }
    }
    for step in backwardSteps { try step.run() }
  }
}

/// Hands over a pointer to a value, or null where there is none.
func withOptional<Value, Result>(
  _ value: Value?, _ body: (UnsafePointer<Value>?) throws -> Result
) rethrows -> Result {
  guard let value else { return try body(nil) }
  return try withUnsafePointer(to: value) { try body($0) }
}
