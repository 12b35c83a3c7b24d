/// The members of a zip file, from its central directory, checked against their local headers.
///
/// Refused: encryption, several disks, methods other than stored and deflated, members that
/// overlap, and sizes that no deflated data can have.
struct ZipDirectory {
  private(set) var members: [ZipMember] = []
  private let file: InputFile

  /// - Throws: `ModelFileError`.
  init(of file: InputFile) throws {
    self.file = file
    let end = try ZipEnd(of: file)
    var reader = ByteReader(
      try file.bytes(at: end.directory.lowerBound, count: end.directory.count),
      path: file.path, base: end.directory.lowerBound)
    for _ in 0..<end.memberCount { members.append(try readMember(from: &reader)) }
    guard reader.remaining == 0 else {
      throw ModelFileError.malformed(
        path: file.path, offset: reader.offset,
        expected: "the end of the zip directory after \(end.memberCount) members",
        found: "\(reader.remaining) bytes more")
    }
    for index in members.indices {
      members[index].dataOffset = try dataOffset(members[index], limit: end.directory.lowerBound)
    }
    try requireDisjoint()
  }

  /// Reads one record of the central directory.
  private func readMember(from reader: inout ByteReader) throws -> ZipMember {
    let start = reader.offset
    func malformed(_ expected: String, _ found: String) -> ModelFileError {
      .malformed(path: file.path, offset: start, expected: expected, found: found)
    }
    guard try reader.read(UInt32.self) == Zip.centralHeader else {
      throw malformed("a record of the zip directory", "other bytes")
    }
    _ = try reader.take(4)  // the versions that made it and that are needed
    let flags = try reader.read(UInt16.self)
    let method = try reader.read(UInt16.self)
    _ = try reader.take(4)  // time and date
    let crc = try reader.read(UInt32.self)
    let compressed = try reader.read(UInt32.self)
    let uncompressed = try reader.read(UInt32.self)
    let nameByteCount = Int(try reader.read(UInt16.self))
    let extraByteCount = Int(try reader.read(UInt16.self))
    let commentByteCount = Int(try reader.read(UInt16.self))
    let disk = try reader.read(UInt16.self)
    _ = try reader.take(6)  // attributes
    let offset = try reader.read(UInt32.self)
    guard let name = String(validating: try reader.take(nameByteCount), as: UTF8.self) else {
      throw malformed("a member's name in UTF-8", "other bytes")
    }
    let extraStart = reader.offset
    let extra = Array(try reader.take(extraByteCount))
    _ = try reader.take(commentByteCount)

    var wide = try Self.zip64Field(extra, path: file.path, base: extraStart)
    func resolve(_ value: UInt32) throws -> Int {
      value == Zip.elsewhere32 ? try wide.readCount() : Int(value)
    }
    // The wide values stand in this order, and only those that are needed.
    let byteCount = try resolve(uncompressed)
    let compressedByteCount = try resolve(compressed)
    let headerOffset = try resolve(offset)

    guard flags & Zip.encryptedFlags == 0, disk == 0 || disk == Zip.elsewhere16 else {
      throw malformed("members that are neither encrypted nor on other disks", "'\(name)'")
    }
    switch method {
    case Zip.stored where byteCount == compressedByteCount: break
    // No bit of deflated data stands for more than 129 bytes: 258 by two codes of one bit.
    case Zip.deflated where byteCount / 1032 <= compressedByteCount: break
    case Zip.stored, Zip.deflated:
      throw malformed(
        "a possible size for \(compressedByteCount) bytes in the file",
        "\(byteCount) bytes for '\(name)'")
    default:
      throw malformed("a member that is stored or deflated", "method \(method) for '\(name)'")
    }
    return ZipMember(
      name: name, method: method, crc: crc, compressedByteCount: compressedByteCount,
      byteCount: byteCount, headerOffset: headerOffset)
  }

  /// The content of the extra field for wide sizes; empty when there is none.
  private static func zip64Field(_ extra: [UInt8], path: String, base: Int) throws -> ByteReader {
    var fields = ByteReader(extra, path: path, base: base)
    // Some programs leave one to three bytes of padding behind the last field.
    while fields.remaining >= 4 {
      let tag = try fields.read(UInt16.self)
      let byteCount = Int(try fields.read(UInt16.self))
      let start = fields.offset
      let content = try fields.take(byteCount)
      if tag == Zip.extra64 { return ByteReader(Array(content), path: path, base: start) }
    }
    return ByteReader([], path: path, base: base)
  }

  /// Reads a member's local header and returns where its data begins.
  private func dataOffset(_ member: ZipMember, limit: Int) throws -> Int {
    func malformed(_ expected: String, _ found: String) -> ModelFileError {
      .malformed(path: file.path, offset: member.headerOffset, expected: expected, found: found)
    }
    guard member.headerOffset <= limit - 30 else {
      throw malformed("the local header of '\(member.name)' before the directory", "its offset")
    }
    var reader = ByteReader(
      try file.bytes(at: member.headerOffset, count: 30), path: file.path,
      base: member.headerOffset)
    guard try reader.read(UInt32.self) == Zip.localHeader else {
      throw malformed("the local header of '\(member.name)'", "other bytes")
    }
    _ = try reader.take(22)  // repeats the directory's record
    let nameByteCount = Int(try reader.read(UInt16.self))
    let extraByteCount = Int(try reader.read(UInt16.self))
    let name = try file.bytes(at: member.headerOffset + 30, count: nameByteCount)
    guard name.elementsEqual(member.name.utf8) else {
      throw malformed("the member '\(member.name)'", "'\(String(decoding: name, as: UTF8.self))'")
    }
    let dataOffset = member.headerOffset + 30 + nameByteCount + extraByteCount
    guard dataOffset <= limit, member.compressedByteCount <= limit - dataOffset else {
      throw malformed(
        "\(member.compressedByteCount) bytes of '\(member.name)' before the directory",
        "\(max(0, limit - dataOffset))")
    }
    return dataOffset
  }

  /// Members that share bytes are how a small file pretends to hold much.
  private func requireDisjoint() throws {
    let ordered = members.sorted { $0.headerOffset < $1.headerOffset }
    for (member, follower) in zip(ordered, ordered.dropFirst())
    where follower.headerOffset < member.dataEnd {
      throw ModelFileError.malformed(
        path: file.path, offset: follower.headerOffset,
        expected: "members that do not overlap",
        found: "'\(follower.name)' inside '\(member.name)'")
    }
  }
}
