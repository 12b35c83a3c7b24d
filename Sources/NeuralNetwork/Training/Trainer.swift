import Datasets
import LinearAlgebra

/// What a trainer needs to know besides the network and the data. What is said here is also what `lc` takes where
/// nothing else is given.
public struct TrainingOptions: Sendable {
  /// What is taken where nothing is said.
  public static let usual = TrainingOptions()

  /// The images of a mini-batch, from 1 to all; the last one of an epoch may be smaller.
  public var batchSize = 256
  /// η of the first mini-batches, above 0.
  public var learningRate: Float = 0.09
  /// How gradients move the weights.
  public var optimiser: SGD
  /// Whether each epoch has an order of its own, or that of the data set.
  public var shuffles = true
  /// Of all random numbers: initial weights, orders, dropout and augmentation, each from its own
  /// stream.
  public var seed: UInt64 = 0
  /// How wide activations and products are.
  public var precision = Precision.float32
  /// The share of label smoothing, from 0 to below 1.
  public var labelSmoothing: Float = 0
  /// Whether weight decay applies to all parameters, or only to weights of two and more dimensions:
  /// not to biases and batch norm.
  public var decaysEverything = true
  /// What happens to training images.
  public var augmentation = Augmentation.none

  /// The defaults: mini-batches of 256, η = 0.09, shuffled, seed 0, in 32 bits, without label
  /// smoothing and augmentation.
  public init(optimiser: SGD = .usual) { self.optimiser = optimiser }
}

/// Trains a network by SGD on mini-batches.
///
/// It holds the weights, the momentum and the position in the data, so training can go on at any
/// mini-batch: a run of n batches and one of m make the same steps as one of n + m.
public final class Trainer {
  /// The network that is trained.
  public let definition: NetworkDefinition
  /// The images that it is trained and evaluated on.
  public let data: Dataset
  /// w, which each mini-batch changes in place.
  public let weights: Arena
  /// Batch norm's running means and variances, of the definition's `statisticsLayout`.
  public let statistics: Arena
  /// η of the next mini-batches; schedules set it.
  public var learningRate: Float
  /// The mini-batches since the beginning, those before a restored state included.
  public private(set) var batchesDone = 0
  private let options: TrainingOptions
  private let gradients: Arena
  private let velocity: Arena
  private var random: RandomGenerator
  /// The generator as it was before it shuffled this epoch.
  private var epochRandom: RandomGenerator
  private var order: EpochOrder
  private var position = 0
  private var networks: [Int: Network] = [:]
  private let evaluator: Evaluator
  private let undecayed: [Range<Int>]
  private var moves: [Augmentation.Move] = []

  /// What random numbers are drawn for, each from a stream of the seed.
  private enum Stream {
    static let order: UInt64 = 1
    static let weights: UInt64 = 2
    static let moves: UInt64 = 3
    static let statistics: UInt64 = 4
    static let dropout: UInt64 = 5
    static let dropoutForStatistics: UInt64 = 6
  }

  /// A trainer at the beginning of the data, without momentum.
  ///
  /// - Parameters:
  ///   - initial: the weights to begin with; random ones from the seed otherwise.
  ///   - statistics: the running statistics to begin with.
  /// - Throws: `NeuralNetworkError` when the options, the data or the weights do not fit.
  public init(
    _ definition: NetworkDefinition, data: Dataset, options: TrainingOptions, initial: Arena? = nil,
    statistics: Arena? = nil
  ) throws {
    try definition.check(fits: data)
    guard (1...data.training.count).contains(options.batchSize) else {
      throw NeuralNetworkError.invalidOption(
        option: "batch size", value: "\(options.batchSize)",
        expected: "from 1 to the \(data.training.count) training images")
    }
    guard options.learningRate > 0, options.learningRate.isFinite else {
      throw NeuralNetworkError.invalidOption(
        option: "learning rate", value: "\(options.learningRate)", expected: "above 0")
    }
    guard (0..<1).contains(options.labelSmoothing) else {
      throw NeuralNetworkError.invalidOption(
        option: "label smoothing", value: "\(options.labelSmoothing)",
        expected: "from 0 to below 1")
    }
    guard (0...data.training.shape[1]).contains(options.augmentation.shift) else {
      throw NeuralNetworkError.invalidOption(
        option: "the random shift", value: "\(options.augmentation.shift)",
        expected: "from 0 to the images' \(data.training.shape[1]) rows")
    }
    let layout = try definition.layout()
    self.definition = definition
    self.data = data
    self.options = options
    learningRate = options.learningRate
    weights = Arena(layout)
    gradients = Arena(layout)
    velocity = Arena(layout)
    undecayed =
      options.decaysEverything ? [] : layout.slots.filter { $0.shape.count < 2 }.map(\.range)
    self.statistics = try Initialisation.statistics(of: definition)
    evaluator = try Evaluator(definition, precision: options.precision)
    random = RandomGenerator(seed: options.seed, stream: Stream.order)
    epochRandom = random
    order = EpochOrder(count: data.training.count)
    if let statistics {
      guard statistics.layout == self.statistics.layout else {
        throw NeuralNetworkError.wrongWeights(
          tensor: definition.name, expected: "running statistics of this network",
          found: "another layout")
      }
      self.statistics.copy(from: statistics)
    }
    if let initial {
      guard initial.layout == layout else {
        throw NeuralNetworkError.wrongWeights(
          tensor: definition.name, expected: "weights of this network", found: "another layout")
      }
      weights.copy(from: initial)
    } else {
      var random = RandomGenerator(seed: options.seed, stream: Stream.weights)
      Initialisation.usual(for: definition).fill(weights, using: &random)
    }
  }

  /// The network as it is now, apart from the training that may follow.
  public var network: TrainedNetwork {
    get throws {
      try TrainedNetwork(
        definition, weights: weights.duplicate(), statistics: statistics.duplicate(),
        normalisation: data.normalisation.kind)
    }
  }

  /// The optimiser's momentum, at least 0 and below 1.
  package var momentum: Float { options.optimiser.momentum }

  /// The number of mini-batches of an epoch; the last one may be smaller.
  public var batchesPerEpoch: Int {
    (data.training.count + options.batchSize - 1) / options.batchSize
  }

  /// Forgets the momentum, as at the beginning of an L step with a new optimiser.
  public func resetMomentum() { velocity.floats.update(repeating: 0) }

  /// Runs that many mini-batches of  min L(w) + penalty.
  ///
  /// - Parameter each: called after each mini-batch with its mean loss, without the penalty.
  /// - Returns: the mean loss over the mini-batches.
  /// - Throws: `NeuralNetworkError.diverged` when a loss is not finite; whatever `each` throws.
  @discardableResult
  public func train(
    batches: Int, penalty: QuadraticPenalty? = nil, each: (Double) throws -> Void = { _ in }
  ) throws -> Double {
    var total = 0.0
    for _ in 0..<batches {
      if position == 0, options.shuffles {
        epochRandom = random
        order.shuffle(using: &random)
      }
      let end = min(position + options.batchSize, data.training.count)
      let network = try network(batch: end - position)
      drawMoves(end - position)
      network.fill(
        with: order.indices[position..<end], of: data.training, normalisation: data.normalisation,
        moves: moves)
      network.seed = seed(of: batchesDone, Stream.dropout)
      let (loss, _) = try network.learn()
      // A guess at random costs log(classes); a million times that is no way back from.
      guard loss < 1e6 else {
        throw NeuralNetworkError.diverged(batch: batchesDone + 1, learningRate: learningRate)
      }
      options.optimiser.update(
        weights, gradients: gradients, velocity: velocity, learningRate: learningRate,
        penalty: penalty, undecayed: undecayed)
      position = end == data.training.count ? 0 : end
      batchesDone += 1
      total += loss
      try each(loss)
    }
    return total / Double(max(1, batches))
  }

  private func seed(of batch: Int, _ stream: UInt64) -> UInt64 {
    RandomGenerator.seed(options.seed, stream: stream, step: batch)
  }

  /// How the images of the next mini-batch are changed follows from the seed and its number.
  private func drawMoves(_ count: Int) {
    guard !options.augmentation.isNone else { return }
    var random = RandomGenerator(seed: seed(of: batchesDone, Stream.moves))
    options.augmentation.draw(count, into: &moves, using: &random)
  }

  /// The loss and error of these weights on the training or the test images.
  ///
  /// - Parameters:
  ///   - statistics: by default the running statistics gathered so far.
  ///   - stride: only the images 0, stride, 2·stride, …
  /// - Precondition: `stride` is 1 or more.
  public func evaluate(
    _ weights: Arena, statistics: Arena? = nil, on images: ImageSet, every stride: Int = 1
  ) throws -> Evaluation {
    try evaluator.evaluate(
      weights, statistics: statistics ?? self.statistics, on: images, every: stride,
      normalisation: data.normalisation)
  }

  /// For each image whether these weights are wrong; the arguments are those of `evaluate(_:statistics:on:)`.
  package func mistakes(_ weights: Arena, statistics: Arena, on images: ImageSet) throws -> [Bool] {
    try evaluator.mistakes(
      weights, statistics: statistics, on: images, normalisation: data.normalisation)
  }

  /// Batch norm's statistics for other weights: the means over the moments of whole mini-batches of
  /// about `reestimationImages` training images.
  ///
  /// Which images these are follows from the seed; they are not moved or mirrored. Training goes on
  /// afterwards as if nothing had happened.
  ///
  /// - Complexity: the forward passes; copies of the weights and the statistics.
  /// - Source: Izmailov et al., "Averaging weights leads to wider optima and better generalization",
  ///   arXiv 1803.05407, section 3.2.
  package func reestimatedStatistics(of other: Arena) throws -> Arena {
    let own = (weights: weights.duplicate(), statistics: statistics.duplicate())
    defer {
      weights.copy(from: own.weights)
      statistics.copy(from: own.statistics)
    }
    weights.copy(from: other)
    statistics.floats.update(repeating: 0)
    var random = RandomGenerator(seed: options.seed, stream: Stream.statistics)
    var order = EpochOrder(count: data.training.count)
    order.shuffle(using: &random)
    let network = try network(batch: options.batchSize)
    let images = min(Self.reestimationImages, data.training.count)
    for batch in 0..<max(1, images / options.batchSize) {
      network.fill(
        with: order.batch(batch, size: options.batchSize), of: data.training,
        normalisation: data.normalisation)
      network.seed = seed(of: batch, Stream.dropoutForStatistics)
      try network.gatherStatistics(share: 1 / Float(batch + 1))
    }
    return statistics.duplicate()
  }

  package static let reestimationImages = 5000

  private func network(batch: Int) throws -> Network {
    if let network = networks[batch] { return network }
    let network = try Network(
      definition, batch: batch, weights: weights, gradients: gradients, statistics: statistics,
      precision: options.precision)
    network.labelSmoothing = options.labelSmoothing
    networks[batch] = network
    return network
  }
}

extension Trainer {
  private struct Place: Codable {
    let batchesDone: Int
    let position: Int
    let learningRate: Float
    let random: RandomGenerator
    let epochRandom: RandomGenerator
  }

  /// Weights, momentum, generators and position in the data: with them another trainer of the same
  /// network, data and options makes the same steps, bit for bit.
  public var state: Snapshot {
    get throws {
      var state = Snapshot()
      state.store(weights, as: "weights")
      state.store(velocity, as: "momentum")
      if statistics.layout.count > 0 { state.store(statistics, as: "statistics") }
      try state.store(
        Place(
          batchesDone: batchesDone, position: position, learningRate: learningRate, random: random,
          epochRandom: epochRandom), as: "place")
      return state
    }
  }

  /// Goes on from a state that a trainer of the same network, data and options had.
  ///
  /// - Throws: `LinearAlgebraError.unusableState` when the state is another trainer's.
  public func restore(_ state: Snapshot) throws {
    let place: Place = try state.value("place")
    guard (0..<data.training.count).contains(place.position),
      (0...1 << 48).contains(place.batchesDone)
    else {
      throw LinearAlgebraError.unusableState(
        entry: "place", expected: "a position below \(data.training.count)",
        found: "\(place.position)")
    }
    try state.restore(weights, from: "weights")
    try state.restore(velocity, from: "momentum")
    if statistics.layout.count > 0 { try state.restore(statistics, from: "statistics") }
    batchesDone = place.batchesDone
    position = place.position
    learningRate = place.learningRate
    random = place.random
    epochRandom = place.epochRandom
    // The permutation depends on the generator alone, so it is drawn again instead of stored.
    order = EpochOrder(count: data.training.count)
    var again = epochRandom
    if position > 0, options.shuffles { order.shuffle(using: &again) }
  }
}
