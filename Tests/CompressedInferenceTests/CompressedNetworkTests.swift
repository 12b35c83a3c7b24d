import Compression
import Datasets
import LearningCompression
import LinearAlgebra
import ModelFiles
import NeuralNetwork
import Testing

@testable import CompressedInference

@Suite struct CompressedNetworkTests {
  private let network: NetworkDefinition
  private let weights: Arena

  init() throws {
    network = try NetworkDefinition(
      name: "small", input: [24],
      layers: [.linear("a", 20), .tanh, .linear("b", 12), .relu, .linear("c", 10)])
    weights = Arena(try network.layout())
    var random = RandomGenerator(seed: 4)
    for index in 0..<weights.layout.count { weights.floats[index] = random.normal() / 4 }
  }

  private func model(_ plan: String) throws -> CompressedModel {
    let plan = try ResolvedPlan(CompressionPlan(parsing: plan), for: weights.layout)
    return CompressedModel(
      plan, forms: try plan.compress(weights, into: weights.duplicate()), weights: weights,
      metadata: [:])
  }

  /// Everything decompressed, for comparison.
  private func dense(_ model: CompressedModel) -> CompressedModel {
    CompressedModel(
      parts: [], plain: model.decompressed(), order: model.order, metadata: [:])
  }

  private static let plans = [
    "joint(*.weight): quantize(k=2) + prune(keep=5%)", "joint(*): quantize(k=5)",
    "*.weight: quantize(k=3, per=row)", "*.weight: uniform(b=3, affine, per=7)",
    "*.weight: ternary() + lowrank(r=2)", "*.weight: lowrank(r=3)", "*: prune(keep=9)",
    "*.weight: powers(c=4)", "*.weight: sign()", "a.weight: quantize(k=1)",
    "b.weight: quantize(k=240); *.bias: binary()",
    "a.weight: prune(keep=2:4); b.weight: prune(keep=3, of=rows, bits=16) + binary()",
    "*.weight: prune(keep=1:4, along=inputs, k=6)",
    "joint(a.*, c.weight): uniform(b=2, per=50) + prune(keep=11, k=4)",
  ]

  @Test(arguments: plans) func agreesWithTheDenseNetwork(plan: String) throws {
    let model = try model(plan)
    let compressed = try CompressedNetwork(network, model)
    let dense = try CompressedNetwork(network, dense(model))
    var random = RandomGenerator(seed: 9)
    for batch in [1, 3, 70] {
      let inputs = random.normals(24 * batch)
      let expected = dense.scores(inputs)
      let found = compressed.scores(inputs)
      #expect(found.count == 10 * batch)
      let scale = expected.map(abs).max() ?? 1
      for (a, b) in zip(expected, found) { #expect(abs(a - b) <= 1e-5 * scale) }
    }
  }

  @Test func agreesWithTheEvaluatorOnOneDNN() throws {
    var random = RandomGenerator(seed: 1)
    let images = try ImageSet(
      shape: [1, 4, 6], pixels: (0..<24 * 50).map { _ in UInt8(truncatingIfNeeded: random.next()) },
      labels: (0..<50).map { UInt8($0 % 10) }, classes: 10)
    let data = try Dataset(name: "noise", classes: 10, training: images, test: images)
    let model = try model(Self.plans[0])
    let arena = Arena(weights.layout)
    for tensor in model.decompressed() {
      try arena.set(#require(weights.layout[tensor.shape.name]), to: #require(tensor.floats))
    }
    let dense = try Evaluator(network).evaluate(
      arena, on: images, normalisation: data.normalisation)
    let found = try CompressedNetwork(network, model).evaluate(
      images, normalisation: data.normalisation)
    #expect(abs(found.loss - dense.loss) <= 1e-5 * dense.loss)
    #expect(found.errorPercent == dense.errorPercent)
  }

  @Test func lenet300TakesAnEighthOfTheMemory() throws {
    let network = try NetworkZoo.lenet300()
    let weights = Arena(try network.layout())
    for index in 0..<weights.layout.count { weights.floats[index] = Float(index % 1000) - 500 }
    let plan = try ResolvedPlan(
      CompressionPlan(parsing: "joint(*.weight): binary() + prune(keep=1%)"),
      for: weights.layout)
    let model = CompressedModel(
      plan, forms: try plan.compress(weights, into: weights.duplicate()), weights: weights,
      metadata: [:])
    let compressed = try CompressedNetwork(network, model)
    #expect(8 * compressed.weightBytes <= 4 * weights.layout.count)
    #expect(try CompressedNetwork(network, dense(model)).weightBytes == 4 * weights.layout.count)
  }

  @Test func theWrongModelIsAnError() throws {
    let model = try model(Self.plans[0])
    let other = try NetworkDefinition(
      name: "other", input: [24], layers: [.linear("a", 20), .tanh, .linear("b", 12)])
    #expect(throws: NeuralNetworkError.self) { try CompressedNetwork(other, model) }
    let wider = try NetworkDefinition(
      name: "wider", input: [25],
      layers: [.linear("a", 20), .tanh, .linear("b", 12), .relu, .linear("c", 10)])
    #expect(throws: NeuralNetworkError.self) { try CompressedNetwork(wider, model) }
  }

  @Test(arguments: 0...16) func codesComeBackOutOfTheirWords(width: Int) {
    var random = RandomGenerator(seed: UInt64(width))
    for count in [0, 1, 63, 64, 65, 200] {
      let codes = (0..<count).map { _ in UInt16(random.next() & ((1 << UInt64(width)) - 1)) }
      let packed = PackedCodes(codes[...], width: width)
      #expect(packed.byteCount == (count * width + 63) / 64 * 8)
      for range in [0..<count, count / 3..<count, 0..<count / 2] {
        var found: [UInt16] = []
        packed.forEach(in: range) { index, code in
          #expect(index == found.count)
          found.append(UInt16(code))
        }
        #expect(found == Array(codes[range]))
      }
    }
  }
}
