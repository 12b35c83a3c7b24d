import CZlib

/// Inflates gzip files (RFC 1952) of one or more members; zlib checks length and CRC of each.
///
/// A file that does not begin like gzip is taken as it is. Paths are for the errors alone.
enum Gzip {
  private static let magic: [UInt8] = [0x1f, 0x8b]
  private static let chunkSize = 1 << 18

  /// The contents of the file at `path`.
  ///
  /// - Throws: `DatasetError`; `tooLarge` when the file, or what it inflates to, has more than
  ///   `limit` bytes. No more than `limit + 1` bytes are inflated to find that out.
  static func contents(ofFile path: String, limit: Int) throws -> [UInt8] {
    try contents(of: RawFile.read(path, limit: limit), path: path, limit: limit)
  }

  /// The contents of a file whose bytes are `file`; at most `limit` bytes, else an error.
  static func contents(of file: [UInt8], path: String, limit: Int) throws -> [UInt8] {
    let contents = try prefix(of: file, path: path, count: limit == .max ? limit : limit + 1)
    guard contents.count <= limit else { throw DatasetError.tooLarge(path: path, limit: limit) }
    return contents
  }

  /// The first `count` bytes of the contents, or all of them when there are fewer.
  ///
  /// What follows the first `count` bytes is neither inflated nor checked.
  static func prefix(of file: [UInt8], path: String, count: Int) throws -> [UInt8] {
    guard file.starts(with: magic) else {
      return file.count <= count ? file : Array(file.prefix(count))
    }
    var stream = z_stream()
    // zlib's state keeps the address of its stream: it must be one and the same for all calls.
    return try withUnsafeMutablePointer(to: &stream) { stream in
      // 15: the largest window; + 16: a gzip header and nothing else.
      let size = Int32(MemoryLayout<z_stream>.size)
      let status = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, size)
      guard status == Z_OK else { throw damage(stream, status, at: 0, of: path) }
      defer { inflateEnd(stream) }
      return try inflate(file, path: path, count: count, with: stream)
    }
  }

  /// Inflates member after member, chunk by chunk, until the end or until there are `count` bytes.
  ///
  /// - Complexity: O(input + output) time; the output and one chunk of space.
  private static func inflate(
    _ file: [UInt8], path: String, count: Int, with stream: UnsafeMutablePointer<z_stream>
  ) throws -> [UInt8] {
    var output: [UInt8] = []
    // DEFLATE expands at most 1032-fold: a small file reserves little, whatever it claims to hold.
    let (most, overflow) = file.count.multipliedReportingOverflow(by: 1032)
    output.reserveCapacity(overflow ? count : min(count, most))
    var chunk = [UInt8](repeating: 0, count: chunkSize)
    var position = 0

    while output.count < count {
      let room = min(chunk.count, count - output.count)
      let (produced, status) = step(file, &position, &chunk, room, stream)
      output.append(contentsOf: chunk[..<produced])
      switch status {
      case Z_STREAM_END:
        if position == file.count { return output }
        guard file[position...].starts(with: magic) else {
          throw DatasetError.trailingGarbage(path: path, offset: position)
        }
        let status = inflateReset(stream)
        guard status == Z_OK else { throw damage(stream, status, at: position, of: path) }
      case Z_OK, Z_BUF_ERROR:
        // Neither input nor output moved on: the file ends inside a member.
        if produced == 0 && position == file.count {
          throw DatasetError.truncatedGzip(path: path, offset: position)
        }
      default:
        throw damage(stream, status, at: position, of: path)
      }
    }
    return output
  }

  /// One call of zlib, from `file[position...]` into `chunk[..<room]`; moves `position` on.
  private static func step(
    _ file: [UInt8], _ position: inout Int, _ chunk: inout [UInt8], _ room: Int,
    _ stream: UnsafeMutablePointer<z_stream>
  ) -> (produced: Int, status: Int32) {
    file.withUnsafeBufferPointer { input in
      chunk.withUnsafeMutableBufferPointer { output in
        // In bounds: zlib reads at most `available` bytes of the input's rest and writes at most
        // `room`, which the rebasing checks against the chunk. It never writes through `next_in`.
        let rest = UnsafeBufferPointer(rebasing: input[position...])
        let target = UnsafeMutableBufferPointer(rebasing: output[..<room])
        let available = UInt32(clamping: rest.count)
        stream.pointee.next_in = UnsafeMutablePointer(mutating: rest.baseAddress)
        stream.pointee.avail_in = available
        stream.pointee.next_out = target.baseAddress
        stream.pointee.avail_out = UInt32(clamping: target.count)
        let status = CZlib.inflate(stream, Z_NO_FLUSH)
        position += Int(available - stream.pointee.avail_in)
        return (target.count - Int(stream.pointee.avail_out), status)
      }
    }
  }

  private static func damage(
    _ stream: UnsafeMutablePointer<z_stream>, _ status: Int32, at offset: Int, of path: String
  ) -> DatasetError {
    let reason = stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)"
    return .damagedGzip(path: path, offset: offset, reason: reason)
  }
}
