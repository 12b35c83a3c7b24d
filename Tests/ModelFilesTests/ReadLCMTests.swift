import Compression
import Foundation
import LinearAlgebra
import Testing

@testable import ModelFiles

/// The example that rebuilds the weights elsewhere reads every form.
@Suite struct ReadLCMTests {
  private static let example = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Docs/Examples/read_lcm.py").path

  @Test(.enabled(if: Python.hasSafetensors)) func rebuildsTheWeightsBitForBit() throws {
    let layout = try ArenaLayout([
      ("a.weight", [6, 4, 4, 4]), ("a.bias", [6]), ("b.weight", [5, 8, 2, 2]),
    ])
    let weights = Arena(layout)
    var random = RandomGenerator(seed: 3)
    for index in weights.floats.indices { weights.floats[index] = random.normal() }
    try withTemporaryFolder { folder in
      var models: [CompressedModel] = []
      for selection in ["*.weight: ", "joint(*.weight): "] {
        for text in CompressedModelTests.plans {
          // Some operators need a matrix, and have none in a joint view.
          guard
            let plan = try? ResolvedPlan(CompressionPlan(parsing: selection + text), for: layout),
            let forms = try? plan.compress(weights, mu: 1, into: weights.duplicate())
          else { continue }
          let model = CompressedModel(plan, forms: forms, weights: weights, metadata: [:])
          // Every other one entropy-coded.
          let packed = model.packed
          try (models.count % 2 == 0 ? packed : packed.entropyCoded().model)
            .write(to: "\(folder)/\(models.count).lcm")
          models.append(model)
        }
      }
      #expect(models.count > CompressedModelTests.plans.count)
      let program = """
        import runpy, sys
        example, folder, count = sys.argv[1:]
        for number in range(int(count)):
            sys.argv = [example, f"{folder}/{number}.lcm", f"{folder}/{number}.npz"]
            runpy.run_path(example)
        """
      try #require(Python.run(program, Self.example, folder, "\(models.count)") != nil)
      for (number, model) in models.enumerated() {
        let file = try openTensorFile("\(folder)/\(number).npz")
        #expect(file.tensors.map(\.name) == model.order)
        let plan = model.parts.map(\.operation).joined(separator: "; ")
        // A product's last bits are its BLAS's.
        let multiplies = plan.contains("lowrank") || plan.contains("nuclear")
        for tensor in model.decompressed() {
          let found = try file.floats(tensor.shape.name)
          let expected = try #require(tensor.floats)
          #expect(found.count == expected.count)
          if multiplies {
            #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-5 }, "\(plan)")
          } else {
            #expect(found.map(\.bitPattern) == expected.map(\.bitPattern), "\(plan)")
          }
        }
      }
    }
  }
}
