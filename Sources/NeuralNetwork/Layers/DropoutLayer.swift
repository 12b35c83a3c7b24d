import LinearAlgebra

/// Sets values to zero with a probability p and multiplies the others by 1 / (1 − p), while training.
///
/// Which ones is decided by the step's seed and the layer's number alone.
final class DropoutLayer: Operation {
  let name: String
  private let precision: Precision
  /// Of the next training step.
  var seed: UInt64 = 0
  private let layer: UInt64
  private let probability: Float
  private let count: Int
  private let memory: NodeMemory
  private let factors: Buffer

  init(
    _ name: String, layer: Int, probability: Float, count: Int, precision: Precision,
    memory: NodeMemory
  ) {
    self.name = name
    self.precision = precision
    self.layer = UInt64(layer)
    self.probability = probability
    self.count = count
    self.memory = memory
    factors = Buffer(Float.self, count: count)
  }

  func forward(training: Bool) throws {
    switch precision {
    case .float32: forward(Float.self, training: training)
    case .bfloat16: forward(BFloat16.self, training: training)
    }
  }

  private func forward<Element: ActivationElement>(_: Element.Type, training: Bool) {
    let x = memory.inputs[0].assumingMemoryBound(to: Element.self)
    let y = memory.output.assumingMemoryBound(to: Element.self)
    guard training else {
      y.update(from: x, count: count)
      return
    }
    var random = RandomGenerator(seed: seed, stream: 1000 + layer)
    let factors = factors.bound(to: Float.self)
    let scale = 1 / (1 - probability)
    for index in 0..<count {
      factors[index] = random.uniform() < probability ? 0 : scale
      y[index] = Element(rounding: x[index].float * factors[index])
    }
  }

  /// In place, as with activations.
  func backward() throws {
    switch precision {
    case .float32: backward(Float.self)
    case .bfloat16: backward(BFloat16.self)
    }
  }

  private func backward<Element: ActivationElement>(_: Element.Type) {
    guard let d = memory.outputGradients.first?.assumingMemoryBound(to: Element.self) else {
      return
    }
    let factors = factors.bound(to: Float.self)
    for index in 0..<count { d[index] = Element(rounding: d[index].float * factors[index]) }
  }
}

/// A layer whose random numbers depend on the step.
protocol RandomOperation: Operation {
  var seed: UInt64 { get set }
}

extension DropoutLayer: RandomOperation {}
