/// A convolution by oneDNN's own primitives.
final class DirectConvolution {
  private let task: ConvolutionTask
  private let passes: ConvolutionPasses
  /// Weights as the arena has them, and in whatever order a primitive prefers.
  private let plain: TensorLayout
  private let preferred: TensorLayout
  private let description: PrimitiveDescription
  /// The weights as the forward pass has arranged them.
  private var arranged: (layout: TensorLayout, weights: UnsafeMutableRawPointer)?

  init(_ task: ConvolutionTask) throws {
    self.task = task
    let convolution = task.convolution
    let batch = task.memory.batch
    let inputs = task.input.channels
    passes = ConvolutionPasses(
      x: try .image(batch: batch, task.input, .channelsLast, task.precision),
      y: try .image(batch: batch, task.output, .channelsLast, task.precision),
      bias: convolution.bias ? try .vector(convolution.channels) : nil,
      window: convolution.window)
    preferred = try .kernel(convolution, inputs: inputs, task.precision, preferred: true)
    plain = try .kernel(convolution, inputs: inputs, .float32, preferred: false)
    let what = "\(task.name), forward"
    description = try passes.forward(
      what, on: task.engine, weights: preferred, learns: task.gradients != nil,
      then: PostOperations(task.activation, what))
  }

  func forward() throws -> [any Step] {
    let what = "\(task.name), forward"
    var steps: [any Step] = []
    let layout = try description.layout(of: .weights, what)
    let weights = try arrange(layout, &steps)
    arranged = (layout, weights)
    var arguments: [Primitive.Argument] = [
      .init(.source, passes.x, task.memory.inputs[0]), .init(.weights, layout, weights),
      .init(.destination, passes.y, task.memory.output),
    ]
    if let values = task.parameters.bias, let bias = passes.bias {
      arguments.append(.init(.bias, bias, values))
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
    let wanted = try TensorLayout.kernel(
      task.convolution, inputs: task.input.channels, .float32, preferred: true)
    // oneDNN 2.6 sums what each thread found, in bf16 also of elements of the kernel that meet no pixel, which
    // no thread writes: they must be zero in room of its own.
    let scratchpad = task.hasIdleElements ? Scratchpad() : nil
    let compiled = try passes.weightGradient(
      what, on: task.engine, weights: wanted,
      then: scratchpad.map { _ in try PostOperations(.identity, ownScratchpad: true, what) },
      hint: description)
    let layout = try compiled.layout(of: .weightGradient, what)
    let direct = layout == plain
    let buffer = direct ? nil : Buffer(bytes: layout.bytes)
    let result = buffer?.pointer ?? UnsafeMutableRawPointer(gradients.weight)
    var arguments: [Primitive.Argument] = [
      .init(.source, passes.x, task.memory.inputs[0]), .init(.destinationGradient, passes.y, d),
      .init(.weightGradient, layout, result),
    ]
    if let values = gradients.bias, let bias = passes.bias {
      arguments.append(.init(.biasGradient, bias, values))
    }
    if let scratchpad {
      let layout = try compiled.layout(of: .scratchpad, what)
      arguments.append(.init(.scratchpad, layout, scratchpad.room(layout.bytes)))
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
    let compiled = try passes.inputGradient(
      what, on: task.engine, weights: preferred, hint: description)
    let layout = try compiled.layout(of: .weights, what)
    let weights =
      if let arranged, arranged.layout == layout { arranged.weights } else {
        try arrange(layout, &steps)
      }
    steps.append(
      try Primitive(
        what, engine: task.engine, compiled,
        [
          .init(.destinationGradient, passes.y, d), .init(.weights, layout, weights),
          .init(.sourceGradient, passes.x, inputGradient),
        ]))
  }

  /// The weights in another layout, with the step that brings them there; the arena's own where it is
  /// the same.
  private func arrange(_ layout: TensorLayout, _ steps: inout [any Step]) throws
    -> UnsafeMutableRawPointer
  {
    guard layout != plain else {
      return UnsafeMutableRawPointer(task.parameters.weight)
    }
    let buffer = Buffer(bytes: layout.bytes)
    steps.append(
      try Primitive.reorder(
        "\(task.name), weights", engine: task.engine, from: plain, task.parameters.weight,
        to: layout, buffer.pointer, keeping: buffer))
    return buffer.pointer
  }
}
