/// What a convolution has to compute, and where: of the network's compiler.
struct ConvolutionTask {
  let name: String
  let convolution: Convolution
  /// What follows and is applied to the outputs.
  let activation: Activation
  let engine: Engine
  let input: ImageShape
  let output: ImageShape
  let precision: Precision
  var parameters: Parameters
  /// Where the parameters' gradients go; none when only evaluating.
  let gradients: Parameters?
  let memory: NodeMemory
  /// What makes the parameters, before each forward pass.
  var folded: FoldedNorm? = nil

  /// Whether elements of the kernel meet no pixel, so that their gradients are 0.
  var hasIdleElements: Bool {
    let window = convolution.window
    return window.hasIdleElements(along: input.height)
      || window.hasIdleElements(along: input.width)
  }

  /// The buffers of one layer's parameters in an arena.
  struct Parameters {
    let weight: UnsafeMutablePointer<Float>
    let bias: UnsafeMutablePointer<Float>?
  }
}

/// The faster way of computing a convolution, by its shape; from `speed layers` on AVX-512.
struct ConvolutionMethod: Equatable {
  enum Way { case direct, columns }
  let forward: Way
  let backward: Way

  /// - Parameters:
  ///   - direct: oneDNN's own convolutions; their vectors are over channels, which they round up to
  ///     whole vectors of 16, and they multiply by the zeros around small images one by one.
  init(
    _ convolution: Convolution, from input: ImageShape, to output: ImageShape, precision: Precision,
    needsInputGradient: Bool
  ) {
    guard convolution.groups == 1, precision == .float32, convolution.window.size > 1 else {
      forward = .direct
      backward = .direct
      return
    }
    let places = output.height * output.width
    let vectors = (input.channels + 15) / 16 * 16
    let wasteful = 4 * vectors >= 5 * input.channels && output.channels >= 32
    forward = places <= 16 && input.channels >= 16 ? .columns : .direct
    backward =
      needsInputGradient && input.channels >= 8 && (wasteful || places <= 4) ? .columns : .direct
  }
}
