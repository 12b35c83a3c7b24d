import NeuralNetwork
import Testing

/// Which inputs of a reader belong to one unit of its writer.
@Suite struct HiddenUnitsTests {
  private func widths(_ layers: [Layer]) throws -> [Int] {
    try NetworkDefinition(name: "n", input: [2, 6, 6], layers: layers).hiddenUnits().map(\.width)
  }

  /// Flattened, each channel of 5 × 5 places is 25 inputs, whatever stands between.
  @Test(
    arguments: [
      [], [.flatten], [.flatten, .relu, .dropout(probability: 0.5)],
      [.flatten, .globalAveragePool], [.flatten, .batchNorm("n")],
      [.relu, .flatten, .flatten, .maxPool(1)],
    ] as [[Layer]]) func flattenedChannelsStayUnits(between: [Layer]) throws
  {
    let layers = [.convolution("a", 3, kernel: 2)] + between + [.linear("b", 4)]
    #expect(try widths(layers) == [25], "\(between)")
  }

  @Test func aKernelReadsFlattenedChannelsToo() throws {
    let head: [Layer] = [.convolution("a", 3, kernel: 2), .flatten]
    #expect(try widths(head + [.convolution("b", 4, kernel: 1), .linear("c", 2)]) == [25, 1])
  }

  @Test func aPoolLeavesOneInputAUnit() throws {
    let layers: [Layer] = [
      .convolution("a", 3, kernel: 2), .globalAveragePool, .flatten, .linear("b", 4),
      .linear("c", 2),
    ]
    #expect(try widths(layers) == [1, 1])
  }
}
