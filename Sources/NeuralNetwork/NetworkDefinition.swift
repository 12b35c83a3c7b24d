import LinearAlgebra

/// A network as a value: what it is, before anything is allocated.
///
/// ```swift
/// let network = try NetworkDefinition(
///   name: "small", input: [784],
///   layers: [.linear("fc1", 100), .relu, .linear("fc2", 10)])
/// ```
public struct NetworkDefinition: Sendable, Equatable, Codable {
  public let name: String
  /// The shape of one input; it is flattened for a linear layer.
  public let input: [Int]
  public let layers: [Layer]

  /// - Throws: `NeuralNetworkError.invalidNetwork` when the layers do not fit each other.
  public init(name: String, input: [Int], layers: [Layer]) throws {
    self.name = name
    self.input = input
    self.layers = layers
    try validate()
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    input = try container.decode([Int].self, forKey: .input)
    layers = try container.decode([Layer].self, forKey: .layers)
    try validate()
  }

  /// The number of values of one input.
  public var inputCount: Int { input.reduce(1, *) }

  /// The number of outputs of the last linear layer: the classes.
  public var outputCount: Int {
    for case .linear(_, let outputs, _) in layers.reversed() { return outputs }
    return inputCount
  }

  /// The parameters, in the order of the layers: `name.weight` [out, in] and `name.bias` [out].
  public func layout() throws -> ArenaLayout {
    var tensors: [(String, [Int])] = []
    var width = inputCount
    for case .linear(let name, let outputs, let bias) in layers {
      tensors.append(("\(name).weight", [outputs, width]))
      if bias { tensors.append(("\(name).bias", [outputs])) }
      width = outputs
    }
    do {
      return try ArenaLayout(tensors)
    } catch {
      throw NeuralNetworkError.invalidNetwork(network: name, layer: nil, message: "\(error)")
    }
  }

  private func validate() throws {
    func fail(_ layer: String?, _ message: String) -> NeuralNetworkError {
      .invalidNetwork(network: name, layer: layer, message: message)
    }
    // Larger sizes than these are mistakes, and products of them must not overflow.
    guard (1...8).contains(input.count), input.allSatisfy({ (1...(1 << 24)).contains($0) }),
      let count = try? elementCount(of: input), count <= 1 << 24
    else { throw fail(nil, "input sizes from 1 on were expected, found \(input)") }
    for case .linear(let layer, let outputs, _) in layers {
      guard !layer.isEmpty else { throw fail(nil, "a linear layer has no name") }
      guard (1...(1 << 24)).contains(outputs) else {
        throw fail(layer, "1 or more outputs were expected, found \(outputs)")
      }
    }
    guard case .linear? = layers.last else {
      throw fail(nil, "the last layer must be linear: its outputs are the classes' scores")
    }
    for (before, layer) in zip([nil] + layers.map(Optional.some), layers) {
      if case .linear = layer { continue }
      guard case .linear? = before else { throw fail(nil, "\(layer) must follow a linear layer") }
    }
    _ = try layout()
  }
}

/// One layer of a network.
public enum Layer: Sendable, Equatable, Codable {
  /// y = x·Wᵀ + b: weight [outputs, inputs], bias [outputs].
  case linear(name: String, outputs: Int, bias: Bool)
  /// y = tanh x
  case tanh
  /// y = max(x, 0)
  case relu

  public static func linear(_ name: String, _ outputs: Int) -> Layer {
    .linear(name: name, outputs: outputs, bias: true)
  }
}
