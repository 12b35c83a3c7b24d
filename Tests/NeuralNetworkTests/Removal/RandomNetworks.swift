import LinearAlgebra

@testable import NeuralNetwork

/// Networks whose parameters and statistics are random, and partly zero.
struct RandomNetworks {
  var random: RandomGenerator

  init(seed: UInt64) { random = RandomGenerator(seed: seed) }

  /// VGG-11 with an eighth of the channels.
  static func narrowVGG() throws -> NetworkDefinition {
    try NetworkDefinition(
      name: "vgg", input: [3, 32, 32],
      layers: NetworkZoo.vgg11().layers.map { layer in
        guard case .convolution(let name, let channels, _, _, _, _, _) = layer else { return layer }
        return .convolution(name, channels / 8, kernel: 3, padding: 1, bias: false)
      })
  }

  mutating func chance(_ share: Float) -> Bool { random.uniform() < share }

  mutating func network(_ definition: NetworkDefinition) throws -> TrainedNetwork {
    let weights = Arena(try definition.layout())
    let statistics = try Initialisation.statistics(of: definition)
    Initialisation.usual(for: definition).fill(weights, using: &random)
    for slot in weights.layout.slots where slot.shape.count == 1 {
      let isScale = slot.name.hasSuffix(".weight")
      for index in weights[slot].indices {
        weights[slot][index] = (isScale ? 1 : 0) + 0.6 * (random.uniform() - 0.5)
      }
    }
    for slot in statistics.layout.slots {
      for index in statistics[slot].indices {
        statistics[slot][index] += 0.8 * (random.uniform() - 0.5)
      }
    }
    return try TrainedNetwork(definition, weights: weights, statistics: statistics)
  }

  /// A copy in which a share of the rows and of the columns (units and inputs) of each weight is zero,
  /// some biases are, and some batch norms are constant, at zero or elsewhere.
  mutating func pruned(_ network: TrainedNetwork, rows: Float = 0.4, columns: Float = 0.2) throws
    -> TrainedNetwork
  {
    let weights = network.weights.duplicate()
    for slot in weights.layout.slots {
      let values = weights[slot]
      let outputs = slot.shape[0]
      let inputs = slot.shape.count > 1 ? slot.shape[1] : 1
      let taps = slot.count / (outputs * inputs)
      let isWeight = slot.shape.count > 1
      for output in 0..<outputs where chance(isWeight ? rows : 0.3) {
        values[output * inputs * taps..<(output + 1) * inputs * taps].update(repeating: 0)
      }
      guard isWeight else { continue }
      for input in 0..<inputs where chance(columns) {
        for output in 0..<outputs {
          let first = (output * inputs + input) * taps
          values[first..<first + taps].update(repeating: 0)
        }
      }
    }
    return try TrainedNetwork(
      network.definition, weights: weights, statistics: network.statistics)
  }

  /// The largest difference of the scores of some inputs, relative to the largest score where that is
  /// above 1.
  mutating func difference(_ a: TrainedNetwork, _ b: TrainedNetwork, batch: Int = 4) throws -> Float
  {
    let x = random.normals(batch * a.definition.inputCount)
    let (first, second) = (try a.scores(x), try b.scores(x))
    guard first.count == second.count, (first + second).allSatisfy(\.isFinite) else {
      return .infinity
    }
    let size = max(1, first.map(abs).max() ?? 1)
    return zip(first, second).map { abs($0 - $1) }.reduce(0, max) / size
  }
}

extension TrainedNetwork {
  /// A copy after the weights were changed.
  func changed(_ body: (Arena) throws -> Void) throws -> TrainedNetwork {
    let copy = weights.duplicate()
    try body(copy)
    return try TrainedNetwork(definition, weights: copy, statistics: statistics)
  }

  /// The outputs of the layer of that name.
  func units(_ name: String) throws -> Int? { try definition.layout()["\(name).weight"]?.shape[0] }
}

extension Arena {
  /// Sets some rows of a tensor to zero.
  func clear(_ name: String, rows: some Sequence<Int>) {
    guard let slot = layout[name], let outputs = slot.shape.first else { return }
    let size = slot.count / outputs
    for row in rows { self[slot][row * size..<(row + 1) * size].update(repeating: 0) }
  }

  func fill(_ name: String, _ index: Int, with value: Float) {
    guard let slot = layout[name] else { return }
    self[slot][index] = value
  }
}
