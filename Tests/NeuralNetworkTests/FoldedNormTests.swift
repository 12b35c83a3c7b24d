import LinearAlgebra
import Testing

@testable import NeuralNetwork

/// Networks that only evaluate, whose batch norms are part of the convolutions.
@Suite struct FoldedNormTests {
  private func networks(_ name: String, batch: Int) throws -> (learning: Network, folded: Network) {
    let definition = try NetworkZoo.network(named: name, input: [3, 32, 32], classes: 10)
    let weights = Arena(try definition.layout())
    let statistics = try Initialisation.statistics(of: definition)
    var random = RandomGenerator(seed: 2)
    Initialisation.usual(for: definition).fill(weights, using: &random)
    for slot in weights.layout.slots where slot.shape.count == 1 {
      for index in slot.range { weights.floats[index] += 0.2 * random.normal() }
    }
    for index in statistics.floats.indices { statistics.floats[index] = 0.5 + random.uniform() }
    func network(_ gradients: Arena?) throws -> Network {
      try Network(
        definition, batch: batch, weights: weights, gradients: gradients, statistics: statistics)
    }
    let pair = (try network(Arena(weights.layout)), try network(nil))
    for index in pair.0.input.indices {
      pair.0.input[index] = random.normal()
      pair.1.input[index] = pair.0.input[index]
    }
    return pair
  }

  @Test(arguments: ["resnet20", "vgg11"]) func scoresAreTheSame(name: String) throws {
    let (learning, folded) = try networks(name, batch: 6)
    _ = try learning.evaluate()
    _ = try folded.evaluate()
    let expected = Array(learning.scores)
    let difference = Array(folded.scores).squaredDistance(to: expected)
    #expect(difference.squareRoot() < 1e-5 * expected.squaredNorm.squareRoot())
  }

  @Test(arguments: ["resnet20", "vgg11"]) func noBatchNormRuns(name: String) throws {
    let (learning, folded) = try networks(name, batch: 1)
    #expect(learning.operations.contains { $0.kind == .batchNorm })
    #expect(!folded.operations.contains { $0.kind == .batchNorm })
  }

  /// Two readers of a convolution, or an activation before the batch norm, leave it where it is.
  @Test func othersStay() throws {
    let layers: [Layer] = [
      .convolution("c", 4, kernel: 3, padding: 1), .relu, .batchNorm("n"),
      .convolution("d", 4, kernel: 1), .residual("b", [.batchNorm("m"), .relu]), .batchNorm("o"),
      .globalAveragePool,
    ]
    let graph = try NetworkDefinition(name: "n", input: [2, 4, 4], layers: layers).graph()
    func norms(_ graph: NetworkGraph) -> Int {
      graph.nodes.count { if case .batchNorm = $0.operation { true } else { false } }
    }
    #expect(norms(graph) == 3)
    #expect(norms(graph.foldingNorms()) == 3)
  }
}
