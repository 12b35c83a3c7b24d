import CZlib
import Foundation

@testable import ModelFiles

/// Calls the body with the path of a new folder, which is removed afterwards.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = NSTemporaryDirectory() + "lc-files-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

/// Calls the body with the path of a file of those bytes.
func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
  try withTemporaryFolder { folder in
    try Data(bytes).write(to: URL(fileURLWithPath: folder + "/file"))
    return try body(folder + "/file")
  }
}

func contents(_ path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
}

/// The error of the module that the body throws, if it throws one.
func modelFileError(_ body: () throws -> Void) -> ModelFileError? {
  do { try body() } catch { return error as? ModelFileError }
  return nil
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  init(seed: Int) { state = UInt64(seed) }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func shape(rank: ClosedRange<Int> = 0...4, size: ClosedRange<Int> = 0...5) -> [Int] {
    (0..<Int.random(in: rank, using: &self)).map { _ in Int.random(in: size, using: &self) }
  }

  /// Finite floats of all magnitudes.
  mutating func floats(_ count: Int) -> [Float] {
    (0..<count).map { _ in
      Float.random(in: -1...1, using: &self) * Float.random(in: 0...1e6, using: &self)
    }
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
  }
}

/// Names that break careless writers.
let difficultNames = [
  "", "weight", "quote\"d", "back\\slash", "new\nline\ttab\u{1}", "größe", "重み", "🧠.weight", "a/b",
  "it's", "{}[]:,", "\u{7F}\u{2028}",
]

/// A safetensors file with that header, whatever it says.
func safetensors(_ header: String, data: [UInt8] = []) -> [UInt8] {
  safetensors(Array(header.utf8), data: data)
}

func safetensors(_ header: [UInt8], data: [UInt8] = []) -> [UInt8] {
  var file: [UInt8] = []
  file.append(littleEndian: UInt64(header.count))
  return file + header + data
}

/// An npy file with that header text, whatever it says.
func npy(_ text: String, version: UInt8 = 1, data: [UInt8] = []) -> [UInt8] {
  var file = NPYHeader.magic + [version, 0]
  if version == 1 {
    file.append(littleEndian: UInt16(text.utf8.count))
  } else {
    file.append(littleEndian: UInt32(text.utf8.count))
  }
  return file + Array(text.utf8) + data
}

func npy(_ descr: String, shape: String, isFortranOrder: Bool = false, data: [UInt8]) -> [UInt8] {
  let order = isFortranOrder ? "True" : "False"
  return npy("{'descr': '\(descr)', 'fortran_order': \(order), 'shape': \(shape), }", data: data)
}

/// A member of a zip file, with fields that can be falsified.
struct TestMember {
  var name: String
  var method: UInt16
  var flags: UInt16 = 0
  var crc: UInt32
  var compressed: [UInt8]
  var byteCount: Int
  var localName: String
  var headerOffset: Int?

  init(_ name: String, _ content: [UInt8], isDeflated: Bool = false) {
    self.name = name
    localName = name
    method = isDeflated ? 8 : 0
    byteCount = content.count
    var checksum = Checksum()
    content.withUnsafeBytes { checksum.update($0) }
    crc = checksum.value
    compressed = isDeflated ? deflated(content) : content
  }
}

/// A zip file of those members; honest if they are.
func zipFile(_ members: [TestMember], comment: String = "") -> [UInt8] {
  func shared(_ member: TestMember, _ name: String) -> [UInt8] {
    var fields: [UInt8] = []
    fields.append(littleEndian: UInt16(20))
    fields.append(littleEndian: member.flags)
    fields.append(littleEndian: member.method)
    fields.append(littleEndian: UInt32(0))
    fields.append(littleEndian: member.crc)
    fields.append(littleEndian: UInt32(member.compressed.count))
    fields.append(littleEndian: UInt32(truncatingIfNeeded: member.byteCount))
    fields.append(littleEndian: UInt16(name.utf8.count))
    fields.append(littleEndian: UInt16(0))
    return fields
  }
  var file: [UInt8] = []
  var directory: [UInt8] = []
  for member in members {
    directory.append(littleEndian: Zip.centralHeader)
    directory.append(littleEndian: UInt16(20))
    directory.append(contentsOf: shared(member, member.name))
    directory.append(contentsOf: repeatElement(0, count: 10))
    directory.append(littleEndian: UInt32(member.headerOffset ?? file.count))
    directory.append(contentsOf: member.name.utf8)
    file.append(littleEndian: Zip.localHeader)
    file.append(contentsOf: shared(member, member.localName))
    file.append(contentsOf: member.localName.utf8)
    file.append(contentsOf: member.compressed)
  }
  let start = file.count
  file += directory
  file.append(littleEndian: Zip.end)
  file.append(littleEndian: UInt32(0))
  file.append(littleEndian: UInt16(members.count))
  file.append(littleEndian: UInt16(members.count))
  file.append(littleEndian: UInt32(directory.count))
  file.append(littleEndian: UInt32(start))
  file.append(littleEndian: UInt16(comment.utf8.count))
  return file + Array(comment.utf8)
}

/// The bytes as raw deflated data.
func deflated(_ bytes: [UInt8]) -> [UInt8] {
  var stream = z_stream()
  let size = Int32(MemoryLayout<z_stream>.size)
  deflateInit2_(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
  defer { deflateEnd(&stream) }
  var input = bytes
  var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))) + 16)
  let count = input.withUnsafeMutableBufferPointer { input in
    output.withUnsafeMutableBufferPointer { output in
      stream.next_in = input.baseAddress
      stream.avail_in = UInt32(input.count)
      stream.next_out = output.baseAddress
      stream.avail_out = UInt32(output.count)
      deflate(&stream, Z_FINISH)
      return output.count - Int(stream.avail_out)
    }
  }
  return Array(output[..<count])
}
