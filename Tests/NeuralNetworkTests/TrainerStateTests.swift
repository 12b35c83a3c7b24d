import Datasets
import LinearAlgebra
import NeuralNetwork
import Testing

@Suite struct TrainerStateTests {
  private func trainer(shuffles: Bool = true, seed: UInt64 = 5) throws -> Trainer {
    var random = RandomGenerator(seed: 1)
    let images = try ImageSet(
      shape: [1, 2, 3], pixels: (0..<66).map { _ in UInt8(truncatingIfNeeded: random.next()) },
      labels: (0..<11).map { UInt8($0 % 3) }, classes: 3)
    let data = try Dataset(name: "noise", classes: 3, training: images, test: images)
    var options = TrainingOptions(optimiser: try SGD())
    options.batchSize = 4
    options.learningRate = 0.1
    options.shuffles = shuffles
    options.seed = seed
    let network = try NetworkDefinition(
      name: "small", input: [1, 2, 3], layers: [.linear("a", 4), .tanh, .linear("b", 3)])
    return try Trainer(network, data: data, options: options)
  }

  private func bits(_ arena: Arena) -> [UInt32] { arena.floats.map(\.bitPattern) }

  /// At every mini-batch of the first epochs, in the middle of them and at their ends.
  @Test(arguments: [true, false]) func goesOnAsIfNothingHadHappened(shuffles: Bool) throws {
    let undisturbed = try trainer(shuffles: shuffles)
    try undisturbed.train(batches: 10)
    for batches in 0...7 {
      let first = try trainer(shuffles: shuffles)
      try first.train(batches: batches)
      first.learningRate = 0.1
      // Made in the same way, but it has seen and done something else since.
      let second = try trainer(shuffles: shuffles)
      try second.train(batches: 2)
      try second.restore(first.state)
      #expect(second.batchesDone == batches)
      try second.train(batches: 10 - batches)
      #expect(bits(second.weights) == bits(undisturbed.weights), "after \(batches)")
      #expect(try second.state == undisturbed.state)
    }
  }

  @Test func anotherTrainersStateIsAnError() throws {
    let trainer = try trainer()
    #expect(throws: LinearAlgebraError.self) { try trainer.restore(Snapshot()) }
    var state = try trainer.state
    state.store(Arena(try ArenaLayout([("w", [3])])), as: "weights")
    #expect(throws: LinearAlgebraError.self) { try trainer.restore(state) }
  }
}
