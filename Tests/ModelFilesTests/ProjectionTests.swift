import Compression
import Foundation
import LinearAlgebra
import Testing

@testable import ModelFiles

/// The C step on a file: what is compressed, and what is kept.
@Suite struct ProjectionTests {
  /// Raw bytes of every type there is, an empty tensor of each beside them, and a matrix to compress.
  static func everyType(_ generator: inout SeededGenerator) -> [TensorSource] {
    var sources = [
      TensorSource(name: "w", shape: [6, 8], floats: generator.floats(48)),
      TensorSource(
        name: "half", dtype: .bf16, shape: [4, 4],
        bytes: generator.floats(16).flatMap {
          let bits = HalfPrecision.bf16($0)
          return [UInt8(truncatingIfNeeded: bits), UInt8(bits >> 8)]
        }),
    ]
    for dtype in ElementType.allCases {
      let bytes = dtype == .bool ? [0, 1, 1, 0] : generator.bytes(4 * dtype.bitCount / 8)
      sources.append(
        TensorSource(name: "kept.\(dtype.rawValue)", dtype: dtype, shape: [2, 2], bytes: bytes))
      sources.append(
        TensorSource(name: "empty.\(dtype.rawValue)", dtype: dtype, shape: [0, 3], bytes: []))
    }
    // Names that packed tensors have, or that look like it.
    for name in ["0.codes", "0.codes.deflated", "plain.w", "plain.", "1.left", "\u{301}", ""] {
      sources.append(TensorSource(name: name, dtype: .u8, shape: [3], bytes: [1, 2, 3]))
    }
    return sources
  }

  private func bytes(_ source: TensorSource) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try source.provide { bytes.append(contentsOf: $0) }
    return bytes
  }

  private func project(_ file: any TensorFile, _ plan: String) throws -> Projection {
    try Projection(file, plan: CompressionPlan(parsing: plan))
  }

  private func error(_ sources: [TensorSource], _ plan: String) throws -> String {
    try withTemporaryFolder { folder in
      try SafetensorsFile.write(sources, to: folder + "/f")
      let file = try openTensorFile(folder + "/f")
      do { _ = try project(file, plan) } catch { return "\(error)" }
      return ""
    }
  }

  /// An exclusion means a tensor of any kind, by its exact name first.
  @Test(arguments: [
    ("*, !blk[0].w: sign()", ["blk[0].w", "o"], ["blk0.w"], ["o"]),
    ("*, !blk[0].w: sign()", ["blk0.w", "o"], ["blk[0].w"], ["blk0.w", "o"]),
    ("fc*, !*.ids: sign(); emb*: sign()", ["fc.w", "emb.ids"], ["fc.ids"], ["fc.w", "emb.ids"]),
    ("*, !*.ids: sign()", ["fc.w"], ["fc.ids"], ["fc.w"]),
  ])
  func exclusionsMeanWhatTheyName(
    plan: String, weights: [String], others: [String], taken: [String]
  ) throws {
    var generator = SeededGenerator(seed: 6)
    let sources =
      weights.map { TensorSource(name: $0, shape: [2, 3], floats: generator.floats(6)) }
      + others.map {
        TensorSource(name: $0, dtype: .i64, shape: [1], bytes: .init(repeating: 1, count: 8))
      }
    try withTemporaryFolder { folder in
      try SafetensorsFile.write(sources, to: folder + "/f")
      let projection = try project(openTensorFile(folder + "/f"), plan)
      #expect(projection.rows.map(\.name).sorted() == taken.sorted())
    }
  }

  /// Beside larger numbers small doubles are rounded; alone they would all become 0.
  @Test(arguments: [(1e-60, false), (1e-40, false), (1e-30, true), (1, true)])
  func doublesBelowFloatsAreRefused(size: Double, isFit: Bool) throws {
    func doubles(_ values: [Double]) -> TensorSource {
      TensorSource(
        name: "w", dtype: .f64, shape: [values.count],
        bytes: values.flatMap { value in
          withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
        })
    }
    let found = try error([doubles([size, -size / 3, 0])], "w: quantize(k=2)")
    #expect(found.isEmpty == isFit && (isFit || found.contains("no number larger than")))
    #expect(try error([doubles([1, size])], "w: quantize(k=2)").isEmpty)
  }

  @Test func allThatCannotBeStoredIsNamed() throws {
    let sources = ["a", "b", "c"].enumerated().map { index, name in
      TensorSource(name: name, shape: [2], floats: [index == 1 ? 1 : 1e6, 0.5])
    }
    let found = try error(sources, "*: prune(keep=1, bits=16)")
    #expect(found.contains("2 tensors") && found.contains("a [2]") && found.contains("c [2]"))
  }

  @Test func whatNoTaskNamesIsKeptBitForBit() throws {
    var generator = SeededGenerator(seed: 5)
    let sources = Self.everyType(&generator)
    try withTemporaryFolder { folder in
      try SafetensorsFile.write(sources, metadata: ["format": "pt"], to: folder + "/f")
      let file = try SafetensorsFile(path: folder + "/f")
      let projection = try project(file, "w: quantize(k=3); half: quantize(k=2)")
      let models = [projection.model, try projection.model.entropyCoded().model]
      for (number, packed) in models.enumerated() {
        let path = "\(folder)/\(number).lcm"
        try packed.write(to: path)
        let model = try CompressedModel(path: path)
        #expect(model.metadata["format"] == "pt")
        #expect(model.order.map(ExactName.init) == file.tensors.map { ExactName($0.name) })
        #expect(model.plain.count == sources.count - 2)
        try SafetensorsFile.write(model.decompressed().map(\.source), to: folder + "/dense")
        let dense = try SafetensorsFile(path: folder + "/dense")
        for source in sources.dropFirst(2) {
          let entry = try #require(dense[source.name])
          #expect(entry.dtype == source.dtype && entry.shape == source.shape)
          #expect(try dense.bytes(source.name) == bytes(source), "\(source.name)")
        }
        let comparison = try ModelComparison(
          CompressedFile(SafetensorsFile(path: path)), with: file)
        #expect(comparison.differences.isEmpty)
        #expect(comparison.squaredError == projection.squaredDistance)
      }
    }
  }

  @Test func bitsAreCountedAgainstTheSourceToo() throws {
    let half = TensorSource(
      name: "h", dtype: .f16, shape: [8],
      bytes: [0, 60, 0, 64, 0, 0, 0, 188, 0, 60, 0, 64, 0, 0, 0, 0])
    let kept = TensorSource(
      name: "k", dtype: .f16, shape: [4], bytes: [UInt8](repeating: 1, count: 8))
    try withTemporaryFolder { folder in
      try SafetensorsFile.write([half, kept], to: folder + "/f")
      let projection = try project(SafetensorsFile(path: folder + "/f"), "h: sign()")
      let row = projection.rows[0]
      #expect(row.type == "F16" && row.bits == 8 && row.ratio == 32 && row.sourceRatio == 16)
      #expect(projection.plainBits == 64)
      try projection.model.write(to: folder + "/m.lcm")
      let model = try CompressedModel(path: folder + "/m.lcm")
      #expect(model.sourceRatio == 16 && model.ratio == 32)
      #expect(model.plainBits == 64 && model.sourceNetworkRatio == (128 + 64) / (8.0 + 64))
      #expect(model.parts[0].tensors[0].dtype == .f16)
    }
  }

  @Test func patternsTakeFloatingTensorsThatAreNotEmpty() throws {
    let ids = TensorSource(name: "ids", dtype: .i64, shape: [1], bytes: [1, 0, 0, 0, 1, 0, 0, 0])
    let sources = [
      TensorSource(name: "w", shape: [2], floats: [1, 2]), ids,
      TensorSource(name: "none", shape: [0], floats: []),
      TensorSource(name: "a[0]", dtype: .i8, shape: [1], bytes: [1]),
      TensorSource(name: "a0", shape: [1], floats: [1]),
      TensorSource(name: "scale", dtype: .f8E4M3, shape: [2], bytes: [1, 2]),
    ]
    try withTemporaryFolder { folder in
      try SafetensorsFile.write(sources, to: folder + "/f")
      let projection = try project(SafetensorsFile(path: folder + "/f"), "*: binary()")
      #expect(projection.rows.map(\.name) == ["w", "a0"])
    }
    for (plan, parts) in [
      ("ids: binary()", ["'ids'", "I64 [1]", "F64, F32, F16, BF16"]),
      ("i*: binary()", ["'ids'", "I64"]), ("a[0]: binary()", ["'a[0]'", "I8"]),
      ("none: binary()", ["'none'", "F32 [0]"]),
      ("scale: binary()", ["'scale'", "F8_E4M3"]),
      ("joint(w, ids): binary()", ["'ids'"]), ("other: binary()", ["'other' fits no parameter"]),
    ] {
      let message = try error(sources, plan)
      for part in parts { #expect(message.contains(part), "\(plan): \(message)") }
    }
  }

  @Test func numbersBeyondFloatsNameTheirTensor() throws {
    let huge = withUnsafeBytes(of: 1e300) { Array($0) }
    let sources = [
      TensorSource(name: "a", shape: [2], floats: [1, 2]),
      TensorSource(name: "b", dtype: .f64, shape: [1], bytes: huge),
      TensorSource(name: "c", shape: [2], floats: [1, .nan]),
    ]
    let message = try error(sources, "joint(a, b): binary()")
    #expect(message.contains("'b'") && message.contains("beyond that range"))
    #expect(try error(sources, "joint(a, c): binary()").contains("'c'"))
    // What is not compressed may be anything.
    #expect(try error(sources, "a: binary()") == "")
  }

  @Test func theErrorOfZerosIsNotZero() throws {
    try withTemporaryFolder { folder in
      try SafetensorsFile.write(
        [TensorSource(name: "w", shape: [9], floats: [Float](repeating: 0, count: 9))],
        to: folder + "/f")
      let file = try SafetensorsFile(path: folder + "/f")
      let signs = try project(file, "w: sign()").rows[0]
      #expect(signs.relativeError.value == nil && signs.squaredError == 9)
      #expect(try JSONEncoder().encode([signs.relativeError]) == Data("[null]".utf8))
      let none = try project(file, "w: quantize(k=1)").rows[0]
      #expect(none.relativeError.value == 0 && none.squaredError == 0)
      for error in [signs, none].map(\.relativeError) {
        let text = try JSONEncoder().encode([error])
        #expect(try JSONDecoder().decode([RelativeError].self, from: text) == [error])
      }
    }
  }

  @Test func aReservedNameIsRefusedBeforeTheWork() throws {
    try withTemporaryFolder { folder in
      let sources = [
        TensorSource(name: "__metadata__", shape: [1], floats: [1]),
        TensorSource(name: "w", shape: [1], floats: [.nan]),
      ]
      try NPZFile.write(sources, to: folder + "/f.npz")
      let file = try openTensorFile(folder + "/f.npz")
      let error = modelFileError { _ = try project(file, "w: binary()") }
      #expect(error?.category == .badData)
      #expect(error?.description.contains("'__metadata__'") == true)
    }
  }

  @Test func arraysThatAreNotNumbersAreToldOf() throws {
    let text = TestMember("t.npy", npy("<U1", shape: "(1,)", data: [65, 0, 0, 0]))
    let array = TestMember("w.npy", npy("<f2", shape: "(2,)", data: [0, 60, 0, 64]))
    try withFile(zipFile([text, array])) { path in
      let file = try openTensorFile(path)
      let projection = try project(file, "*: binary()")
      #expect(projection.dropped == [OtherArray(name: "t", type: "<U1")])
      #expect(projection.rows.map(\.name) == ["w"])
      let error = modelFileError { _ = try project(file, "t: binary()") }
      #expect(error?.description.contains("'t'") == true)
    }
  }

  @Test func metadataOfTheSourceIsKeptApartFromTheModels() throws {
    let source = [
      "format": "pt", "plan": "a", "provenance": "b", "lcm": "c", "source.plan": "d",
      "source.": "e",
      "source.x": "f",
    ]
    let kept = PackedModel.kept(source)
    #expect(
      kept == [
        "format": "pt", "source.plan": "a", "source.provenance": "b", "source.lcm": "c",
        "source.source.plan": "d", "source.": "e", "source.x": "f",
      ])
    #expect(PackedModel.kept(kept).count == kept.count)
  }

  @Test func compressedTensorsComeInTheirSourcesType() throws {
    let tensor = PlainTensor("w", [3], floats: [1, 1 + 0x1p-12, -0.0])
    let half = try #require(try tensor.converted(to: .f16))
    #expect(half.rounded == 1 && half.tensor.bytes == [0, 0x3C, 0, 0x3C, 0, 0x80])
    let double = try #require(try tensor.converted(to: .f64))
    #expect(double.rounded == 0 && double.tensor.floats == [1, 1 + 0x1p-12, 0])
    let bits = try #require(try tensor.converted(to: .bf16))
    #expect(bits.rounded == 1 && bits.tensor.shape.dtype == .bf16)
    #expect(throws: CompressionError.self) {
      try PlainTensor("w", [1], floats: [70_000]).converted(to: .f16)
    }
    #expect(throws: CompressionError.self) { try PlainTensor(.init("w", [2]), bytes: [1, 2, 3]) }
    #expect(
      PlainTensor(unchecked: .init("w", [1], dtype: .c64), bytes: [UInt8](0..<8)).floats == nil)
  }
}
