import LinearAlgebra

/// A linear layer and the activation that follows it, compiled for one batch size:
/// y = f(x·Wᵀ + b), x [batch, in], W [out, in], y [batch, out].
final class LinearLayer: Operation {
  let name: String
  let kind = Profile.Kind.linear
  let work: Double
  let backwardWork: Double
  private let forwardProduct: Primitive
  private let weightGradient: Primitive?
  private let inputGradient: Primitive?
  private let activation: Activation
  private let batch: Int
  private let outputs: Int
  private let output: UnsafeMutablePointer<Float>
  /// ∂L/∂y on entry to `backward`; it becomes ∂L/∂(x·Wᵀ + b).
  private let outputGradient: UnsafeMutablePointer<Float>?
  private let biasGradient: UnsafeMutablePointer<Float>?

  /// The buffers of one layer's parameters in an arena.
  typealias Parameters = ConvolutionTask.Parameters

  /// - Parameter gradients: where the parameters' gradients go; none when only evaluating.
  init(
    _ name: String, on engine: Engine, inputs: Int, outputs: Int, activation: Activation,
    parameters: Parameters, gradients: Parameters?, memory: NodeMemory
  ) throws {
    self.name = name
    self.activation = activation
    self.outputs = outputs
    batch = memory.batch
    output = memory.output.assumingMemoryBound(to: Float.self)
    outputGradient = memory.outputGradients.first?.assumingMemoryBound(to: Float.self)
    biasGradient = gradients?.bias
    work = 2 * Double(batch) * Double(inputs) * Double(outputs)
    backwardWork = work * (memory.inputGradients[0] == nil ? 1 : 2)
    let x = memory.inputs[0].assumingMemoryBound(to: Float.self)
    forwardProduct = try MatrixProduct.compile(
      "\(name), forward", on: engine, .init(buffer: x),
      .init(buffer: parameters.weight, transposed: true), bias: parameters.bias, into: output,
      rows: batch, inner: inputs, columns: outputs, then: activation)
    guard let gradients, let dz = outputGradient else {
      weightGradient = nil
      inputGradient = nil
      return
    }
    weightGradient = try MatrixProduct.compile(
      "\(name), gradient of the weights", on: engine, .init(buffer: dz, transposed: true),
      .init(buffer: x), into: gradients.weight, rows: outputs, inner: batch, columns: inputs)
    let rows = memory.batch
    inputGradient = try memory.inputGradients[0].map {
      try MatrixProduct.compile(
        "\(name), gradient of the input", on: engine, .init(buffer: dz),
        .init(buffer: parameters.weight), into: $0.assumingMemoryBound(to: Float.self),
        rows: rows, inner: outputs, columns: inputs)
    }
  }

  func forward(training: Bool) throws { try forwardProduct.run() }

  /// Takes ∂L/∂y; writes the gradients of the weights, the bias and the input.
  func backward() throws {
    // Both buffers hold batch · outputs values, the bias gradient `outputs`.
    guard let dz = outputGradient else { return }
    Elementwise.backpropagate(activation, output, dz, count: batch * outputs)
    if let biasGradient {
      ColumnSums.of(dz, rows: batch, columns: outputs, into: biasGradient)
    }
    try weightGradient?.run()
    try inputGradient?.run()
  }
}
