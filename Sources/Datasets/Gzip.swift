import Deflate

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
    guard let inflation = Inflation(.gzip) else {
      throw DatasetError.damagedGzip(path: path, offset: 0, reason: "zlib cannot be started")
    }
    return try inflate(file, path: path, count: count, with: inflation)
  }

  /// Inflates member after member, chunk by chunk, until the end or until there are `count` bytes.
  ///
  /// - Complexity: O(input + output) time; the output and one chunk of space.
  private static func inflate(
    _ file: [UInt8], path: String, count: Int, with inflation: Inflation
  ) throws -> [UInt8] {
    var output: [UInt8] = []
    // DEFLATE expands at most 1032-fold: a small file reserves little, whatever it claims to hold.
    let (most, overflow) = file.count.multipliedReportingOverflow(by: 1032)
    output.reserveCapacity(overflow ? count : min(count, most))
    var chunk = [UInt8](repeating: 0, count: chunkSize)
    var position = 0

    while output.count < count {
      let room = min(chunk.count, count - output.count)
      let (consumed, produced, state) = file.withUnsafeBytes { input in
        chunk.withUnsafeMutableBytes { output in
          inflation.step(
            UnsafeRawBufferPointer(rebasing: input[position...]),
            into: UnsafeMutableRawBufferPointer(rebasing: output[..<room]))
        }
      }
      position += consumed
      output.append(contentsOf: chunk[..<produced])
      switch state {
      case .ended:
        if position == file.count { return output }
        guard file[position...].starts(with: magic) else {
          throw DatasetError.trailingGarbage(path: path, offset: position)
        }
        if case .damaged(let reason) = inflation.reset() {
          throw DatasetError.damagedGzip(path: path, offset: position, reason: reason)
        }
      case .goesOn:
        // Neither input nor output moved on: the file ends inside a member.
        if produced == 0 && position == file.count {
          throw DatasetError.truncatedGzip(path: path, offset: position)
        }
      case .damaged(let reason):
        throw DatasetError.damagedGzip(path: path, offset: position, reason: reason)
      }
    }
    return output
  }
}
