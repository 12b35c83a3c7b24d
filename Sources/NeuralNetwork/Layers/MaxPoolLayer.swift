/// Max pooling of windows side by side; others are `PoolingLayer`'s.
final class MaxPoolLayer: Operation {
  let name: String
  let kind = Profile.Kind.pooling
  private let input: ImageShape
  private let output: ImageShape
  private let size: Int
  private let afterReLU: Bool
  private let precision: Precision
  private let memory: NodeMemory
  private let places: Buffer?

  /// Whether this layer can do it: windows side by side of at most 15 × 15.
  static func takes(_ window: Window) -> Bool {
    window.stride == window.size && window.padding == 0 && window.size <= 15
  }

  /// - Parameter afterReLU: the inputs are a ReLU's outputs, and its derivative is applied here.
  init(
    _ name: String, size: Int, afterReLU: Bool, from input: ImageShape, to output: ImageShape,
    precision: Precision, memory: NodeMemory
  ) {
    self.name = name
    self.size = size
    self.afterReLU = afterReLU
    self.input = input
    self.output = output
    self.precision = precision
    self.memory = memory
    places =
      memory.inputGradients[0] == nil
      ? nil : Buffer(BFloat16.self, count: memory.batch * output.count)
  }

  func forward(training: Bool) throws {
    switch precision {
    case .float32: forward(Float.self)
    case .bfloat16: forward(BFloat16.self)
    }
  }

  func backward() throws {
    switch precision {
    case .float32: backward(Float.self)
    case .bfloat16: backward(BFloat16.self)
    }
  }

  private func kernels<Element>(_: Element.Type) -> MaxPoolKernels<Element> {
    MaxPoolKernels(batch: memory.batch, input: input, output: output, size: size)
  }

  private func forward<Element: ActivationElement>(_ element: Element.Type) {
    kernels(element).forward(
      memory.inputs[0].assumingMemoryBound(to: element),
      into: memory.output.assumingMemoryBound(to: element), places: places?.bound(to: BFloat16.self)
    )
  }

  private func backward<Element: ActivationElement>(_ element: Element.Type) {
    guard let d = memory.outputGradients.first, let z = memory.inputGradients[0], let places else {
      return
    }
    kernels(element).backward(
      d.assumingMemoryBound(to: element), places: places.bound(to: BFloat16.self),
      outputs: afterReLU ? UnsafePointer(memory.output.assumingMemoryBound(to: element)) : nil,
      into: z.assumingMemoryBound(to: element))
  }
}
