import LinearAlgebra

/// Batch norm, the addition of a shortcut and a ReLU in the same passes.
///
/// While training: y = f(γ·(x − m)/√(v + ε) + β [+ shortcut]) with the batch's mean m and variance v,
/// and the running statistics move towards them (the variance without bias, as in PyTorch). When
/// evaluating, the running statistics take their place.
///
/// - Source: Ioffe & Szegedy, "Batch normalization", arXiv 1502.03167.
final class BatchNormLayer<Element: ActivationElement>: Operation {
  let name: String
  private let kernels: BatchNormKernels<Element>
  private let rows: Int
  private let channels: Int
  private let epsilon: Float
  private let momentum: Float
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
    parameters: Parameters, gradients: Parameters?, statistics: Statistics, memory: NodeMemory
  ) {
    self.name = name
    self.epsilon = epsilon
    self.momentum = momentum
    self.activation = activation
    self.parameters = parameters
    self.gradients = gradients
    self.statistics = statistics
    self.memory = memory
    rows = memory.batch * shape.height * shape.width
    channels = shape.channels
    let parts = max(1, Threads.count)
    sums = Buffer(Double.self, count: 2 * channels * parts)
    scratch = Buffer(Float.self, count: 7 * channels)
    kernels = BatchNormKernels(
      rows: rows, channels: channels, partial: sums.bound(to: Double.self), parts: parts)
  }

  /// One of seven vectors of `channels` floats.
  private func vector(_ index: Int) -> UnsafeMutablePointer<Float> {
    scratch.bound(to: Float.self) + index * channels
  }

  private var mean: UnsafeMutablePointer<Float> { vector(0) }
  private var variance: UnsafeMutablePointer<Float> { vector(1) }
  private var scale: UnsafeMutablePointer<Float> { vector(2) }
  private var shift: UnsafeMutablePointer<Float> { vector(3) }

  private func values(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Element> {
    pointer.assumingMemoryBound(to: Element.self)
  }

  func forward(training: Bool) throws {
    let x = values(memory.inputs[0])
    let y = values(memory.output)
    if training {
      kernels.moments(of: x, mean: mean, variance: variance)
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
      addend: memory.inputs.count > 1 ? UnsafePointer(values(memory.inputs[1])) : nil,
      rectified: activation == .relu, into: y)
    if activation == .tanh {
      Elementwise.apply(.tanh, y, into: y, count: rows * channels)
    }
  }

  func backward() throws {
    guard let gradients, let first = memory.outputGradients.first,
      let inputGradient = memory.inputGradients[0]
    else { return }
    let x = values(memory.inputs[0])
    let d = values(first)
    let second = memory.outputGradients.count > 1 ? values(memory.outputGradients[1]) : nil
    for other in memory.outputGradients.dropFirst(2) {
      Elementwise.add(values(other), to: d, count: rows * channels)
    }
    if activation == .tanh {
      if let second { Elementwise.add(second, to: d, count: rows * channels) }
      Elementwise.backpropagate(.tanh, values(memory.output), d, count: rows * channels)
    }
    let adds = memory.inputs.count > 1
    let gate: BatchNormKernels<Element>.Gate =
      activation != .relu
      ? .open
      : adds ? .outputs(values(memory.output)) : .recomputed(scale: scale, shift: shift)
    let sum = vector(4)
    let product = vector(5)
    // The sum of the gradients, and what the shortcut receives, must be written; a single gradient
    // behind a gate that can be passed again need not.
    let other = activation == .tanh ? nil : second
    let writes = other != nil || (adds && activation == .relu)
    kernels.gradientSums(
      x, mean: mean, d, other.map { UnsafePointer($0) }, gate: gate, result: writes ? d : nil,
      sum: sum, product: product)
    // dx = γr·(d − Σd/n − x̂·Σ(d·x̂)/n) with r = 1/√(v + ε), x̂ = (x − m)·r: a·d + b·(x − m) + c.
    let share = 1 / Float(max(1, rows))
    let b = vector(6)
    for channel in 0..<channels {
      let r = 1 / (variance[channel] + epsilon).squareRoot()
      gradients.bias[channel] = sum[channel]
      gradients.weight[channel] = product[channel] * r
      b[channel] = -scale[channel] * r * r * product[channel] * share
      sum[channel] = -scale[channel] * sum[channel] * share
    }
    kernels.inputGradient(
      x, mean: mean, d, gate: writes ? .open : gate, a: scale, b: b, c: sum,
      into: values(inputGradient))
  }
}
