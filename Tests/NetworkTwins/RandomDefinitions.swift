import LinearAlgebra
import NeuralNetwork

/// Networks of random layers of every kind, with blocks within blocks and every kind of shortcut.
package struct RandomDefinitions {
  package var random: RandomGenerator
  /// The probability of the dropout layers.
  private let dropout: Float

  package init(_ random: RandomGenerator, dropout: Float = 0) {
    self.random = random
    self.dropout = dropout
  }

  package mutating func next() throws -> NetworkDefinition {
    let input =
      chance(0.1) ? [number(2...12)] : [number(1...3), number(5...8), number(5...8)]
    var names = 0
    var shape = ImageShape(channels: input[0])
    if input.count > 1 { shape = ImageShape(channels: input[0], height: input[1], width: input[2]) }
    var layers = layers(number(3...8), from: &shape, names: &names, depth: 0)
    if chance(0.3) { layers.append(.globalAveragePool) }
    return try NetworkDefinition(
      name: "random", input: input, layers: layers + [.linear("scores", 3)])
  }

  private mutating func number(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(random.next() % UInt64(range.count))
  }

  private mutating func chance(_ share: Float) -> Bool { random.uniform() < share }

  private mutating func layers(
    _ count: Int, from shape: inout ImageShape, names: inout Int, depth: Int
  ) -> [Layer] {
    var layers: [Layer] = []
    for _ in 0..<count {
      names += 1
      let next = layer("l\(names)", from: shape, names: &names, depth: depth)
      guard let next, let output = try? next.outputShape(for: shape, prefix: "") else { continue }
      shape = output
      layers.append(next)
    }
    return layers
  }

  private mutating func layer(
    _ name: String, from shape: ImageShape, names: inout Int, depth: Int
  ) -> Layer? {
    switch number(0...14) {
    case 0...2:
      let groups = chance(0.15) && shape.channels % 2 == 0 ? 2 : 1
      return .convolution(
        name, 2 * number(1...5), kernel: number(1...3), stride: chance(0.2) ? 2 : 1,
        padding: number(0...1), groups: groups, bias: chance(0.5))
    case 3: return shape.isVector || chance(0.2) ? .linear(name, number(2...12)) : nil
    // A smaller ε would raise the rounding of channels that are nearly constant to the size of the rest.
    case 4, 5: return .batchNorm(name: name, epsilon: 0.1, momentum: 0.1)
    case 6, 7: return .relu
    case 8: return .tanh
    case 9: return chance(0.5) ? .maxPool(2) : .maxPool(size: 3, stride: 1, padding: 1)
    case 10: return .averagePool(size: 2, stride: number(1...2), padding: number(0...1))
    case 11: return chance(0.3) ? .flatten : .dropout(probability: dropout)
    case 12: return chance(0.2) ? .globalAveragePool : nil
    default: return depth < 2 ? block(name, from: shape, names: &names, depth: depth) : nil
    }
  }

  private mutating func block(
    _ name: String, from shape: ImageShape, names: inout Int, depth: Int
  ) -> Layer? {
    var output = shape
    let body = layers(number(1...4), from: &output, names: &names, depth: depth + 1)
    var sources = Array(0..<shape.channels) + [Int](repeating: -1, count: output.channels)
    sources.shuffle(using: &random)
    let projection: Layer =
      output.isVector && chance(0.5)
      ? .linear("p", output.channels)
      : .convolution("p", output.channels, kernel: 1, stride: number(1...2), bias: chance(0.5))
    let shortcuts: [Shortcut] = [
      .identity, .padded, .mapped(Array(sources.prefix(output.channels))), .layers([projection]),
      .layers([.flatten]),
    ]
    return shortcuts.shuffled(using: &random).lazy
      .map { Layer.residual(name, body, shortcut: $0) }
      .first { (try? $0.outputShape(for: shape, prefix: "")) != nil }
  }
}
