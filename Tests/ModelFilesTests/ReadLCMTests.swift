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
        let plan = model.parts.map(\.operator).joined(separator: "; ")
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

  /// Tensors of every type that are not compressed: numpy's in their own, BF16 as floats, others as bytes.
  @Test(.enabled(if: Python.hasSafetensors)) func rebuildsWhatIsNotCompressed() throws {
    var generator = SeededGenerator(seed: 9)
    let sources = ProjectionTests.everyType(&generator)
    let numpy: [ElementType] = [
      .bool, .u8, .i8, .u16, .i16, .u32, .i32, .u64, .i64, .f16, .f32, .f64, .c64,
    ]
    try withTemporaryFolder { folder in
      try SafetensorsFile.write(sources, to: folder + "/f")
      let original = try SafetensorsFile(path: folder + "/f")
      let plan = try CompressionPlan(parsing: "w: quantize(k=3); half: sign()")
      try Projection(original, plan: plan).model.write(to: folder + "/m.lcm")
      let program = """
        import runpy, sys
        sys.argv = sys.argv[1:]
        runpy.run_path(sys.argv[0])
        """
      try #require(
        Python.run(program, Self.example, folder + "/m.lcm", folder + "/m.npz") != nil)
      let file = try openTensorFile(folder + "/m.npz")
      #expect(file.tensors.map(\.name) == original.tensors.map(\.name))
      for (entry, source) in zip(file.tensors, original.tensors)
      where !["w", "half"].contains(source.name) {
        if source.dtype == .bf16 {
          #expect(entry.dtype == .f32 && entry.shape == source.shape)
          let (found, expected) = try (file.floats(entry.name), original.floats(source.name))
          #expect(found.map(\.bitPattern) == expected.map(\.bitPattern))
        } else {
          #expect(try file.bytes(entry.name) == original.bytes(source.name), "\(source.name)")
          #expect(entry.dtype == (numpy.contains(source.dtype) ? source.dtype : .u8))
        }
      }
    }
  }
}
