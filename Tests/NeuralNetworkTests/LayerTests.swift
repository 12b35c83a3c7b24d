import Foundation
import LinearAlgebra
import NetworkTwins
import Testing

@testable import NeuralNetwork

/// Each layer within a small network: scores, gradients and running statistics against the naive
/// network in double precision.
@Suite struct LayerTests {
  /// Name, input shape, layers.
  static let cases: [(String, [Int], [Layer])] = [
    ("convolution", [2, 6, 5], [.convolution("c", 3, kernel: 3, padding: 1), .tanh]),
    ("stride", [3, 7, 6], [.convolution("c", 4, kernel: 3, stride: 2, padding: 1), .tanh]),
    (
      "leftover rows", [2, 8, 8], [.convolution("c", 4, kernel: 1, stride: 3, bias: false), .tanh]
    ),
    ("strided places", [3, 8, 6], [.convolution("c", 4, kernel: 1, stride: 2), .tanh]),
    ("groups", [4, 5, 5], [.convolution("c", 6, kernel: 3, groups: 2, bias: false), .tanh]),
    ("depthwise", [4, 5, 5], [.convolution("c", 4, kernel: 3, padding: 1, groups: 4), .tanh]),
    (
      "columns backward", [9, 7, 6], [.convolution("c", 33, kernel: 3), .tanh, .globalAveragePool]
    ),
    (
      "columns backward, second layer", [2, 7, 6],
      [
        .convolution("a", 9, kernel: 3, padding: 1), .relu,
        .convolution("c", 33, kernel: 3, stride: 2), .relu, .globalAveragePool,
      ]
    ),
    (
      "columns both ways", [2, 2, 2],
      [
        .convolution("a", 16, kernel: 1), .tanh, .convolution("c", 5, kernel: 3, padding: 1), .tanh,
      ]
    ),
    (
      "columns and folded batch norms", [16, 3, 3],
      [
        .convolution("a", 16, kernel: 3, padding: 1), .batchNorm("n"), .relu,
        .residual(
          "b", [.convolution("c", 16, kernel: 3, padding: 1, bias: false), .batchNorm("m")]),
        .relu,
      ]
    ),
    ("max pool", [3, 6, 6], [.convolution("c", 4, kernel: 3), .maxPool(2)]),
    (
      "max pool after ReLU", [3, 7, 6],
      [.convolution("c", 11, kernel: 2), .relu, .maxPool(2), .tanh]
    ),
    (
      "max pool of nine after ReLU", [2, 8, 7],
      [.convolution("c", 9, kernel: 2), .relu, .maxPool(3), .tanh]
    ),
    (
      "padded max pool", [3, 6, 6],
      [.convolution("c", 4, kernel: 1), .maxPool(size: 3, stride: 2, padding: 1), .tanh]
    ),
    (
      "average pool", [3, 6, 6],
      [.convolution("c", 4, kernel: 1), .averagePool(size: 3, stride: 2, padding: 1)]
    ),
    (
      "padded pool of a vector", [6],
      [.linear("l", 5), .averagePool(size: 2, stride: 1, padding: 1), .tanh]
    ),
    ("global pool", [3, 4, 4], [.convolution("c", 9, kernel: 3), .tanh, .globalAveragePool]),
    ("batch norm", [3, 4, 4], [.convolution("c", 9, kernel: 3), .batchNorm("n"), .relu]),
    ("batch norm, tanh", [3, 4, 4], [.convolution("c", 8, kernel: 3), .batchNorm("n"), .tanh]),
    ("batch norm of vectors", [12], [.linear("l", 11), .batchNorm("n"), .tanh]),
    ("batch norm first", [3, 4, 4], [.batchNorm("n"), .convolution("c", 4, kernel: 3), .tanh]),
    ("dropout of none", [3, 4, 4], [.convolution("c", 4, kernel: 3), .dropout(probability: 0)]),
    (
      "identity shortcut", [3, 4, 4],
      [
        .convolution("c", 8, kernel: 3, padding: 1), .batchNorm("n"), .relu,
        .residual(
          "b",
          [.convolution("c", 8, kernel: 3, padding: 1, bias: false), .batchNorm("n")]), .relu,
      ]
    ),
    (
      "padded shortcut", [3, 5, 4],
      [
        .convolution("c", 4, kernel: 3, padding: 1), .batchNorm("n"), .relu,
        .residual(
          "b", [.convolution("c", 9, kernel: 3, stride: 2, padding: 1), .batchNorm("n")],
          shortcut: .padded), .relu,
      ]
    ),
    (
      "mapped shortcut", [3, 5, 4],
      [
        .convolution("c", 5, kernel: 3, padding: 1), .batchNorm("n"), .relu,
        .residual(
          "b", [.convolution("c", 4, kernel: 3, stride: 2, padding: 1), .batchNorm("n")],
          shortcut: .mapped([3, -1, 1, 2])), .relu,
      ]
    ),
    (
      "projection", [3, 5, 4],
      [
        .residual(
          "b",
          [
            .convolution("c1", 6, kernel: 3, stride: 2, padding: 1), .batchNorm("n1"), .relu,
            .convolution("c2", 6, kernel: 3, padding: 1), .batchNorm("n2"),
          ],
          shortcut: .layers([
            .convolution("p", 6, kernel: 1, stride: 2, bias: false), .batchNorm("pn"),
          ])), .relu,
      ]
    ),
    (
      "sum without batch norm", [2, 3, 3],
      [
        .convolution("c", 4, kernel: 1), .tanh,
        .residual("b1", [.convolution("c", 4, kernel: 3, padding: 1), .tanh]), .tanh,
        .residual("b2", [.convolution("c", 4, kernel: 3, padding: 1)]), .relu,
        .residual("b3", [.tanh]),
      ]
    ),
  ]

  @Test(arguments: cases.indices) func agreesWithItsNaiveTwin(index: Int) throws {
    let (name, input, layers) = Self.cases[index]
    let definition = try NetworkDefinition(
      name: name, input: input, layers: layers + [.linear("scores", 3)])
    var random = RandomGenerator(seed: UInt64(index))
    let weights = Arena(try definition.layout())
    let gradients = Arena(weights.layout)
    let statistics = try Initialisation.statistics(of: definition)
    for position in weights.floats.indices { weights.floats[position] = 0.5 * random.normal() }
    for position in statistics.floats.indices {
      statistics.floats[position] = 0.5 + random.uniform()
    }
    var naive = NaiveNetwork(definition, weights: weights, statistics: statistics)

    let batch = 5
    let network = try Network(
      definition, batch: batch, weights: weights, gradients: gradients, statistics: statistics)
    network.labelSmoothing = 0.1
    for position in network.input.indices { network.input[position] = random.normal() }
    for position in 0..<batch { network.labels[position] = Int32(position % 3) }
    let count = definition.inputCount
    let inputs = (0..<batch).map { image in
      (0..<count).map { Double(network.input[image * count + $0]) }
    }
    let labels = network.labels.map { Int($0) }

    // In evaluation, with all activations kept and with shared buffers.
    let evaluating = try Network(
      definition, batch: batch, weights: weights, gradients: nil, statistics: statistics)
    _ = evaluating.input.update(fromContentsOf: network.input)
    naive.training = false
    let expected = naive.scores(inputs).flatMap { $0 }
    for network in [network, evaluating] {
      _ = try network.evaluate()
      for (found, expected) in zip(network.scores, expected) {
        #expect(abs(Double(found) - expected) < 1e-4 * (1 + abs(expected)))
      }
    }

    // While training.
    naive.training = true
    let before = naive.statistics
    let loss = try network.learn().loss
    #expect(abs(loss - naive.loss(inputs, labels: labels, smoothing: 0.1)) < 1e-4)
    for slot in statistics.layout.slots {
      for (found, expected) in zip(statistics[slot], naive.statistics[slot.name] ?? []) {
        #expect(abs(Double(found) - expected) < 1e-4, "\(slot.name)")
      }
    }
    naive.statistics = before
    for slot in weights.layout.slots {
      // Some of each tensor's parameters will do.
      for position in Set((0..<6).map { _ in Int(random.next() % UInt64(slot.count)) }) {
        func moved(_ by: Double) -> Double {
          var other = naive
          other.parameters[slot.name]?[position] += by
          return other.loss(inputs, labels: labels, smoothing: 0.1)
        }
        let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5
        let found = Double(gradients[slot][position])
        #expect(abs(found - slope) < 2e-4 * (1 + abs(slope)), "\(slot.name)[\(position)]")
      }
    }
  }

  /// So many places that each thread multiplies columns for itself, in chunks.
  @Test func aBatchsGradientIsTheMeanOfItsImages() throws {
    let definition = try NetworkDefinition(
      name: "n", input: [2, 26, 26],
      layers: [
        .convolution("a", 9, kernel: 3), .relu, .convolution("c", 33, kernel: 5), .relu,
        .globalAveragePool, .linear("scores", 3),
      ])
    let weights = Arena(try definition.layout())
    var random = RandomGenerator(seed: 3)
    Initialisation.kaiming.fill(weights, using: &random)
    let batch = 4
    let together = Arena(weights.layout)
    let alone = Arena(weights.layout)
    let large = try Network(definition, batch: batch, weights: weights, gradients: together)
    let small = try Network(definition, batch: 1, weights: weights, gradients: alone)
    for index in large.input.indices { large.input[index] = random.normal() }
    _ = try large.learn()
    var mean = [Float](repeating: 0, count: together.floats.count)
    for image in 0..<batch {
      let count = definition.inputCount
      for index in 0..<count { small.input[index] = large.input[image * count + index] }
      _ = try small.learn()
      for index in mean.indices { mean[index] += alone.floats[index] / Float(batch) }
    }
    #expect(
      Array(together.floats).squaredDistance(to: mean).squareRoot()
        < 1e-5 * mean.squaredNorm.squareRoot())
  }

  /// Sixteen bits have a relative precision of 2⁻⁸; some layers of that add up.
  @Test func bfloat16ComputesNearlyTheSame() throws {
    guard Precision.bfloat16.isSupported else { return }
    let definition = try NetworkZoo.resnet(depth: 8, input: [3, 16, 16])
    let weights = Arena(try definition.layout())
    let gradients = [Arena(weights.layout), Arena(weights.layout)]
    var random = RandomGenerator(seed: 1)
    Initialisation.kaiming.fill(weights, using: &random)
    let networks = try zip(Precision.allCases, gradients).map {
      try Network(definition, batch: 16, weights: weights, gradients: $1, precision: $0)
    }
    for index in networks[0].input.indices {
      networks[0].input[index] = random.normal()
      networks[1].input[index] = networks[0].input[index]
    }
    let losses = try networks.map { try $0.learn().loss }
    #expect(abs(losses[0] - losses[1]) < 0.02 * losses[0])
    let difference = Array(gradients[0].floats).squaredDistance(to: Array(gradients[1].floats))
    #expect(difference < 0.1 * Array(gradients[0].floats).squaredNorm)
  }

  @Test func theSameStepGivesTheSameBits() throws {
    let definition = try NetworkZoo.resnet(depth: 8, input: [3, 8, 8])
    let weights = Arena(try definition.layout())
    let gradients = Arena(weights.layout)
    var random = RandomGenerator(seed: 1)
    Initialisation.kaiming.fill(weights, using: &random)
    let network = try Network(definition, batch: 4, weights: weights, gradients: gradients)
    for index in network.input.indices { network.input[index] = random.normal() }
    _ = try network.learn()
    let first = Array(gradients.floats)
    _ = try network.learn()
    #expect(first == Array(gradients.floats))
  }

  /// Batch norm's sums and convolutions are in parts that were chosen when the network was made.
  @Test(arguments: 1...3, 1...4) func threadsMayChangeBetweenSteps(before: Int, after: Int) throws {
    let definition = try NetworkDefinition(
      name: "n", input: [3, 16, 16],
      layers: [
        .convolution("a", 16, kernel: 3, padding: 1), .batchNorm("n"), .relu,
        .convolution("c", 33, kernel: 3, stride: 4), .batchNorm("m"), .globalAveragePool,
        .linear("scores", 3),
      ])
    let weights = Arena(try definition.layout())
    var random = RandomGenerator(seed: 3)
    Initialisation.kaiming.fill(weights, using: &random)
    let images = random.normals(32 * definition.inputCount)
    func gradients(changing: Bool) throws -> [Float] {
      let gradients = Arena(weights.layout)
      let network = try Threads.using(before) {
        try Network(definition, batch: 32, weights: weights, gradients: gradients)
      }
      _ = network.input.update(fromContentsOf: images)
      _ = try Threads.using(changing ? after : before) { try network.learn() }
      return Array(gradients.floats)
    }
    #expect(try gradients(changing: true) == gradients(changing: false))
  }

  @Test func dropoutDropsTheStatedShareAndFollowsItsSeed() throws {
    let definition = try NetworkDefinition(
      name: "d", input: [1000], layers: [.dropout(probability: 0.3), .linear("l", 1)])
    let weights = Arena(try definition.layout())
    let gradients = Arena(weights.layout)
    let network = try Network(definition, batch: 4, weights: weights, gradients: gradients)
    // One weight of 1 each, inputs of 1: the score counts what was kept.
    for index in 0..<1000 { weights.floats[index] = 1 }
    network.input.update(repeating: 1)
    func kept(_ seed: UInt64) throws -> [Float] {
      network.seed = seed
      _ = try network.learn()
      return network.scores.map { $0 * 0.7 / 1000 }
    }
    let first = try kept(1)
    for share in first { #expect(abs(share - 0.7) < 0.06) }
    #expect(try kept(2) != first)
    #expect(try kept(1) == first)
    _ = try network.evaluate()
    #expect(network.scores.allSatisfy { $0 == 1000 })
  }
}
