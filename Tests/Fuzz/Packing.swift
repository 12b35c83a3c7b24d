import CZlib
import ModelFiles

// Packed files by hand: they may lie about what they hold.

extension Corpus {
  /// A zip file of deflated members.
  ///
  /// - Parameter claim: what the directory says of each member's size; the truth when there is none.
  static func zip(_ members: [(name: String, content: [UInt8])], claim: Int? = nil) -> [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for (name, content) in members {
      let packed = deflated(content, windowBits: -15)
      let crc = content.withUnsafeBytes(checksum(of:))
      let start = file.count
      let fields =
        little(20, 2) + little(0, 2) + little(8, 2) + little(0, 4) + little(Int(crc), 4)
        + little(packed.count, 4) + little(claim ?? content.count, 4) + little(name.utf8.count, 2)
        + little(0, 2)
      file += little(0x0403_4B50, 4) + fields + Array(name.utf8) + packed
      directory +=
        little(0x0201_4B50, 4) + little(20, 2) + fields + little(0, 10) + little(start, 4)
        + Array(name.utf8)
    }
    return file + directory + little(0x0605_4B50, 4) + little(0, 4) + little(members.count, 2)
      + little(members.count, 2) + little(directory.count, 4) + little(file.count, 4) + little(0, 2)
  }

  static func gzip(_ content: [UInt8]) -> [UInt8] { deflated(content, windowBits: 31) }

  static func little(_ value: Int, _ width: Int) -> [UInt8] {
    (0..<width).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
  }

  static func big(_ value: Int) -> [UInt8] { little(value, 4).reversed() }

  private static func deflated(_ bytes: [UInt8], windowBits: Int32) -> [UInt8] {
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    guard
      deflateInit2_(
        &stream, 9, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK
    else { return [] }
    defer { deflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))) + 64)
    let count = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(output.count)
        _ = deflate(&stream, Z_FINISH)
        return output.count - Int(stream.avail_out)
      }
    }
    return Array(output[..<count])
  }
}
