/// The regular files of a tar archive (POSIX ustar and GNU's old format), as far as data sets need it.
enum Tar {
  private static let block = 512

  /// A file's name, without folders, and where its contents are in the archive.
  struct Entry: Equatable {
    let name: String
    let contents: Range<Int>
  }

  /// - Throws: `DatasetError.malformedArchive` with the byte of a header whose check sum, size or end
  ///   is wrong.
  static func entries(of archive: [UInt8], path: String) throws -> [Entry] {
    var entries: [Entry] = []
    var offset = 0
    while offset < archive.count {
      func fail(_ reason: String, at byte: Int) -> DatasetError {
        .malformedArchive(path: path, offset: byte, reason: reason)
      }
      guard archive.count - offset >= block else {
        throw fail("expected a header of 512 bytes, found the end", at: archive.count)
      }
      let header = archive[offset..<offset + block]
      // A block of zeros is the end.
      if header.allSatisfy({ $0 == 0 }) { break }
      guard let expected = octal(header[(offset + 148)..<(offset + 156)]) else {
        throw fail("expected a check sum, found no number", at: offset + 148)
      }
      // The check sum counts its own field as spaces.
      let own = header[(offset + 148)..<(offset + 156)].reduce(0) { $0 + Int($1) }
      let sum = header.reduce(0) { $0 + Int($1) } - own + 8 * 32
      guard sum == expected else {
        throw fail("expected a header with check sum \(expected), found \(sum)", at: offset)
      }
      guard let size = octal(header[(offset + 124)..<(offset + 136)]) else {
        throw fail("expected a size, found no number", at: offset + 124)
      }
      let start = offset + block
      guard size <= archive.count - start else {
        throw fail("expected \(size) bytes, found the end", at: archive.count)
      }
      let type = header[offset + 156]
      if type == 0 || type == UInt8(ascii: "0") {
        let name = String(
          decoding: header[offset..<offset + 100].prefix { $0 != 0 }, as: UTF8.self)
        entries.append(
          Entry(
            name: name.split(separator: "/").last.map(String.init) ?? name,
            contents: start..<start + size))
      }
      let padded = (size + block - 1) / block * block
      offset = padded > archive.count - start ? archive.count : start + padded
    }
    return entries
  }

  /// An octal number with spaces or zeros around it; at most 2³³.
  private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
    let digits = field.drop { $0 == 32 }.prefix { $0 != 0 && $0 != 32 }
    guard !digits.isEmpty, digits.count <= 11 else { return nil }
    var value = 0
    for digit in digits {
      guard (48...55).contains(digit) else { return nil }
      value = value * 8 + Int(digit - 48)
    }
    return value
  }
}
