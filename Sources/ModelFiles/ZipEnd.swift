/// The record at the end of a zip file that tells where its directory is.
struct ZipEnd {
  private static let byteCount = 22
  private static let locatorByteCount = 20
  private static let byteCount64 = 56

  let memberCount: Int
  /// The bytes of the file that the directory takes.
  let directory: Range<Int>

  /// - Throws: `ModelFileError`.
  init(of file: InputFile) throws {
    let tailByteCount = min(file.byteCount, Self.byteCount + Int(UInt16.max))
    let tailStart = file.byteCount - tailByteCount
    let tail = try file.bytes(at: tailStart, count: tailByteCount)
    guard let position = Self.position(in: tail) else {
      throw ModelFileError.malformed(
        path: file.path, offset: file.byteCount, expected: "the end record of a zip file",
        found: "none, as if the file were cut off")
    }
    var reader = ByteReader(
      Array(tail[position...]), path: file.path, base: tailStart + position)
    let start = reader.offset
    _ = try reader.take(4)
    let disks = (try reader.read(UInt16.self), try reader.read(UInt16.self))
    _ = try reader.take(2)
    var memberCount = Int(try reader.read(UInt16.self))
    var byteCount = Int(try reader.read(UInt32.self))
    var offset = Int(try reader.read(UInt32.self))
    var end = start
    var isWhole = disks == (0, 0) || disks == (Zip.elsewhere16, Zip.elsewhere16)

    if start >= Self.locatorByteCount {
      var locator = ByteReader(
        try file.bytes(at: start - Self.locatorByteCount, count: Self.locatorByteCount),
        path: file.path, base: start - Self.locatorByteCount)
      if try locator.read(UInt32.self) == Zip.end64Locator {
        isWhole = try isWhole && locator.read(UInt32.self) == 0
        end = try locator.readCount()
        var wide = ByteReader(
          try file.bytes(at: end, count: Self.byteCount64), path: file.path, base: end)
        isWhole = try wide.read(UInt32.self) == Zip.end64 && isWhole
        _ = try wide.take(12)
        let disks = (try wide.read(UInt32.self), try wide.read(UInt32.self))
        isWhole = isWhole && disks == (0, 0)
        _ = try wide.take(8)
        memberCount = try wide.readCount()
        byteCount = try wide.readCount()
        offset = try wide.readCount()
      }
    }
    // Every record takes 46 bytes at least.
    guard isWhole, offset <= end, byteCount == end - offset, memberCount <= byteCount / 46 else {
      throw ModelFileError.malformed(
        path: file.path, offset: start,
        expected: "a zip directory of one disk that ends at byte \(end)",
        found: "\(memberCount) members in \(byteCount) bytes from \(offset) on")
    }
    self.memberCount = memberCount
    directory = offset..<end
  }

  /// The last place in the tail where an end record with its comment fills the rest.
  private static func position(in tail: [UInt8]) -> Int? {
    guard tail.count >= byteCount else { return nil }
    return (0...(tail.count - byteCount)).reversed().first { start in
      tail[start] == 0x50 && tail[start + 1] == 0x4B && tail[start + 2] == 5 && tail[start + 3] == 6
        && start + byteCount + Int(tail[start + 20]) + Int(tail[start + 21]) << 8 == tail.count
    }
  }
}
