import CZlib
import Foundation

/// A folder for one test's files, gone after the test.
struct TemporaryFolder {
  let path: String

  static func with<Result>(_ body: (TemporaryFolder) throws -> Result) throws -> Result {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("datasets-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(TemporaryFolder(path: url.path))
  }

  /// Writes a file and gives its path; folders in the name are made.
  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    let url = URL(fileURLWithPath: path).appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return url.path
  }

  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: "\(path)/\(name)")
  }
}

/// The bytes as one gzip member.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
  var input = bytes
  var stream = z_stream()
  return withUnsafeMutablePointer(to: &stream) { stream in
    let size = Int32(MemoryLayout<z_stream>.size)
    let status = deflateInit2_(
      stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
    precondition(status == Z_OK)
    defer { deflateEnd(stream) }
    var output = [UInt8](repeating: 0, count: Int(deflateBound(stream, UInt(input.count))))
    let produced = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.pointee.next_in = input.baseAddress
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(output.count)
        precondition(deflate(stream, Z_FINISH) == Z_STREAM_END)
        return output.count - Int(stream.pointee.avail_out)
      }
    }
    return Array(output[..<produced])
  }
}

/// An IDX file of any magic number, sizes and values, right or wrong.
func idx(magic: UInt32, sizes: [UInt32], values: [UInt8]) -> [UInt8] {
  var bytes: [UInt8] = []
  for word in [magic] + sizes { withUnsafeBytes(of: word.bigEndian) { bytes += $0 } }
  return bytes + values
}

func idxImages(_ sizes: [UInt32], _ values: [UInt8]) -> [UInt8] {
  idx(magic: 0x803, sizes: sizes, values: values)
}

func idxLabels(_ values: [UInt8]) -> [UInt8] {
  idx(magic: 0x801, sizes: [UInt32(values.count)], values: values)
}
