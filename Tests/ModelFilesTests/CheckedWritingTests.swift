import Compression
import Foundation
import LinearAlgebra
import Testing

@testable import ModelFiles

/// What is written is read again; where it is not what was packed there is no file.
@Suite struct CheckedWritingTests {
  private func model() throws -> PackedModel {
    let form = CompressedForm.codebook(
      try Codebook(.free([1, 2, 3], levels: 3), codes: [0, 1, 2, 1, 0]))
    return CompressedModel(
      parts: [
        .init(
          label: "w", operator: "o", tensors: [.init("w", [5])], form: form)
      ], plain: [PlainTensor("b", [2], floats: [1, 2])], order: ["w", "b"], metadata: ["a": "1"]
    ).packed
  }

  private func failure(_ model: PackedModel) throws -> ModelFileError? {
    try withTemporaryFolder { folder in
      try AtomicFile.write([UInt8]("old".utf8), to: folder + "/m.lcm")
      let error = modelFileError { try model.write(to: folder + "/m.lcm") }
      if error != nil {
        #expect(try contents(folder + "/m.lcm") == Array("old".utf8))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["m.lcm"])
      }
      return error
    }
  }

  @Test func aGoodModelPasses() throws { #expect(try failure(model()) == nil) }

  /// Each byte of each packed tensor matters.
  @Test func tensorsThatAreNotThoseOfTheFormAreSeen() throws {
    let good = try model()
    let part = good.parts[0]
    for (place, tensor) in part.sources.enumerated() {
      var bytes: [UInt8] = []
      try tensor.provide { bytes.append(contentsOf: $0) }
      for index in bytes.indices {
        var changed = bytes
        changed[index] ^= 1
        var bad = part
        bad.sources[place] = TensorSource(
          name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, bytes: changed)
        let error = try failure(
          PackedModel(parts: [bad], plain: good.plain, order: good.order, metadata: good.metadata))
        #expect(error?.category == .internalError, "\(tensor.name), byte \(index)")
      }
    }
  }

  @Test func anotherOrderIsSeen() throws {
    let good = try model()
    for order in [["w"], ["w", "b", "c"], ["w", "w"]] {
      let bad = PackedModel(parts: good.parts, plain: good.plain, order: order, metadata: [:])
      #expect(try failure(bad)?.category == .internalError, "\(order)")
    }
  }

  @Test func theCheckReadsWhatIsInTheFile() throws {
    let good = try model()
    try withTemporaryFolder { folder in
      try good.write(to: folder + "/m.lcm")
      let file = try SafetensorsFile(path: folder + "/m.lcm")
      var metadata = file.metadata
      let plain = try #require(file["plain.b"])
      let sums = [ExactName("plain.b"): try file.checksum(of: plain)]
      try good.check(file, sums, metadata: metadata, path: "p")
      #expect(
        modelFileError {
          try good.check(file, [ExactName("plain.b"): 1], metadata: metadata, path: "p")
        } == .wrongCopy(path: "p", problem: "tensor 'plain.b' differs"))
      metadata["more"] = ""
      #expect(
        modelFileError { try good.check(file, sums, metadata: metadata, path: "p") }?.category
          == .internalError)
    }
  }

  /// So few entries among so many weights that no reader would believe the file.
  @Test func aModelThatNobodyWouldReadIsNotWritten() throws {
    let sparse = try Sparse(count: 1 << 27, indices: [5], values: [1])
    let part = CompressedModel.Part(
      label: "w", operator: "o", tensors: [.init("w", [1 << 27])], form: .sparse(sparse))
    let stored = PackedModel.Part(
      label: "w", operator: "o", tensors: part.tensors,
      form: StoredForm(kind: .sparse, count: 1 << 27, entries: 1))
    let error = try failure(
      PackedModel(parts: [stored], plain: [], order: ["w"], metadata: [:]))
    #expect(error?.category == .cannotWrite)
  }

  @Test(arguments: CompressedModelTests.plans) func digestsTellFormsApart(text: String) throws {
    var random = RandomGenerator(seed: 1)
    let layout = try ArenaLayout([("w", [6, 4, 4, 4])])
    let weights = Arena(layout)
    for index in weights.floats.indices { weights.floats[index] = random.normal() }
    let plan = try ResolvedPlan(CompressionPlan(parsing: "w: " + text), for: layout)
    let form = try plan.compress(weights, into: weights.duplicate())[0]
    weights.floats[7] += 3
    weights.floats[8] -= 3
    let other = try plan.compress(weights, into: weights.duplicate())[0]
    #expect((form.digest == other.digest) == (form.decompressed() == other.decompressed()))
  }
}

/// A flipped bit of a compressed model is seen when it is read.
@Suite struct ModelChecksumTests {
  private func written() throws -> [UInt8] {
    let form = CompressedForm.codebook(
      try Codebook(.free([1, 2, 3], levels: 3), codes: [0, 1, 2, 1, 0]))
    let model = CompressedModel(
      parts: [
        .init(label: "w", operator: "o", tensors: [.init("w", [5])], form: form)
      ], plain: [PlainTensor("b", [2], floats: [1, 2])], order: ["w", "b"], metadata: ["a": "1"])
    return try withTemporaryFolder { folder in
      let size = try model.write(to: folder + "/m.lcm")
      let bytes = try contents(folder + "/m.lcm")
      #expect(bytes.count == size)
      return bytes
    }
  }

  @Test func eachBitCounts() throws {
    let good = try written()
    for place in 0..<8 * good.count {
      var bytes = good
      bytes[place / 8] ^= 1 << (place % 8)
      let error = try withFile(bytes) { path in
        modelFileError { _ = try CompressedModel(path: path) }
      }
      #expect(error != nil, "bit \(place)")
    }
  }

  /// Version 1 had no checksum.
  @Test func filesOfTheVersionBeforeAreRead() throws {
    let good = try written()
    let version = try #require(Data(good).range(of: Data(#"\"version\":2"#.utf8)))
    var bytes = good
    bytes[version.upperBound - 1] = UInt8(ascii: "1")
    bytes[bytes.count - 1] ^= 1
    let model = try withFile(bytes) { try CompressedModel(path: $0) }
    #expect(model.order == ["w", "b"])
  }
}
