import Foundation
import NeuralNetwork
import Testing

@Suite struct NetworkDefinitionTests {
  @Test func lenet300HasThePapersSize() throws {
    let layout = try NetworkZoo.lenet300().layout()
    #expect(
      layout.slots.map(\.name) == [
        "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias", "fc3.weight", "fc3.bias",
      ])
    #expect(layout.count == 266_610)
    #expect(layout.slots.filter { $0.shape.count == 2 }.map(\.count).reduce(0, +) == 266_200)
  }

  @Test func survivesJSON() throws {
    let definition = try NetworkZoo.lenet300(input: [1, 28, 28])
    let data = try JSONEncoder().encode(definition)
    #expect(try JSONDecoder().decode(NetworkDefinition.self, from: data) == definition)
    let broken = String(decoding: data, as: UTF8.self).replacingOccurrences(of: "300", with: "-3")
    #expect(throws: NeuralNetworkError.self) {
      try JSONDecoder().decode(NetworkDefinition.self, from: Data(broken.utf8))
    }
  }

  @Test(arguments: [
    [], [Layer.tanh], [.linear("a", 3), .relu], [.tanh, .linear("a", 3)],
    [.linear("a", 3), .tanh, .relu, .linear("b", 2)], [.linear("a", 3), .linear("a", 3)],
    [.linear("a", 0)], [.linear("", 2)], [.linear("a", .max)],
  ]) func layersThatDoNotFitAreErrors(layers: [Layer]) {
    #expect(throws: NeuralNetworkError.self) {
      try NetworkDefinition(name: "n", input: [4], layers: layers)
    }
  }

  @Test(arguments: [[], [0], [-1], [Int.max, 2], [1 << 20, 1 << 20]])
  func impossibleInputsAreErrors(input: [Int]) {
    #expect(throws: NeuralNetworkError.self) {
      try NetworkDefinition(name: "n", input: input, layers: [.linear("a", 2)])
    }
  }
}
