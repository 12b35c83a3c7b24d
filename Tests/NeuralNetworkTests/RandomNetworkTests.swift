import LinearAlgebra
import NetworkTwins
import Testing

@testable import NeuralNetwork

/// Networks of random layers against their naive twin, and in both precisions.
@Suite struct RandomNetworkTests {
  /// Blocks whose body and shortcut differ in width, for images are 16 bits wide and vectors 32; and a kernel
  /// that is larger than its images.
  static let special: [(String, [Int], [Layer])] = [
    (
      "kernel around an image of one pixel", [4],
      [.convolution("c", 8, kernel: 3, stride: 2, padding: 1), .relu]
    ),
    (
      "linear behind a global pool", [2, 5, 4],
      [
        .convolution("c", 6, kernel: 3), .relu, .globalAveragePool,
        .residual("b", [.linear("l", 6)]),
      ]
    ),
    (
      "convolution of a vector", [7],
      [.linear("l", 6), .residual("b", [.convolution("c", 6, kernel: 1)]), .tanh]
    ),
    (
      "padded vector", [2, 4, 4],
      [
        .convolution("c", 5, kernel: 3), .globalAveragePool,
        .residual("b", [.linear("l", 8)], shortcut: .padded), .relu,
      ]
    ),
    (
      "mapped vector", [2, 4, 4],
      [
        .convolution("c", 5, kernel: 3), .globalAveragePool,
        .residual("b", [.linear("l", 4)], shortcut: .mapped([3, -1, 0, 4])), .relu,
      ]
    ),
    (
      "flattened body", [6],
      [.linear("l", 6), .residual("b", [.convolution("c", 6, kernel: 1), .flatten])]
    ),
    (
      "flattened shortcut", [2, 3, 2],
      [
        .convolution("c", 2, kernel: 1),
        .residual("b", [.flatten, .linear("l", 12)], shortcut: .layers([.flatten])),
      ]
    ),
    (
      "batch norm at the end", [6],
      [
        .linear("l", 6), .residual("a", [.convolution("c", 6, kernel: 1), .batchNorm("n")]), .relu,
        .convolution("d", 5, kernel: 1), .residual("b", [.linear("l", 5), .batchNorm("n")]), .relu,
      ]
    ),
    (
      "padded pool of a vector", [6],
      [
        .linear("l", 3), .averagePool(size: 2, stride: 1, padding: 1),
        .residual("a", [.convolution("c", 3, kernel: 1)]), .residual("b", [.tanh]),
      ]
    ),
  ]

  private func definition(_ index: Int) throws -> NetworkDefinition {
    let (name, input, layers) = Self.special[index]
    return try NetworkDefinition(name: name, input: input, layers: layers + [.linear("scores", 3)])
  }

  /// Also where the processor does not know 16 bits.
  @Test func operationsReadOneWidthAndWriteIt() throws {
    func check(_ definition: NetworkDefinition) throws {
      let graph = try definition.graph()
      for graph in [graph, graph.foldingNorms()] {
        for node in graph.nodes {
          if case .arrange = node.operation { continue }
          if case .convolution(let convolution, _) = node.operation {
            #expect(hasRoom(convolution, graph.tensors[node.inputs[0]]), "\(node.name)")
          }
          let tensors = (node.inputs + [node.output]).map { graph.tensors[$0] }
          #expect(Set(tensors.map(\.half)).count == 1, "\(node.name) of \(definition)")
        }
      }
    }
    for index in Self.special.indices { try check(definition(index)) }
    var definitions = RandomDefinitions(RandomGenerator(seed: 1))
    for _ in 0..<500 { try check(definitions.next()) }
  }

  /// Whether oneDNN 2.6 stays within its memory: strided 1 × 1 kernels need channels in whole vectors.
  private func hasRoom(_ convolution: Convolution, _ input: NetworkGraph.Tensor) -> Bool {
    convolution.window.size > 1 || convolution.window.stride == 1 || convolution.window.padding > 0
      || input.shape.channels / convolution.groups % 16 == 0
  }

  @Test(arguments: special.indices) func specialNetworksLearnAsTheirTwins(index: Int) throws {
    var random = RandomGenerator(seed: UInt64(index))
    try NetworkTrial(definition(index), using: &random).check()
  }

  @Test(arguments: 0..<40 as Range<UInt64>) func learnAsTheirTwinDoes(seed: UInt64) throws {
    var definitions = RandomDefinitions(RandomGenerator(seed: seed))
    let definition = try definitions.next()
    try NetworkTrial(definition, using: &definitions.random).check()
  }
}
