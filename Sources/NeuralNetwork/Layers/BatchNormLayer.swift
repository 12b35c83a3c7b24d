import LinearAlgebra

/// Batch norm, the addition of a shortcut and a ReLU in the same passes.
///
/// While training: y = f(γ·(x − m)/√(v + ε) + β [+ shortcut]) with the batch's mean m and variance v,
/// and the running statistics move towards them (the variance without bias, as in PyTorch). When
/// evaluating, the running statistics take their place.
///
/// - Source: Ioffe & Szegedy, "Batch normalization", arXiv 1502.03167.
final class BatchNormLayer: Operation {
  let name: String
  let kind = Profile.Kind.batchNorm
  private let precision: Precision
  private let parts: Int
  private let rows: Int
  private let channels: Int
  private let epsilon: Float
  private let momentum: Float
  /// How far the running statistics move towards the batch's, where it is not the momentum.
  var share: Float?
  private let activation: Activation
  private let parameters: Parameters
  private let gradients: Parameters?
  private let statistics: Statistics
  private let memory: NodeMemory
  private let sums: Buffer
  private let scratch: Buffer

  /// γ and β, or their gradients; `channels` values each.
  struct Parameters {
    let weight: UnsafeMutablePointer<Float>
    let bias: UnsafeMutablePointer<Float>
  }

  /// The running mean and variance; `channels` values each.
  struct Statistics {
    let mean: UnsafeMutablePointer<Float>
    let variance: UnsafeMutablePointer<Float>
  }

  init(
    _ name: String, shape: ImageShape, epsilon: Float, momentum: Float, _ activation: Activation,
    precision: Precision, parameters: Parameters, gradients: Parameters?, statistics: Statistics,
    memory: NodeMemory
  ) {
    self.name = name
    self.precision = precision
    self.epsilon = epsilon
    self.momentum = momentum
    self.activation = activation
    self.parameters = parameters
    self.gradients = gradients
    self.statistics = statistics
    self.memory = memory
    rows = memory.batch * shape.height * shape.width
    channels = shape.channels
    parts = partCount(of: rows, grain: BatchNormKernels<Float>.grain(channels))
    sums = Buffer(Double.self, count: 2 * channels * parts)
    scratch = Buffer(Float.self, count: 7 * channels)
  }

  /// One of seven vectors of `channels` floats.
  private func vector(_ index: Int) -> UnsafeMutablePointer<Float> {
    scratch.bound(to: Float.self) + index * channels
  }

  private var mean: UnsafeMutablePointer<Float> { vector(0) }
  private var variance: UnsafeMutablePointer<Float> { vector(1) }
  private var scale: UnsafeMutablePointer<Float> { vector(2) }
  private var shift: UnsafeMutablePointer<Float> { vector(3) }

  private func kernels<Element>(_ element: Element.Type) -> BatchNormKernels<Element> {
    BatchNormKernels(
      rows: rows, channels: channels, partial: sums.bound(to: Double.self), parts: parts)
  }

  // The methods of a generic class would not be compiled for each element; these are.

  func forward(training: Bool) throws {
    switch precision {
    case .float32: forward(kernels(Float.self), training: training)
    case .bfloat16: forward(kernels(BFloat16.self), training: training)
    }
  }

  func backward() throws {
    switch precision {
    case .float32: backward(kernels(Float.self))
    case .bfloat16: backward(kernels(BFloat16.self))
    }
  }

  private func forward<Element>(_ kernels: BatchNormKernels<Element>, training: Bool) {
    let x = memory.inputs[0].assumingMemoryBound(to: Element.self)
    let y = memory.output.assumingMemoryBound(to: Element.self)
    if training {
      kernels.moments(of: x, mean: mean, variance: variance)
      let momentum = share ?? self.momentum
      let unbiased = Float(rows) / Float(max(1, rows - 1))
      for channel in 0..<channels {
        statistics.mean[channel] += momentum * (mean[channel] - statistics.mean[channel])
        statistics.variance[channel] +=
          momentum * (unbiased * variance[channel] - statistics.variance[channel])
      }
    }
    let m = training ? mean : statistics.mean
    let v = training ? variance : statistics.variance
    for channel in 0..<channels {
      scale[channel] = parameters.weight[channel] / (v[channel] + epsilon).squareRoot()
      shift[channel] = parameters.bias[channel]
    }
    kernels.apply(
      x, mean: m, scale: scale, shift: shift,
      addend: memory.inputs.count > 1
        ? UnsafePointer(memory.inputs[1].assumingMemoryBound(to: Element.self)) : nil,
      rectified: activation == .relu, into: y)
    if activation == .tanh {
      Elementwise.apply(.tanh, y, into: y, count: rows * channels)
    }
  }

  private func backward<Element>(_ kernels: BatchNormKernels<Element>) {
    guard let first = memory.outputGradients.first, let inputGradient = memory.inputGradients[0]
    else { return }
    func values(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Element> {
      pointer.assumingMemoryBound(to: Element.self)
    }
    let x = values(memory.inputs[0])
    let y = values(memory.output)
    let d = values(first)
    var second = memory.outputGradients.count > 1 ? values(memory.outputGradients[1]) : nil
    for other in memory.outputGradients.dropFirst(2) {
      Elementwise.add(values(other), to: d, count: rows * channels)
    }
    if activation == .tanh {
      if let second { Elementwise.add(second, to: d, count: rows * channels) }
      second = nil
      Elementwise.backpropagate(.tanh, y, d, count: rows * channels)
    }
    // What the shortcut receives, and the sum of two gradients, must be written; a single gradient
    // behind a gate that can be passed again need not.
    let adds = memory.inputs.count > 1
    let writes = second != nil || (adds && activation == .relu)
    let result = writes ? d : nil
    let z = values(inputGradient)
    let other = second.map { UnsafePointer($0) }
    let open = OpenGate<Element>()
    func sums<Gate: GradientGate>(_ gate: Gate) where Gate.Element == Element {
      kernels.gradientSums(
        x, mean: mean, d, other, gate: gate, result: result, sum: vector(4), product: vector(5))
      gradientCoefficients()
    }
    func pass<Gate: GradientGate>(_ gate: Gate) where Gate.Element == Element {
      kernels.inputGradient(
        x, mean: mean, d, gate: gate, a: scale, b: vector(6), c: vector(4), into: z)
    }
    switch (activation == .relu, adds) {
    case (false, _):
      sums(open)
      pass(open)
    case (true, true):
      sums(OutputGate(outputs: y))
      pass(open)
    case (true, false):
      let gate = RecomputedGate<Element>(scale: scale, shift: shift)
      sums(gate)
      writes ? pass(open) : pass(gate)
    }
  }

  /// From Σ d and Σ d·(x − m): the gradients of γ and β, and b and c of
  /// dx = γr·(d − Σd/n − x̂·Σ(d·x̂)/n) = γr·d + b·(x − m) + c, where r = 1/√(v + ε), x̂ = (x − m)·r.
  private func gradientCoefficients() {
    guard let gradients else { return }
    let sum = vector(4)
    let product = vector(5)
    let b = vector(6)
    let share = 1 / Float(max(1, rows))
    for channel in 0..<channels {
      let r = 1 / (variance[channel] + epsilon).squareRoot()
      gradients.bias[channel] = sum[channel]
      gradients.weight[channel] = product[channel] * r
      b[channel] = -scale[channel] * r * r * product[channel] * share
      sum[channel] *= -scale[channel] * share
    }
  }
}
