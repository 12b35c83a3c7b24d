import Foundation
import Testing

@testable import ModelFiles

@Suite struct MappingTests {
  @Test func mapsTheBytesThatAreRead() throws {
    try withTemporaryFolder { folder in
      var generator = SeededGenerator(seed: 1)
      let big = generator.bytes(3 * 4096 + 77)
      let sources = [
        TensorSource(name: "big", dtype: .u8, shape: [big.count], bytes: big),
        TensorSource(name: "none", dtype: .f32, shape: [0], bytes: []),
        TensorSource(name: "floats", shape: [3], floats: [1, 2, 3]),
      ]
      try SafetensorsFile.write(sources, to: folder + "/f")
      let file = try SafetensorsFile(path: folder + "/f")
      for tensor in file.tensors {
        let mapped = try file.withMappedBytes(tensor.name) { Array($0) }
        let read = try file.bytes(tensor.name)
        #expect(mapped == read)
      }
      #expect(modelFileError { try file.withMappedBytes("other") { _ in } }?.category == .badData)
      // Shorter than when it was opened.
      #expect(truncate(folder + "/f", 500) == 0)
      #expect(modelFileError { try file.withMappedBytes("big") { _ in } }?.category == .badData)
    }
  }

  /// A tensor of 64 GiB, nearly all of it a hole: only what is touched is read.
  @Test func mapsMoreThanMemoryHolds() throws {
    try withTemporaryFolder { folder in
      let count = 1 << 36
      let header = #"{"huge":{"dtype":"U8","shape":[\#(count)],"data_offsets":[0,\#(count)]}}"#
      try Data(safetensors(header)).write(to: URL(fileURLWithPath: folder + "/f"))
      let start = header.utf8.count + 8
      guard truncate(folder + "/f", start + count) == 0 else { return }
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: folder + "/f"))
      try handle.seek(toOffset: UInt64(start + count - 1))
      try handle.write(contentsOf: Data([42]))
      let file = try SafetensorsFile(path: folder + "/f")
      let ends = try file.withMappedBytes("huge") { ($0.count, $0[0], $0[count - 1]) }
      #expect(ends.0 == count && ends.1 == 0 && ends.2 == 42)
    }
  }
}
