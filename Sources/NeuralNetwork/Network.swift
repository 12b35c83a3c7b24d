import LinearAlgebra

/// A network compiled for one batch size: primitives and activations, bound to arenas.
///
/// It has identity: it reads the weights in `weights` and writes gradients to `gradients`, whatever
/// they hold when it runs. Running allocates nothing.
public final class Network {
  public let definition: NetworkDefinition
  public let batch: Int
  public let classes: Int
  /// The inputs x, [batch, inputs]; to be filled before a run.
  public let input: UnsafeMutableBufferPointer<Float>
  /// The labels of the batch.
  public let labels: UnsafeMutableBufferPointer<Int32>
  private let layers: [LinearLayer]
  private let weights: Arena
  private let gradients: Arena?

  /// - Parameters:
  ///   - weights: an arena of the definition's layout.
  ///   - gradients: another one, or none when the network is only evaluated.
  /// - Throws: `NeuralNetworkError`.
  public init(_ definition: NetworkDefinition, batch: Int, weights: Arena, gradients: Arena?) throws
  {
    guard batch > 0, batch <= 1 << 20 else {
      throw NeuralNetworkError.invalidOption(
        option: "batch size", value: "\(batch)", expected: "from 1 to \(1 << 20)")
    }
    let layout = try definition.layout()
    precondition(weights.layout == layout && gradients?.layout ?? layout == layout)
    self.definition = definition
    self.batch = batch
    self.weights = weights
    self.gradients = gradients
    classes = definition.outputCount
    input = allocateFloats(batch * definition.inputCount)
    labels = .allocate(capacity: batch)
    labels.initialize(repeating: 0)

    let engine = try Engine()
    var layers: [LinearLayer] = []
    var width = definition.inputCount
    for (index, layer) in definition.layers.enumerated() {
      guard case .linear(let name, let outputs, _) = layer else { continue }
      func parameters(in arena: Arena) throws -> LinearLayer.Parameters {
        guard let slot = arena.layout["\(name).weight"],
          let weight = arena[slot].baseAddress
        else {
          throw NeuralNetworkError.invalidNetwork(
            network: definition.name, layer: name, message: "it has no weight")
        }
        let bias = arena.layout["\(name).bias"].flatMap { arena[$0].baseAddress }
        return LinearLayer.Parameters(weight: weight, bias: bias)
      }
      let next = index + 1 < definition.layers.count ? definition.layers[index + 1] : nil
      let activation: MatrixProduct.Function =
        switch next {
        case .tanh: .tanh
        case .relu: .relu
        default: .identity
        }
      let below = layers.last
      layers.append(
        try LinearLayer(
          name, on: engine, batch: batch, inputs: width, outputs: outputs, activation: activation,
          parameters: parameters(in: weights), gradients: gradients.map(parameters(in:)),
          input: (below?.output ?? input).baseAddress.unsafelyUnwrapped,
          inputGradient: gradients == nil ? nil : below?.outputGradient.baseAddress))
      width = outputs
    }
    self.layers = layers
  }

  deinit {
    input.deallocate()
    labels.deallocate()
  }

  /// The scores of the last run, [batch, classes].
  public var scores: UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(layers[layers.count - 1].output)
  }

  /// Runs the inputs through the network; returns Σ loss and the number of wrong answers.
  public func evaluate() throws -> (loss: Double, wrong: Int) {
    for layer in layers { try layer.forward() }
    let result = SoftmaxCrossEntropy.evaluate(
      scores, labels: UnsafeBufferPointer(labels), classes: classes, gradient: nil)
    return (result.loss, result.wrong)
  }

  /// Runs forward and backward; the arena `gradients` then holds those of the mean loss.
  ///
  /// - Returns: the mean loss of the batch and the number of wrong answers.
  public func learn() throws -> (loss: Double, wrong: Int) {
    precondition(gradients != nil, "a network without gradients cannot learn")
    for layer in layers { try layer.forward() }
    let result = SoftmaxCrossEntropy.evaluate(
      scores, labels: UnsafeBufferPointer(labels), classes: classes,
      gradient: layers[layers.count - 1].outputGradient)
    for layer in layers.reversed() { try layer.backward() }
    return (result.loss / Double(batch), result.wrong)
  }
}
