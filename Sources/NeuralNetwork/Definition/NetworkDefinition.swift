import LinearAlgebra

/// A network as a value: what it is, before anything is allocated.
///
/// ```swift
/// let network = try NetworkDefinition(
///   name: "small", input: [784],
///   layers: [.linear("fc1", 100), .relu, .linear("fc2", 10)])
/// ```
public struct NetworkDefinition: Sendable, Equatable, Codable {
  /// What messages and files call it.
  public let name: String
  /// The shape of one input; it is flattened for a linear layer.
  public let input: [Int]
  /// From the input to the scores.
  public let layers: [Layer]

  /// A network of these layers, one after the other.
  ///
  /// - Throws: `NeuralNetworkError.invalidNetwork` when the layers do not fit each other.
  public init(name: String, input: [Int], layers: [Layer]) throws {
    self.name = name
    self.input = input
    self.layers = layers
    try validate()
  }

  /// Decodes and checks a network.
  ///
  /// - Throws: `DecodingError`; `NeuralNetworkError.invalidNetwork` when the layers do not fit each
  ///   other.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    input = try container.decode([Int].self, forKey: .input)
    layers = try container.decode([Layer].self, forKey: .layers)
    try validate()
  }

  /// The number of values of one input.
  package var inputCount: Int { input.reduce(1, *) }

  /// The number of scores: the classes.
  package var outputCount: Int {
    (try? layers.outputShape(for: imageShape, prefix: ""))?.count ?? 0
  }

  /// The input as an image; what is neither [channels, height, width] nor [height, width] is a vector.
  package var imageShape: ImageShape {
    switch input.count {
    case 3: ImageShape(channels: input[0], height: input[1], width: input[2])
    case 2: ImageShape(channels: 1, height: input[0], width: input[1])
    default: ImageShape(channels: inputCount)
    }
  }

  /// The parameters, in the order of the layers, with PyTorch's names and shapes.
  public func layout() throws -> ArenaLayout { try layout(of: graph().parameters) }

  /// What belongs to the network's state but is not trained: batch norm's `running_mean` and
  /// `running_var`; empty without batch norm.
  package func statisticsLayout() throws -> ArenaLayout { try layout(of: graph().statistics) }

  /// How often each weight is used for one input: 1 in linear layers, the number of output places in
  /// convolutions. What a product with the weight's matrix costs, times this, is the layer's cost.
  public func uses() throws -> [String: Int] { try graph().uses }

  private func layout(of tensors: [(name: String, shape: [Int])]) throws -> ArenaLayout {
    do {
      return try ArenaLayout(tensors)
    } catch {
      throw NeuralNetworkError.invalidNetwork(network: name, layer: nil, message: "\(error)")
    }
  }

  func graph() throws -> NetworkGraph {
    do {
      return try NetworkGraph(input: imageShape, layers: layers)
    } catch let problem as LayerProblem {
      throw NeuralNetworkError.invalidNetwork(
        network: name, layer: problem.layer, message: problem.message)
    }
  }

  private func validate() throws {
    func fail(_ layer: String?, _ message: String) -> NeuralNetworkError {
      .invalidNetwork(network: name, layer: layer, message: message)
    }
    // Larger sizes than these are mistakes, and products of them must not overflow.
    guard (1...8).contains(input.count), input.allSatisfy({ (1...Layer.largestSize).contains($0) }),
      let count = try? elementCount(of: input), count <= Layer.largestSize
    else { throw fail(nil, "input sizes from 1 on were expected, found \(input)") }
    let graph = try graph()
    switch layers.last {
    case .linear, .globalAveragePool: break
    default:
      throw fail(
        layers.last?.title,
        "the last layer must be linear or globalAveragePool: its outputs are the "
          + "classes' scores")
    }
    let parameters = try layout(of: graph.parameters)
    _ = try layout(of: graph.statistics)
    guard parameters.count > 0 else { throw fail(nil, "it has no parameters") }
    guard parameters.count <= 1 << 31 else { throw fail(nil, "it has too many parameters") }
  }
}
