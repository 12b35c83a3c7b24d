import Compression
import LinearAlgebra
import Testing

@Suite struct ExpectedBitsTests {
  @Test(arguments: [
    "quantize(k=1)", "quantize(k=2)", "quantize(k=5)", "lowrank(r=2)", "lowrank(r=50%, bits=16)",
    "prune(keep=1)", "prune(keep=7%)", "prune(keep=100%)",
  ])
  func areThoseOfRandomWeights(text: String) throws {
    for (seed, shape) in [[1, 1], [3, 191], [64, 64], [8, 4, 3, 3]].enumerated() {
      let layout = try ArenaLayout([("w", shape)])
      let plan = try CompressionPlan(parsing: "w: \(text)")
      // A rank that the matrix does not have is an error of the plan.
      guard let problem = try? ResolvedPlan(plan, for: layout).problems[0] else { continue }
      var random = RandomGenerator(seed: UInt64(seed))
      let view = try WeightView(random.normals(problem.count), shape: shape)
      let form = try problem.operator.compress(view, from: nil, penalty: 1)
      let expected = try #require(problem.operator.expectedBits(shape: shape))
      let slack = text.hasPrefix("prune") ? Double(form.storage.bits) / 20 + 32 : 0
      #expect(abs(Double(expected - form.storage.bits)) <= slack, "\(shape)")
    }
  }

  @Test func areUnknownWhereTheyFollowFromTheWeights() throws {
    for text in ["lowrank(energy=90%)", "l0penalty(alpha=0.1)", "prune(keep=5%, bits=16)"] {
      let task = try CompressionPlan(parsing: "w: \(text)").tasks[0]
      #expect(task.operator.expectedBits(shape: [20, 30]) == nil, "\(text)")
    }
  }
}
