import Foundation
import LinearAlgebra
import Testing

@testable import NeuralNetwork

@Suite struct GradientTests {
  private func network(_ activation: Layer, batch: Int, seed: UInt64) throws -> (
    Network, Arena, Arena
  ) {
    let definition = try NetworkDefinition(
      name: "small", input: [7],
      layers: [
        .linear("a", 6), activation, .linear(name: "b", outputs: 5, bias: false), activation,
        .linear("c", 4),
      ])
    let weights = Arena(try definition.layout())
    let gradients = Arena(weights.layout)
    var random = RandomGenerator(seed: seed)
    for index in weights.floats.indices { weights.floats[index] = 0.6 * random.normal() }
    let network = try Network(definition, batch: batch, weights: weights, gradients: gradients)
    for index in network.input.indices { network.input[index] = random.normal() }
    for index in network.labels.indices { network.labels[index] = Int32(random.next() % 4) }
    return (network, weights, gradients)
  }

  /// The scores of one input in double precision, layer by layer.
  private func naiveLoss(_ network: Network, _ weights: [Double], layout: ArenaLayout) -> Double {
    var total = 0.0
    for row in 0..<network.batch {
      var x = (0..<7).map { Double(network.input[row * 7 + $0]) }
      for (index, name) in ["a", "b", "c"].enumerated() {
        guard let slot = layout["\(name).weight"] else { return .nan }
        let (outputs, inputs) = (slot.shape[0], slot.shape[1])
        x = (0..<outputs).map { output in
          var sum = layout["\(name).bias"].map { weights[$0.range.lowerBound + output] } ?? 0
          for input in 0..<inputs {
            sum += weights[slot.range.lowerBound + output * inputs + input] * x[input]
          }
          guard index < 2 else { return sum }
          return network.definition.layers[1] == .tanh ? tanh(sum) : max(0, sum)
        }
      }
      let log = Foundation.log(x.map(exp).reduce(0, +))
      total += log - x[Int(network.labels[row])]
    }
    return total / Double(network.batch)
  }

  @Test(arguments: [Layer.tanh, .relu], [1, 3, 16])
  func agreeWithFiniteDifferences(activation: Layer, batch: Int) throws {
    let (network, weights, gradients) = try network(activation, batch: batch, seed: UInt64(batch))
    let loss = try network.learn().loss
    let values = weights.floats.map(Double.init)
    #expect(abs(loss - naiveLoss(network, values, layout: weights.layout)) < 1e-5)
    for index in values.indices {
      var up = values
      var down = values
      up[index] += 1e-5
      down[index] -= 1e-5
      let slope =
        (naiveLoss(network, up, layout: weights.layout)
          - naiveLoss(network, down, layout: weights.layout)) / 2e-5
      #expect(abs(Double(gradients.floats[index]) - slope) < 1e-4, "parameter \(index)")
    }
  }

  @Test func theSameRunGivesTheSameBits() throws {
    let (network, _, gradients) = try network(.tanh, batch: 16, seed: 1)
    _ = try network.learn()
    let first = Array(gradients.floats)
    _ = try network.learn()
    #expect(first == Array(gradients.floats))
  }
}
