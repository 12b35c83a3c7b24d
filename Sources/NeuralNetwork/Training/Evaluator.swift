import Datasets
import LinearAlgebra

/// The loss and the share of wrong answers on a set of images.
public struct Evaluation: Sendable, Equatable, Codable {
  /// Mean cross-entropy.
  public var loss: Double
  /// The share of images whose highest score is not their label's, 0 to 100.
  public var errorPercent: Double
}

/// Runs images through a network, some hundred at a time.
public final class Evaluator {
  /// The network whose weights it evaluates.
  public let definition: NetworkDefinition
  /// How wide activations and products are.
  public let precision: Precision
  private let weights: Arena
  private let statistics: Arena
  private let chunk: Int
  private var networks: [Int: Network] = [:]

  /// An evaluator of weights of this network.
  ///
  /// - Throws: `NeuralNetworkError`.
  public init(_ definition: NetworkDefinition, precision: Precision = .float32) throws {
    self.definition = definition
    self.precision = precision
    weights = Arena(try definition.layout())
    statistics = try Initialisation.statistics(of: definition)
    chunk = definition.evaluationBatch
  }

  /// The loss and error of these weights, of the definition's layout, with these running statistics,
  /// of its `statisticsLayout`; without them those of a new network.
  ///
  /// - Parameter stride: only the images 0, stride, 2·stride, …
  /// - Precondition: `stride` is 1 or more.
  public func evaluate(
    _ weights: Arena, statistics: Arena? = nil, on images: ImageSet, every stride: Int = 1,
    normalisation: Normalisation
  ) throws -> Evaluation {
    var (loss, wrong, count) = (0.0, 0, 0)
    try forEachChunk(of: images, every: stride, weights, statistics, normalisation) { network in
      let result = try network.evaluate()
      loss += result.loss
      wrong += result.wrong
      count += network.batch
    }
    return Evaluation(loss: loss, wrong: wrong, count: count)
  }

  /// For each image whether its highest score is not its label's; the arguments are those of
  /// `evaluate(_:statistics:on:normalisation:)`.
  package func mistakes(
    _ weights: Arena, statistics: Arena? = nil, on images: ImageSet, normalisation: Normalisation
  ) throws -> [Bool] {
    var mistakes: [Bool] = []
    mistakes.reserveCapacity(images.count)
    try forEachChunk(of: images, every: 1, weights, statistics, normalisation) {
      mistakes += try $0.mistakes()
    }
    return mistakes
  }

  private func forEachChunk(
    of images: ImageSet, every stride: Int, _ weights: Arena, _ statistics: Arena?,
    _ normalisation: Normalisation, _ body: (Network) throws -> Void
  ) throws {
    self.weights.copy(from: weights)
    self.statistics.copy(from: try statistics ?? Initialisation.statistics(of: definition))
    let taken = Swift.stride(from: 0, to: Int32(images.count), by: stride).map { $0 }
    for start in Swift.stride(from: 0, to: taken.count, by: chunk) {
      let end = min(start + chunk, taken.count)
      let network = try network(batch: end - start)
      network.fill(with: taken[start..<end], of: images, normalisation: normalisation)
      try body(network)
    }
  }

  private func network(batch: Int) throws -> Network {
    if let network = networks[batch] { return network }
    let network = try Network(
      definition, batch: batch, weights: weights, gradients: nil, statistics: statistics,
      precision: precision)
    networks[batch] = network
    return network
  }
}

extension NetworkDefinition {
  /// So many images are evaluated at a time.
  var evaluationBatch: Int {
    let convolves = layers.contains {
      $0.contains { if case .convolution = $0 { true } else { false } }
    }
    // The activations of a few hundred images fill the caches.
    return convolves ? 200 : 1000
  }

  /// Checks that the network takes the data's images and scores its classes.
  ///
  /// - Throws: `NeuralNetworkError.invalidNetwork` when the inputs are not as large as the images, or
  ///   the outputs not as many as the classes.
  public func check(fits data: Dataset) throws {
    func fail(_ message: String) -> NeuralNetworkError {
      .invalidNetwork(network: name, layer: nil, message: message)
    }
    let shape = data.training.shape
    guard input.count != 3 || input == shape || imageShape.isVector else {
      throw fail("it takes images \(input), those of '\(data.name)' are \(shape)")
    }
    guard inputCount == data.training.pixelsPerImage else {
      throw fail(
        "it takes \(inputCount) inputs, an image of '\(data.name)' has "
          + "\(data.training.pixelsPerImage) values")
    }
    guard outputCount == data.classes else {
      throw fail("it has \(outputCount) outputs, '\(data.name)' \(data.classes) classes")
    }
  }
}

extension Network {
  /// Fills the inputs and labels; there must be as many indices as the batch has images.
  func fill(
    with indices: ArraySlice<Int32>, of images: ImageSet, normalisation: Normalisation,
    moves: [Augmentation.Move] = []
  ) {
    var pixels = input.mutableSpan
    var labels = labels.mutableSpan
    images.gather(
      indices, normalisation: normalisation, moves: moves, into: &pixels, labels: &labels)
  }
}
