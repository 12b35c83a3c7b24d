import LinearAlgebra

/// An activation that is not joined to the layer before it.
final class ActivationLayer: Operation {
  let name: String
  private let precision: Precision
  private let activation: Activation
  private let count: Int
  private let memory: NodeMemory

  init(
    _ name: String, _ activation: Activation, count: Int, precision: Precision, memory: NodeMemory
  ) {
    self.name = name
    self.precision = precision
    self.activation = activation
    self.count = count
    self.memory = memory
  }

  func forward(training: Bool) throws {
    switch precision {
    case .float32: forward(Float.self)
    case .bfloat16: forward(BFloat16.self)
    }
  }

  private func forward<Element: ActivationElement>(_: Element.Type) {
    Elementwise<Element>.apply(
      activation, memory.inputs[0].assumingMemoryBound(to: Element.self),
      into: memory.output.assumingMemoryBound(to: Element.self), count: count)
  }

  /// In place: the gradient's buffer passes from the output to the input.
  func backward() throws {
    switch precision {
    case .float32: backward(Float.self)
    case .bfloat16: backward(BFloat16.self)
    }
  }

  private func backward<Element: ActivationElement>(_: Element.Type) {
    guard let d = memory.outputGradients.first else { return }
    Elementwise<Element>.backpropagate(
      activation, memory.output.assumingMemoryBound(to: Element.self),
      d.assumingMemoryBound(to: Element.self), count: count)
  }
}
