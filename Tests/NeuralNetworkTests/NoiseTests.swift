import Datasets
import LinearAlgebra
import NeuralNetwork
import Testing

/// What dropout and augmentation draw.
@Suite struct NoiseTests {
  /// The losses of steps that hardly move the weights, with all images in each: nothing but the noise
  /// tells them apart.
  private func losses(
    seed: UInt64, dropout: Float = 0, augmentation: Augmentation = .none, threads: Int = 1
  ) throws -> [Double] {
    var random = RandomGenerator(seed: 1)
    let images = try ImageSet(
      shape: [1, 6, 6], pixels: (0..<720).map { _ in UInt8(truncatingIfNeeded: random.next()) },
      labels: (0..<20).map { UInt8($0 % 3) }, classes: 3)
    let data = try Dataset(name: "noise", classes: 3, training: images, test: images)
    var options = TrainingOptions(optimiser: try SGD())
    options.batchSize = 20
    options.shuffles = false
    options.learningRate = 1e-30
    options.seed = seed
    options.augmentation = augmentation
    let network = try NetworkDefinition(
      name: "small", input: [1, 6, 6],
      layers: [.linear("a", 20), .tanh, .dropout(probability: dropout), .linear("b", 3)])
    let weights = Arena(try network.layout())
    Initialisation.xavier.fill(weights, using: &random)
    var losses: [Double] = []
    try Threads.using(threads) {
      let trainer = try Trainer(network, data: data, options: options, initial: weights)
      try trainer.train(batches: 6) { losses.append($0) }
    }
    return losses
  }

  static let kinds: [(Float, Augmentation)] = [
    (0.5, .none), (0, Augmentation(shift: 3, flips: true)),
  ]

  @Test(arguments: kinds)
  func differsBetweenStepsAndNeighbouringSeeds(dropout: Float, augmentation: Augmentation) throws {
    let runs = try (0..<4).map {
      try losses(seed: $0, dropout: dropout, augmentation: augmentation)
    }
    #expect(Set(runs.joined()).count == 24)
    #expect(try losses(seed: 2, dropout: dropout, augmentation: augmentation) == runs[2])
    let onThree = try losses(seed: 2, dropout: dropout, augmentation: augmentation, threads: 3)
    #expect(zip(onThree, runs[2]).allSatisfy { abs($0 - $1) < 1e-6 })
  }
}
