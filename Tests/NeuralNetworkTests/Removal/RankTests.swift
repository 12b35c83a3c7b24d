import LinearAlgebra
import Testing

@testable import NeuralNetwork

/// Layers of low rank become two.
@Suite struct RankTests {
  /// Replaces a weight by a random one of that rank.
  private func lower(
    _ weights: Arena, _ name: String, to rank: Int, _ random: inout RandomGenerator
  )
    throws
  {
    guard let slot = weights.layout["\(name).weight"] else { return }
    let (m, n) = (slot.shape[0], slot.count / slot.shape[0])
    let product = try Matrix.product(
      Matrix(rows: m, columns: rank, values: random.normals(m * rank)),
      Matrix(rows: rank, columns: n, values: random.normals(rank * n)))
    let scale = 1 / Float(rank * n).squareRoot()
    try weights.set(slot, to: product.values.map { scale * $0 })
  }

  @Test func aFullyConnectedNetworkComputesTheSame() throws {
    for seed in 0..<5 as Range<UInt64> {
      var networks = RandomNetworks(seed: seed)
      var random = networks.random
      let large = try networks.network(NetworkZoo.lenet300()).changed { weights in
        try lower(weights, "fc1", to: 20, &random)
        try lower(weights, "fc2", to: 74, &random)
      }
      let (small, ranks) = try large.factorised(.numerical)
      #expect(ranks == ["fc1": 20, "fc2": 74])
      #expect(try networks.difference(large, small) < 1e-5)
      let shapes = Dictionary(
        uniqueKeysWithValues: small.weights.layout.slots.map { ($0.name, $0.shape) })
      #expect(
        shapes == [
          "fc1.0.weight": [20, 784], "fc1.1.weight": [300, 20], "fc1.1.bias": [300],
          "fc2.0.weight": [74, 300], "fc2.1.weight": [100, 74], "fc2.1.bias": [100],
          "fc3.weight": [10, 100], "fc3.bias": [10],
        ])
    }
  }

  @Test func convolutionsComputeTheSame() throws {
    let definition = try NetworkDefinition(
      name: "n", input: [3, 9, 8],
      layers: [
        .convolution("a", 12, kernel: 3, stride: 2, padding: 1, bias: false), .batchNorm("n"),
        .relu,
        .residual(
          "b", [.convolution("c", 12, kernel: 3, padding: 1), .relu],
          shortcut: .layers([.convolution("p", 12, kernel: 1)])), .relu,
        .convolution("g", 12, kernel: 3, padding: 1, groups: 2), .relu,
        .convolution("e", 9, kernel: 2), .globalAveragePool,
      ])
    for seed in 0..<5 as Range<UInt64> {
      var networks = RandomNetworks(seed: seed)
      var random = networks.random
      let large = try networks.network(definition).changed { weights in
        for (name, rank) in [("a", 4), ("b.c", 3), ("b.p", 2), ("g", 1), ("e", 5)] {
          try lower(weights, name, to: rank, &random)
        }
      }
      let (small, ranks) = try large.factorised(.numerical)
      #expect(ranks == ["a": 4, "b.c": 3, "b.p": 2, "e": 5])
      #expect(try networks.difference(large, small) < 1e-5)
      #expect(try small.definition.layout()["b.c.0.weight"]?.shape == [3, 12, 3, 3])
      #expect(try small.definition.layout()["b.c.1.weight"]?.shape == [12, 3, 1, 1])
    }
  }

  @Test func aVGGOfLowRankWithoutSomeUnitsComputesTheSame() throws {
    var networks = RandomNetworks(seed: 6)
    var random = networks.random
    let large = try networks.network(RandomNetworks.narrowVGG()).changed { weights in
      for slot in weights.layout.slots where slot.shape.count == 4 {
        let name = String(slot.name.dropLast(".weight".count))
        try lower(weights, name, to: 5, &random)
        weights.clear(slot.name, rows: 0..<slot.shape[0] / 4)
      }
    }
    let (small, ranks) = try large.removingUnits().factorised(.numerical)
    #expect(ranks.count == 7 && Set(ranks.values).isSubset(of: [5, 6]))
    #expect(small.weights.layout.count * 3 < large.weights.layout.count)
    #expect(try networks.difference(large, small) < 1e-5)
  }

  @Test func fullRankAndZeroStay() throws {
    var networks = RandomNetworks(seed: 1)
    let large = try networks.network(NetworkZoo.lenet300()).changed { weights in
      weights.clear("fc2.weight", rows: 0..<100)
    }
    let (same, ranks) = try large.factorised(.numerical)
    #expect(ranks.isEmpty && same.definition == large.definition)
  }

  @Test func energyIsTheShareOfTheSum() throws {
    let values: [Float] = [4, 3, 2, 1]
    for (share, rank) in [(0.39, 1), (0.4, 1), (0.41, 2), (0.7, 2), (0.9, 3), (0.91, 4), (1, 4)] {
      #expect(RankRule.energy(share).rank(of: values, rows: 4, columns: 4) == rank, "\(share)")
    }
    #expect(RankRule.energy(1).rank(of: [2, 0, 0], rows: 3, columns: 3) == 1)
    var networks = RandomNetworks(seed: 2)
    let large = try networks.network(NetworkZoo.lenet300())
    for wrong in [0, -1, 1.1, Double.nan] {
      #expect(throws: NeuralNetworkError.self) { try large.factorised(.energy(wrong)) }
    }
    let ranks = try large.factorised(.energy(0.5)).ranks
    #expect(ranks["fc1"].map { $0 < 150 } == true)
  }
}
