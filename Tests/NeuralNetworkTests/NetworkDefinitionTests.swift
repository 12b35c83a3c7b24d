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
    let matrices = layout.slots.filter { $0.shape.count == 2 }
    #expect(matrices.map(\.count).reduce(0, +) == 266_200)
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

  private func layers(_ json: String) throws -> [Layer] {
    try JSONDecoder().decode([Layer].self, from: Data("[\(json)]".utf8))
  }

  /// What a file need not say.
  @Test func fieldsHaveUsualValues() throws {
    let short = """
      {"convolution": {"name": "c", "channels": 8, "kernel": 5}}, {"batchNorm": {"name": "n"}}, "relu",
      {"maxPool": {"size": 2}}, {"averagePool": {"size": 3, "stride": 2}}, {"dropout": {}}, "tanh",
      {"residual": {"name": "r", "body": ["relu"]}}, "flatten", {"linear": {"name": "f", "outputs": 10}}
      """
    let long: [Layer] = [
      .convolution("c", 8, kernel: 5), .batchNorm("n"), .relu, .maxPool(2),
      .averagePool(size: 3, stride: 2, padding: 0), .dropout(probability: 0.5), .tanh,
      .residual("r", [.relu]), .flatten, .linear("f", 10),
    ]
    #expect(try layers(short) == long)
    // What is written is whole, and reads as it was.
    let all =
      long + [
        .globalAveragePool, .residual("a", [.relu], shortcut: .padded),
        .residual("b", [.relu], shortcut: .mapped([1, -1])),
        .residual(
          "c", [.tanh], shortcut: .layers([.relu, .linear(name: "x", outputs: 3, bias: false)])),
      ]
    let data = try JSONEncoder().encode(all)
    #expect(try JSONDecoder().decode([Layer].self, from: data) == all)
    #expect(String(decoding: data, as: UTF8.self).contains("\"padding\":0"))
  }

  /// A field with another name would be the usual value in silence.
  @Test(arguments: [
    (
      #"{"convolutoin": {}}"#,
      "unknown layer 'convolutoin'; did you mean 'convolution'? There are linear, convolution, batchNorm"
    ),
    (#""ReLU""#, "unknown layer 'ReLU'; did you mean 'relu'?"),
    (#"{"lstm": {"name": "x"}}"#, "unknown layer 'lstm'; there are linear"),
    (
      #"{"maxPool": {"size": 2, "strides": 2}}"#,
      "layer 'maxPool' has no field 'strides'; did you mean 'stride'? There are size, stride, padding"
    ),
    (#"{"relu": {"name": "a"}}"#, "layer 'relu' has no field 'name'; it has none"),
    (#"{"linear": {"name": "a"}}"#, "layer 'linear' needs the field 'outputs'"),
    (#""maxPool""#, "layer 'maxPool' needs the field 'size'"),
    (#"{"relu": {}, "tanh": {}}"#, "one layer was expected"), ("3", "one layer was expected"),
    (
      #"{"residual": {"name": "r", "body": [], "shortcut": "paded"}}"#,
      "unknown shortcut 'paded'; did you mean 'padded'?"
    ),
  ]) func mistakesInLayersAreToldWithWhatThereIs(json: String, text: String) {
    let error = #expect(throws: DecodingError.self) { try layers(json) }
    guard case .dataCorrupted(let context) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(context.debugDescription.contains(text), "\(context.debugDescription)")
  }

  @Test(arguments: [
    [], [Layer.tanh], [.linear("a", 3), .relu], [.linear("a", 3), .linear("a", 3)],
    [.linear("a", 0)], [.linear("", 2)], [.linear("a", .max)], [.globalAveragePool],
    [.dropout(probability: 1), .linear("a", 2)], [.maxPool(2), .linear("a", 2)],
  ]) func layersThatDoNotFitAreErrors(layers: [Layer]) {
    #expect(throws: NeuralNetworkError.self) {
      try NetworkDefinition(name: "n", input: [4], layers: layers)
    }
  }

  /// The message names the layer and both shapes.
  @Test(
    arguments: [
      (
        [.convolution("c", 4, kernel: 9)],
        "layer 'c': a kernel [9, 9] does not fit into inputs [3, 8, 8]"
      ),
      (
        [.convolution("c", 4, kernel: 3, groups: 2)],
        "layer 'c': 2 groups do not divide inputs [3, 8, 8] and 4 channels"
      ),
      ([.maxPool(size: 2, stride: 1, padding: 2)], "layer 'maxPool'"),
      ([.convolution("c", 4, kernel: 1, stride: 0)], "layer 'c'"),
      ([.convolution("c", 4, kernel: 1, padding: -1)], "layer 'c'"),
      ([.convolution("c", .max, kernel: 1)], "layer 'c'"),
      ([.batchNorm(name: "n", epsilon: 0, momentum: 0.1)], "layer 'n'"),
      (
        [.residual("b", [.convolution("c", 4, kernel: 3)])],
        "layer 'b': an identity shortcut cannot join inputs [3, 8, 8] to outputs [4, 6, 6]"
      ),
      (
        [.residual("b", [.convolution("c", 2, kernel: 1)], shortcut: .padded)],
        "layer 'b': a padded shortcut cannot join inputs [3, 8, 8] to outputs [2, 8, 8]"
      ),
      (
        [.residual("b", [.relu], shortcut: .mapped([0, -1]))],
        "layer 'b': a mapped shortcut from inputs [3, 8, 8] to outputs [3, 8, 8] needs 3 entries"
      ),
      ([.residual("b", [.relu], shortcut: .mapped([0, 1, 1]))], "none twice, found [0, 1, 1]"),
      ([.residual("b", [.relu], shortcut: .mapped([0, 1, 3]))], "none twice, found [0, 1, 3]"),
      (
        [.residual("b", [.relu], shortcut: .layers([.convolution("p", 5, kernel: 1)]))],
        "layer 'b': its shortcut gives [5, 8, 8], its body outputs [3, 8, 8]"
      ),
      ([.residual("b", [.residual("b", [.maxPool(2)])])], "layer 'b.b'"),
    ] as [([Layer], String)]) func shapesThatDoNotFitAreNamed(layers: [Layer], message: String)
  {
    let error = #expect(throws: NeuralNetworkError.self) {
      try NetworkDefinition(name: "n", input: [3, 8, 8], layers: layers + [.linear("fc", 2)])
    }
    #expect(error?.description.contains(message) == true, "\(error.map { "\($0)" } ?? "")")
  }

  @Test func convolutionalNetworksSurviveJSON() throws {
    for name in ["lenet5", "resnet20", "nin", "alexnet"] {
      let definition = try NetworkZoo.network(named: name, input: [3, 32, 32], classes: 10)
      let data = try JSONEncoder().encode(definition)
      #expect(try JSONDecoder().decode(NetworkDefinition.self, from: data) == definition)
    }
  }

  @Test(arguments: [[], [0], [-1], [Int.max, 2], [1 << 20, 1 << 20]])
  func impossibleInputsAreErrors(input: [Int]) {
    #expect(throws: NeuralNetworkError.self) {
      try NetworkDefinition(name: "n", input: input, layers: [.linear("a", 2)])
    }
  }
}
