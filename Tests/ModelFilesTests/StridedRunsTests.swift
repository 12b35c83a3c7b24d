import Compression
import Foundation
import LinearAlgebra
import Testing

@testable import ModelFiles

/// N:M along input channels in a file.
@Suite struct StridedRunsTests {
  private func model(_ `operator`: String) throws -> CompressedModel {
    let layout = try ArenaLayout([("w", [3, 8, 3, 3])])
    let weights = Arena(layout)
    var random = RandomGenerator(seed: 5)
    for index in weights.floats.indices { weights.floats[index] = random.normal() }
    let plan = try ResolvedPlan(CompressionPlan(parsing: "*: " + `operator`), for: layout)
    return CompressedModel(
      plan, forms: try plan.compress(weights, into: weights.duplicate()), weights: weights,
      metadata: [:])
  }

  private func header(_ bytes: [UInt8]) -> String {
    String(decoding: bytes.dropFirst(8).prefix { $0 != 0 }.prefix(2000), as: UTF8.self)
  }

  /// Files of rows are what they were; those of input channels are refused by readers before them.
  @Test func onlyAStrideIsNew() throws {
    try withTemporaryFolder { folder in
      for (`operator`, isNew) in [
        ("prune(keep=2:4)", false), ("prune(keep=2:4, along=inputs)", true),
      ] {
        try model(`operator`).write(to: folder + "/m.lcm")
        let text = header(try contents(folder + "/m.lcm"))
        #expect(text.contains("stride") == isNew)
        #expect(text.contains(#"coding\":\"absolute"#) == !isNew, "\(text)")
      }
    }
  }

  /// The same bytes with another stride are an error, or a form of as many weights.
  @Test(arguments: ["0", "8", "1", "3", "7", "4294967296", "9223372036854775807", "-9"])
  func anotherStrideIsAnErrorOrAnotherForm(stride: String) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/m.lcm"
      try model("prune(keep=2:4, along=inputs)").write(to: path)
      let bytes = try contents(path)
      let length = bytes.prefix(8).enumerated().reduce(0) {
        $0 + Int($1.element) << (8 * $1.offset)
      }
      let old = String(decoding: bytes[8..<8 + length], as: UTF8.self)
      #expect(old.contains(#"stride\":9"#))
      let new = old.replacing(#"stride\":9"#, with: #"stride\":"# + stride)
      let changed =
        (0..<8).map { UInt8(truncatingIfNeeded: new.utf8.count >> (8 * $0)) } + Array(new.utf8)
        + bytes[(8 + length)...].dropLast(4)
      var sum: [UInt8] = []
      sum.append(littleEndian: changed.withUnsafeBytes(checksum(of:)))
      try Data(changed + sum).write(to: URL(fileURLWithPath: path))
      if ["1", "3"].contains(stride) {
        #expect(try CompressedModel(path: path).parts[0].form.count == 216)
      } else {
        #expect(throws: (any Error).self) { try CompressedModel(path: path) }
      }
    }
  }
}
