import Deflate

/// Reads one member of a zip file from front to back and checks its CRC at the end.
///
/// Never yields more than the directory declares, however much the compressed data would give.
struct ZipMemberReader: ByteSource {
  private let member: ZipMember
  private let path: String
  private var stored: InputFile.Cursor
  private let inflater: Inflater?
  private var remaining: Int
  private var checksum = Checksum()

  init(_ member: ZipMember, of file: InputFile) throws {
    self.member = member
    path = file.path
    remaining = member.byteCount
    stored = InputFile.Cursor(file: file, offset: member.dataOffset)
    inflater =
      member.method == Zip.deflated
      ? try Inflater(stored, byteCount: member.compressedByteCount) : nil
  }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws {
    guard buffer.count <= remaining else {
      throw malformed("\(buffer.count) bytes more", "\(remaining)")
    }
    if let inflater {
      guard try inflater.inflate(into: buffer) == buffer.count else {
        throw malformed("\(member.byteCount) bytes of deflated data", "damaged or fewer data")
      }
    } else {
      try stored.read(into: buffer)
    }
    remaining -= buffer.count
    checksum.update(UnsafeRawBufferPointer(buffer))
  }

  /// Checks, after the last byte was read, that the member ends here and was not damaged.
  func finish() throws {
    guard remaining == 0 else { throw malformed("the end of the member", "\(remaining) bytes") }
    if let inflater {
      var extra: UInt8 = 0
      let count = try withUnsafeMutableBytes(of: &extra) { try inflater.inflate(into: $0) }
      guard count == 0, inflater.isComplete else {
        throw malformed("the end of the deflated data after \(member.byteCount) bytes", "more")
      }
    }
    guard checksum.value == member.crc else {
      throw malformed(
        "CRC \(String(member.crc, radix: 16))", "\(String(checksum.value, radix: 16))")
    }
  }

  private func malformed(_ expected: String, _ found: String) -> ModelFileError {
    .malformedTensor(path: path, tensor: member.name, expected: expected, found: found)
  }
}

/// The CRC-32 of the bytes that were passed so far.
struct Checksum {
  private(set) var value: UInt32 = 0

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    value = crc(value, with: bytes)
  }
}
