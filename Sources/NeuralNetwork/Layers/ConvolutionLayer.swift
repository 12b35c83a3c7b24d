import LinearAlgebra

/// A convolution and the activation that follows it, compiled for one batch size.
///
/// Activations are channels-last. The weights stay in the arena as PyTorch has them and are brought
/// into the products' layout before each pass, the gradients back after it.
final class ConvolutionLayer: Operation {
  let name: String
  let kind = Profile.Kind.convolution
  let work: Double
  let backwardWork: Double
  private var forwardSteps: [any Step]
  private let backwardSteps: [any Step]
  /// The activation whose derivative is still to be applied to the gradient.
  private let activation: Activation
  private let precision: Precision
  private let outputCount: Int
  private let memory: NodeMemory

  /// - Parameter gatedByReader: the layer that reads the outputs applies the activation's derivative.
  init(_ task: ConvolutionTask, gatedByReader: Bool) throws {
    name = task.name
    activation = gatedByReader ? .identity : task.activation
    precision = task.precision
    memory = task.memory
    outputCount = memory.batch * task.output.count
    let size = task.convolution.window.size
    let inputs = task.input.channels / task.convolution.groups
    let needsInputGradient = memory.inputGradients.first.flatMap { $0 } != nil
    work = 2 * Double(outputCount) * Double(inputs) * Double(size * size)
    backwardWork = work * (needsInputGradient ? 2 : 1)

    let method = ConvolutionMethod(
      task.convolution, from: task.input, to: task.output, precision: precision,
      needsInputGradient: needsInputGradient)
    switch (method.forward, method.backward) {
    case (.direct, .direct):
      let direct = try DirectConvolution(task)
      forwardSteps = try direct.forward()
      backwardSteps = try direct.backward()
    case (.columns, .direct):
      forwardSteps = try ColumnConvolution(task).forward()
      backwardSteps = try DirectConvolution(task).backward()
    case (.direct, .columns):
      forwardSteps = try DirectConvolution(task).forward()
      backwardSteps = try ColumnConvolution(task).backward(arranged: false)
    case (.columns, .columns):
      let columns = try ColumnConvolution(task)
      forwardSteps = try columns.forward()
      backwardSteps = try columns.backward(arranged: true)
    }
    if let folded = task.folded { forwardSteps.insert(folded, at: 0) }
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
