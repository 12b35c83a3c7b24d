import LinearAlgebra
import NetworkTwins
import Testing

@testable import NeuralNetwork

/// Smaller networks compute what the large ones did.
@Suite struct UnitRemovalTests {
  /// Name, input shape, layers before the scores.
  static let cases: [(String, [Int], [Layer])] = [
    ("linear", [12], [.linear("a", 20), .tanh, .linear("b", 15), .relu]),
    (
      "linear without bias", [12],
      [
        .linear("a", 20), .relu, .linear(name: "b", outputs: 15, bias: false), .batchNorm("n"),
        .tanh, .linear(name: "c", outputs: 9, bias: false), .dropout(probability: 0.4),
      ]
    ),
    (
      "flattened", [2, 8, 8],
      [
        .convolution("a", 8, kernel: 3), .relu, .maxPool(2), .convolution("b", 6, kernel: 2), .tanh,
        .flatten, .linear("c", 12), .batchNorm("n"), .relu,
      ]
    ),
    (
      "batch norm of a flattened image", [2, 6, 6],
      [
        .convolution("a", 8, kernel: 3, bias: false), .batchNorm("n"), .relu, .averagePool(2),
        .flatten, .batchNorm("m"), .tanh, .dropout(probability: 0.5),
      ]
    ),
    (
      "padded", [2, 8, 8],
      [
        .convolution("a", 9, kernel: 3, padding: 1, bias: false), .batchNorm("n"), .relu,
        .convolution("b", 8, kernel: 3, padding: 1), .tanh,
        .maxPool(size: 3, stride: 2, padding: 1),
        .convolution("c", 7, kernel: 1, bias: false), .batchNorm("o"), .relu,
        .averagePool(size: 3, stride: 1, padding: 1), .convolution("d", 6, kernel: 2), .relu,
        .globalAveragePool,
      ]
    ),
    (
      "groups", [3, 6, 6],
      [
        .convolution("a", 8, kernel: 3, padding: 1), .relu,
        .convolution("b", 8, kernel: 3, padding: 1, groups: 8), .relu,
        .convolution("c", 6, kernel: 1), .relu, .convolution("d", 6, kernel: 3), .relu,
      ]
    ),
    (
      "residual", [3, 8, 8],
      [
        .convolution("a", 6, kernel: 3, padding: 1, bias: false), .batchNorm("n"), .relu,
        block("p", 6), .relu, block("q", 10, stride: 2, .padded), .relu, block("r", 10), .relu,
        block("s", 12, stride: 2, .padded), .relu, .globalAveragePool,
      ]
    ),
    (
      "projections", [3, 8, 8],
      [
        .convolution("a", 6, kernel: 3, padding: 1, bias: false), .batchNorm("n"), .relu,
        block(
          "p", 8, stride: 2,
          .layers([
            .convolution("s", 8, kernel: 1, stride: 2, bias: false), .batchNorm("t"),
          ])), .relu, block("q", 8), .tanh, .flatten,
      ]
    ),
    (
      "sums without batch norm", [2, 5, 5],
      [
        .convolution("a", 6, kernel: 1), .relu,
        .residual("p", [.convolution("a", 6, kernel: 3, padding: 1), .tanh]), .tanh,
        .residual("q", [.residual("r", [.convolution("a", 6, kernel: 1)]), .relu]),
        .residual("s", [.tanh]),
      ]
    ),
    (
      "sums of flattened and other values", [2, 3, 3],
      [
        .convolution("a", 3, kernel: 2), .relu, .flatten,
        .residual("p", [.linear("b", 8), .tanh, .linear("c", 12)]), .relu,
        .residual("q", [.linear("d", 16)], shortcut: .padded), .relu,
      ]
    ),
    (
      "a padded shortcut of a flattened image", [2, 3, 3],
      [
        .convolution("a", 4, kernel: 2), .relu, .flatten,
        .residual("p", [.linear("b", 20)], shortcut: .padded), .relu, .linear("c", 12), .relu,
      ]
    ),
    (
      "blocks of one name", [4, 4, 4],
      [
        .convolution("a", 4, kernel: 1), .relu,
        .residual("p", [.convolution("b", 6, kernel: 1)], shortcut: .padded), .relu,
        .residual("p", [.convolution("c", 8, kernel: 1)], shortcut: .padded), .relu,
        .linear("d", 12), .relu,
      ]
    ),
  ]

  static func block(
    _ name: String, _ channels: Int, stride: Int = 1, _ shortcut: Shortcut = .identity
  ) -> Layer {
    .residual(
      name,
      [
        .convolution("conv1", channels, kernel: 3, stride: stride, padding: 1, bias: false),
        .batchNorm("bn1"), .relu,
        .convolution("conv2", channels, kernel: 3, padding: 1, bias: false), .batchNorm("bn2"),
      ], shortcut: shortcut)
  }

  @Test(arguments: cases.indices) func computesTheSame(index: Int) throws {
    let (name, input, layers) = Self.cases[index]
    let definition = try NetworkDefinition(
      name: name, input: input, layers: layers + [.linear("scores", 3)])
    var smaller = 0
    for seed in 0..<25 as Range<UInt64> {
      var networks = RandomNetworks(seed: seed)
      let share = networks.random.uniform()
      let whole = try networks.network(definition)
      let large = try networks.pruned(whole, rows: share, columns: networks.random.uniform())
      let small = try large.removingUnits()
      let difference = try networks.difference(large, small)
      #expect(difference < 1e-5, "\(name), seed \(seed)")
      #expect(small.definition.outputCount == 3 && small.definition.input == input)
      let count = small.weights.layout.count
      #expect(count <= large.weights.layout.count + 40)  // biases may come
      if count < large.weights.layout.count { smaller += 1 }
      #expect(try small.removingUnits().definition == small.definition)
      #expect(try whole.removingUnits().definition == definition, "nothing is zero")
    }
    #expect(smaller > 10, "\(name)")
  }

  @Test func networksOfRandomLayersComputeTheSame() throws {
    var smaller = 0
    for seed in 0..<150 as Range<UInt64> {
      var networks = RandomNetworks(seed: 1000 + seed)
      var definitions = RandomDefinitions(RandomGenerator(seed: seed), dropout: 0.5)
      let definition = try definitions.next()
      let large = try networks.pruned(
        networks.network(definition), rows: 0.7 * networks.random.uniform(),
        columns: 0.5 * networks.random.uniform())
      let small = try large.removingUnits()
      #expect(try networks.difference(large, small) < 1e-5, "seed \(seed): \(definition)")
      if small.definition != definition { smaller += 1 }
      let (split, _) = try small.factorised(.numerical)
      #expect(try networks.difference(large, split) < 2e-5, "seed \(seed): \(definition)")
    }
    #expect(smaller > 75)
  }

  @Test func unitsOfAFullyConnectedNetworkGo() throws {
    var networks = RandomNetworks(seed: 3)
    let large = try networks.network(NetworkZoo.lenet300()).changed { weights in
      weights.clear("fc1.weight", rows: 0..<100)
      weights.clear("fc1.bias", rows: 0..<50)
      weights.clear("fc2.weight", rows: 0..<99)
    }
    let small = try large.removingUnits()
    #expect(try small.units("fc1") == 200)
    #expect(try small.units("fc2") == 1)
    #expect(try small.units("fc3") == 10)
    #expect(try networks.difference(large, small) < 1e-5)
  }

  @Test func whatNoOneReadsGoesWithAllThatItReads() throws {
    var networks = RandomNetworks(seed: 4)
    let definition = try NetworkDefinition(
      name: "chain", input: [8],
      layers: [
        .linear("a", 6), .relu, .linear("b", 6), .relu, .linear("c", 6), .relu, .linear("d", 2),
      ])
    // Only unit 5 of each layer leads on.
    let large = try networks.network(definition).changed { weights in
      for name in ["b", "c", "d"] {
        guard let slot = weights.layout["\(name).weight"] else { continue }
        for index in weights[slot].indices where index % 6 != 5 { weights[slot][index] = 0 }
      }
    }
    let small = try large.removingUnits()
    #expect(try ["a", "b", "c"].map { try small.units($0) } == [1, 1, 1])
    #expect(try networks.difference(large, small) < 1e-5)
  }

  @Test func aLayerKeepsOneUnit() throws {
    var networks = RandomNetworks(seed: 5)
    for name in ["lenet300", "lenet5"] {
      let definition = try NetworkZoo.network(named: name, input: [1, 28, 28], classes: 10)
      let large = try networks.network(definition).changed { weights in
        for slot in weights.layout.slots where slot.shape.count > 1 {
          weights[slot].update(repeating: 0)
        }
      }
      let small = try large.removingUnits()
      #expect(try small.units("fc1") == 1)
      #expect(try networks.difference(large, small) < 1e-5)
    }
  }

  @Test func anImageOfZerosThroughPaddedKernelsLosesItsChannels() throws {
    var networks = RandomNetworks(seed: 6)
    let definition = try NetworkDefinition(
      name: "n", input: [2, 8, 8],
      layers: [
        .convolution("a", 8, kernel: 3, padding: 1, bias: false), .batchNorm("n"), .relu,
        .convolution("b", 5, kernel: 3, padding: 1), .globalAveragePool, .linear("c", 3),
      ])
    let large = try networks.network(definition).changed { weights in
      weights.clear("a.weight", rows: 0..<7)
      for channel in 0..<4 {
        // Zero, below zero, and above.
        weights.fill("n.weight", channel, with: 0)
        weights.fill("n.bias", channel, with: [0, -1, 0.5, 2][channel])
      }
      for channel in 4..<7 { weights.fill("n.weight", channel, with: 1e-3) }
      for channel in 4..<7 { weights.fill("n.bias", channel, with: Float(channel)) }
    }
    let small = try large.removingUnits()
    // The one that depends on the image, and one for the five that are constant.
    #expect(try small.units("a") == 2)
    #expect(try networks.difference(large, small) < 1e-5)
  }

  @Test(arguments: ["vgg11", "resnet20", "nin"]) func theZooShrinks(name: String) throws {
    var networks = RandomNetworks(seed: 11)
    let definition = try NetworkZoo.network(named: name, input: [3, 32, 32], classes: 10)
    let large = try networks.pruned(networks.network(definition), rows: 0.5, columns: 0.1)
    let small = try large.removingUnits()
    #expect(small.weights.layout.count < large.weights.layout.count)
    #expect(try networks.difference(large, small) < 1e-5)
  }

  @Test func aPaddedVGGShrinks() throws {
    var networks = RandomNetworks(seed: 7)
    let definition = try RandomNetworks.narrowVGG()
    for _ in 0..<5 {
      let large = try networks.pruned(networks.network(definition), rows: 0.6, columns: 0)
      let small = try large.removingUnits()
      #expect(small.weights.layout.count * 2 < large.weights.layout.count)
      #expect(try networks.difference(large, small) < 1e-5)
    }
  }

  @Test func resNet20LosesInnerAndStreamChannels() throws {
    var networks = RandomNetworks(seed: 8)
    let definition = try NetworkZoo.resnet(depth: 20)
    let large = try networks.network(definition).changed { weights in
      weights.clear("stage2.block1.conv1.weight", rows: 0..<10)
      weights.clear("stage2.block1.bn1.weight", rows: 0..<10)
      weights.clear("stage2.block1.bn1.bias", rows: 0..<10)
      // The stream of the third stage has the second's channels from 16 on, and the first's from 24.
      for channel in 0..<30 {
        for block in 0..<3 {
          weights.clear("stage3.block\(block).bn2.weight", rows: [channel])
          weights.clear("stage3.block\(block).bn2.bias", rows: [channel])
          if channel >= 16 {
            weights.clear("stage2.block\(block).bn2.weight", rows: [channel - 16])
            weights.clear("stage2.block\(block).bn2.bias", rows: [channel - 16])
          }
          if channel >= 24 {
            weights.clear("stage1.block\(block).bn2.weight", rows: [channel - 24])
            weights.clear("stage1.block\(block).bn2.bias", rows: [channel - 24])
          }
        }
        if channel >= 24 {
          weights.clear("bn1.weight", rows: [channel - 24])
          weights.clear("bn1.bias", rows: [channel - 24])
        }
      }
    }
    let small = try large.removingUnits()
    #expect(try small.units("conv1") == 10)
    #expect(try small.units("stage2.block1.conv1") == 22)
    #expect(try small.units("stage2.block2.conv2") == 18)
    #expect(try small.units("stage3.block2.conv2") == 34)
    #expect(try small.definition.layout()["fc.weight"]?.shape == [10, 34])
    #expect(try networks.difference(large, small) < 1e-5)
    // The zeros before are gone, those after are there.
    let shortcuts = small.definition.layers.compactMap { layer -> Shortcut? in
      if case .residual(_, _, let shortcut) = layer, shortcut != .identity { shortcut } else { nil }
    }
    let zeros = [Int](repeating: -1, count: 16)
    #expect(
      shortcuts == [.mapped(Array(0..<10) + zeros.prefix(8)), .mapped(Array(0..<18) + zeros)])
  }

  @Test func smallUnitsAreSetToZeroFirst() throws {
    var networks = RandomNetworks(seed: 9)
    let large = try networks.network(NetworkZoo.lenet300()).changed { weights in
      guard let slot = weights.layout["fc1.weight"] else { return }
      for index in 0..<120 * 784 { weights[slot][index] *= 0.01 }
    }
    #expect(try large.removingUnits().definition == large.definition)
    let small = try large.zeroingUnits(upTo: 0.1).removingUnits()
    #expect(try small.units("fc1") == 180)
    #expect(try small.units("fc3") == 10)
    for wrong in [-0.1, 1, Float.nan] {
      #expect(throws: NeuralNetworkError.self) { try large.zeroingUnits(upTo: wrong) }
    }
  }

  @Test func arenasOfOtherNetworksAreErrors() throws {
    let (a, b) = (try NetworkZoo.lenet300(), try NetworkZoo.lenet5())
    #expect(throws: NeuralNetworkError.self) {
      try TrainedNetwork(
        a, weights: Arena(b.layout()), statistics: Initialisation.statistics(of: a))
    }
  }
}
