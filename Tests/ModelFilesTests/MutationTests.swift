import Foundation
import Testing

@testable import ModelFiles

/// Damages small valid files at random: reading them must give values or an error, never a crash.
@Suite struct MutationTests {
  /// Opens the file and reads all that it declares.
  private func readEverything(_ path: String) throws {
    let file = try openTensorFile(path)
    for tensor in file.tensors {
      let values = try file.floats(tensor.name)
      #expect(values.count == tensor.count)
    }
  }

  private func survives(_ original: [UInt8], seeds: Range<Int>) throws {
    try withFile(original) { path in
      try readEverything(path)
      for seed in seeds {
        var generator = SeededGenerator(seed: seed)
        var bytes = original
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
          let place = Int.random(in: 0..<bytes.count, using: &generator)
          switch Int.random(in: 0..<8, using: &generator) {
          case 0: bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
          case 1: bytes[place] = [0, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
          case 2: bytes[place] = UInt8(ascii: "0") + UInt8.random(in: 0...9, using: &generator)
          case 3: bytes.insert(bytes[place], at: place)
          default: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
          }
        }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        do { try readEverything(path) } catch { #expect(error is ModelFileError, "seed \(seed)") }
      }
    }
  }

  @Test func safetensorsFiles() throws {
    let original = try withTemporaryFolder { folder in
      let sources = [
        TensorSource(name: "fc1.weight", shape: [3, 2], floats: [1, 2, 3, 4, 5, 6]),
        TensorSource(name: "é\"", dtype: .bf16, shape: [2], bytes: [1, 2, 3, 4]),
        TensorSource(name: "", dtype: .i64, shape: [0, 5], bytes: []),
      ]
      try SafetensorsFile.write(sources, metadata: ["format": "pt"], to: folder + "/f")
      return try contents(folder + "/f")
    }
    try survives(original, seeds: 0..<2000)
  }

  @Test func npzFiles() throws {
    let zeros = npy("<f4", shape: "(20,)", data: [UInt8](repeating: 0, count: 80))
    let matrix = npy(">i2", shape: "(2, 3)", isFortranOrder: true, data: Array(0..<12))
    let members = [
      TestMember("a.npy", zeros, isDeflated: true), TestMember("b.npy", matrix),
      TestMember("c.npy", matrix, isDeflated: true),
    ]
    try survives(zipFile(members), seeds: 0..<2000)
  }

  @Test func wideNPZFiles() throws {
    let original = try withTemporaryFolder { folder in
      let sources = [TensorSource(name: "a", shape: [2], floats: [1, 2])]
      try NPZFile.write(sources, to: folder + "/f", zip64From: 0, orMembers: 0)
      return try contents(folder + "/f")
    }
    try survives(original, seeds: 0..<1000)
  }

  @Test func npyFiles() throws {
    try survives(npy("<f2", shape: "(2, 2)", data: Array(0..<8)), seeds: 0..<1000)
  }
}
