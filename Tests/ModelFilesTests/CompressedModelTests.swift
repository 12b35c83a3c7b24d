import Compression
import Foundation
import LinearAlgebra
import Testing

@testable import ModelFiles

@Suite struct CompressedModelTests {
  /// Every form, pattern, format and kind of codebook there is.
  static let plans = [
    "quantize(k=2)", "quantize(k=5, per=row)", "quantize(k=1)", "quantize(k=150)", "sign()",
    "binary()",
    "binary(per=7)", "ternary()", "powers(c=3)", "powers(c=2, top=0)", "uniform(b=4)",
    "uniform(b=3, affine, per=row)", "prune(keep=3%)", "prune(keep=100%)",
    "prune(keep=60%, bits=16)",
    "prune(keep=20%, k=5)", "prune(keep=1, k=1)", "prune(keep=2:4)", "prune(keep=1:1, bits=16)",
    "prune(keep=2:4, along=inputs)", "prune(keep=1:2, along=inputs, k=3) + binary()",
    "prune(keep=2, of=rows)", "prune(keep=2, of=columns)", "prune(keep=1, of=channels, k=4)",
    "prune(keep=3, of=kernels)", "prune(keep=25%, of=2x3, bits=16)", "prune(keep=100%, of=rows)",
    "l1ball(radius=5)", "l0penalty(alpha=2)", "l0penalty(alpha=1e9)",
    "grouplasso(alpha=3, of=rows)",
    "lowrank(r=2)", "lowrank(r=3, scheme=2, bits=16)", "lowrank(lambda=1e9)", "nuclear(alpha=9)",
    "quantize(k=2) + prune(keep=1%) + lowrank(r=1)",
  ]

  @Test(arguments: plans) func comesBackAsItWas(text: String) throws {
    var random = RandomGenerator(seed: UInt64(text.count))
    let layout = try ArenaLayout([
      ("a.weight", [6, 4, 4, 4]), ("a.bias", [6]), ("b.weight", [5, 8, 2, 2]),
    ])
    let weights = Arena(layout)
    for index in weights.floats.indices { weights.floats[index] = random.normal() }
    let plan = try ResolvedPlan(CompressionPlan(parsing: "*.weight: " + text), for: layout)
    let decompressed = weights.duplicate()
    let forms = try plan.compress(weights, into: decompressed)
    let model = CompressedModel(plan, forms: forms, weights: weights, metadata: ["note": "ü"])
    try withTemporaryFolder { folder in
      let bytes = try model.write(to: folder + "/m.lcm")
      let size = try FileManager.default.attributesOfItem(atPath: folder + "/m.lcm")[.size] as? Int
      #expect(size == bytes)
      // The count and the file agree.
      let counted = Double(model.bits + model.plainBits) / 8
      #expect(Double(bytes) >= counted && Double(bytes) <= counted * 1.01 + 4096)
      let read = try CompressedModel(path: folder + "/m.lcm")
      #expect(read.parts.map(\.form) == forms)
      #expect(read.bits == model.bits && read.order == model.order)
      #expect(read.metadata == ["note": "ü"])
      for (tensor, slot) in zip(read.decompressed(), layout.slots) {
        #expect(tensor.shape.name == slot.name)
        #expect(tensor.floats == decompressed.values(of: slot))
      }
    }
  }

  @Test func largeTensorsAgreeWithTheirCount() throws {
    var random = RandomGenerator(seed: 1)
    let values = random.normals(200_000)
    let layout = try ArenaLayout([("w", [400, 500])])
    for text in ["quantize(k=16)", "prune(keep=1%)", "prune(keep=5%, bits=16)", "lowrank(r=8)"] {
      let plan = try ResolvedPlan(CompressionPlan(parsing: "*: " + text), for: layout)
      let weights = Arena(layout)
      _ = weights.floats.update(fromContentsOf: values)
      let forms = try plan.compress(weights, into: weights.duplicate())
      let model = CompressedModel(plan, forms: forms, weights: weights, metadata: [:])
      let bytes = Double(try model.fileSize())
      #expect(bytes >= Double(model.bits) / 8 && bytes <= Double(model.bits) / 8 * 1.01 + 4096)
    }
  }

  /// Deflated codes and places come back as they were, and damaged ones are errors.
  @Test(arguments: plans) func entropyCodingComesBack(text: String) throws {
    var random = RandomGenerator(seed: 3)
    let layout = try ArenaLayout([("a.weight", [48, 8, 4, 4])])
    let weights = Arena(layout)
    // Many small weights: skewed codes.
    for index in weights.floats.indices {
      let value = random.normal()
      weights.floats[index] = value * value * value
    }
    let plan = try ResolvedPlan(CompressionPlan(parsing: "*: " + text), for: layout)
    let forms = try plan.compress(weights, into: weights.duplicate())
    let packed = CompressedModel(plan, forms: forms, weights: weights, metadata: [:]).packed
    let coded = try packed.entropyCoded()
    #expect(coded.after <= coded.before)
    let saved = try packed.fileSize() - coded.model.fileSize()
    #expect(abs(saved - (coded.before - coded.after)) <= 128)
    try withTemporaryFolder { folder in
      let path = folder + "/m.lcm"
      try coded.model.write(to: path)
      #expect(try CompressedModel(path: path).parts.map(\.form) == forms)
      if coded.after < coded.before {
        var bytes = try contents(path)
        let place = bytes.count - coded.after / 2
        bytes[place] ^= 0x55
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        // An error or, where the checksum is not hit, another form; never a crash.
        _ = try? CompressedModel(path: path)
      }
    }
    if text == "quantize(k=5, per=row)" || text == "ternary()" {
      #expect(coded.after < coded.before)
    }
  }
}
