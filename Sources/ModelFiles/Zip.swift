/// The constants of zip files that npz files need.
enum Zip {
  static let magic: [UInt8] = Array("PK".utf8)
  static let localHeader: UInt32 = 0x0403_4B50
  static let centralHeader: UInt32 = 0x0201_4B50
  static let end: UInt32 = 0x0605_4B50
  static let end64: UInt32 = 0x0606_4B50
  static let end64Locator: UInt32 = 0x0706_4B50

  static let stored: UInt16 = 0
  static let deflated: UInt16 = 8

  /// The tag of the extra field that holds sizes beyond 32 bits.
  static let extra64: UInt16 = 1
  /// In a 32-bit field: the value stands in the extra field.
  static let elsewhere32 = UInt32.max
  /// In a 16-bit field: the value stands in the zip64 end record.
  static let elsewhere16 = UInt16.max

  /// Flags of a member: encrypted (strongly, or with hidden headers); its name is UTF-8.
  static let encryptedFlags: UInt16 = 1 | 1 << 6 | 1 << 13
  static let utf8Flag: UInt16 = 1 << 11

  /// 1 January 1980, the earliest date of the format, so that equal input gives equal files.
  static let date: UInt16 = 1 << 5 | 1
}

/// One file inside a zip file.
struct ZipMember {
  let name: String
  let method: UInt16
  let crc: UInt32
  let compressedByteCount: Int
  let byteCount: Int
  /// Where the member's local header stands.
  let headerOffset: Int
  /// Where the compressed bytes begin.
  var dataOffset = 0

  /// Where the compressed bytes end.
  var dataEnd: Int { dataOffset + compressedByteCount }
}
