import LinearAlgebra

/// The sum of a block's body and its shortcut, where the body does not end in a batch norm.
final class SumLayer: Operation {
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
    let y = memory.output.assumingMemoryBound(to: Element.self)
    Elementwise<Element>.sum(
      memory.inputs[0].assumingMemoryBound(to: Element.self),
      memory.inputs[1].assumingMemoryBound(to: Element.self), rectified: activation == .relu,
      into: y, count: count)
    if activation == .tanh { Elementwise<Element>.apply(.tanh, y, into: y, count: count) }
  }

  /// The shortcut's gradient is the output's own buffer, the body's a copy.
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
    if let body = memory.inputGradients[0], body != d {
      body.copyMemory(from: d, byteCount: count * MemoryLayout<Element>.stride)
    }
  }
}
