/// Writes stored members of a zip file one after the other, then the directory.
struct ZipWriter {
  /// The size or offset from which on the wide fields of zip64 are used.
  let wideSize: Int
  /// The number of members from which on the end record of zip64 is used.
  let wideCount: Int
  private var members: [(name: String, crc: UInt32, byteCount: Int, headerOffset: Int)] = []

  init(wideSize: Int, wideCount: Int) {
    self.wideSize = wideSize
    self.wideCount = wideCount
  }

  /// Appends one member.
  ///
  /// - Parameters:
  ///   - name: Of at most 65,535 bytes.
  ///   - content: Appends `byteCount` bytes and passes them to the checksum.
  mutating func append(
    _ name: String, byteCount: Int, to writer: inout AtomicFile.Writer,
    content: (inout AtomicFile.Writer, inout Checksum) throws -> Void
  ) throws {
    let start = writer.count
    let isWide = byteCount >= wideSize
    var header: [UInt8] = []
    header.append(littleEndian: Zip.localHeader)
    header.append(contentsOf: shared(name, crc: 0, byteCount: byteCount, isWide: isWide))
    let extra = isWide ? extra64([byteCount, byteCount]) : []
    header.append(littleEndian: UInt16(extra.count))
    try writer.append(header + Array(name.utf8) + extra)
    var checksum = Checksum()
    try content(&writer, &checksum)
    var crc: [UInt8] = []
    crc.append(littleEndian: checksum.value)
    try writer.replace(at: start + 14, with: crc)
    members.append((name, checksum.value, byteCount, start))
  }

  /// Appends the directory and the end record.
  func finish(_ writer: inout AtomicFile.Writer) throws {
    let start = writer.count
    for member in members {
      let isWide = member.byteCount >= wideSize || member.headerOffset >= wideSize
      var record: [UInt8] = []
      record.append(littleEndian: Zip.centralHeader)
      record.append(littleEndian: UInt16(isWide ? 45 : 20))  // made by this version
      record.append(
        contentsOf: shared(
          member.name, crc: member.crc, byteCount: member.byteCount, isWide: isWide))
      let sizes = [member.byteCount, member.byteCount, member.headerOffset]
      let extra = isWide ? extra64(sizes) : []
      record.append(littleEndian: UInt16(extra.count))
      // No comment, the first disk, no attributes.
      record.append(contentsOf: repeatElement(0, count: 10))
      record.append(littleEndian: isWide ? Zip.elsewhere32 : UInt32(member.headerOffset))
      try writer.append(record + Array(member.name.utf8) + extra)
    }
    try writer.append(end(directory: start..<writer.count))
  }

  /// The fields that a local header and a directory record have in common, from the version that
  /// is needed to the length of the name.
  private func shared(_ name: String, crc: UInt32, byteCount: Int, isWide: Bool) -> [UInt8] {
    var fields: [UInt8] = []
    fields.append(littleEndian: UInt16(isWide ? 45 : 20))
    fields.append(littleEndian: name.utf8.allSatisfy { $0 < 0x80 } ? 0 : Zip.utf8Flag)
    fields.append(littleEndian: Zip.stored)
    fields.append(littleEndian: UInt16(0))  // midnight
    fields.append(littleEndian: Zip.date)
    fields.append(littleEndian: crc)
    for _ in 0..<2 {  // compressed and uncompressed
      fields.append(littleEndian: isWide ? Zip.elsewhere32 : UInt32(byteCount))
    }
    fields.append(littleEndian: UInt16(name.utf8.count))
    return fields
  }

  private func extra64(_ values: [Int]) -> [UInt8] {
    var field: [UInt8] = []
    field.append(littleEndian: Zip.extra64)
    field.append(littleEndian: UInt16(8 * values.count))
    for value in values { field.append(littleEndian: UInt64(value)) }
    return field
  }

  private func end(directory: Range<Int>) -> [UInt8] {
    let isWide =
      members.count >= wideCount || directory.lowerBound >= wideSize || directory.count >= wideSize
    var record: [UInt8] = []
    if isWide {
      record.append(littleEndian: Zip.end64)
      record.append(littleEndian: UInt64(44))  // the bytes that follow
      record.append(littleEndian: UInt16(45))
      record.append(littleEndian: UInt16(45))
      record.append(littleEndian: UInt64(0))  // the disks
      for value in [members.count, members.count, directory.count, directory.lowerBound] {
        record.append(littleEndian: UInt64(value))
      }
      record.append(littleEndian: Zip.end64Locator)
      record.append(littleEndian: UInt32(0))
      record.append(littleEndian: UInt64(directory.upperBound))
      record.append(littleEndian: UInt32(1))
    }
    record.append(littleEndian: Zip.end)
    record.append(littleEndian: UInt32(0))
    for _ in 0..<2 {
      record.append(littleEndian: isWide ? Zip.elsewhere16 : UInt16(members.count))
    }
    record.append(littleEndian: isWide ? Zip.elsewhere32 : UInt32(directory.count))
    record.append(littleEndian: isWide ? Zip.elsewhere32 : UInt32(directory.lowerBound))
    record.append(littleEndian: UInt16(0))
    return record
  }
}
