/// Reads the Python literal in the header of an npy file:
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
///
/// Strict: these three keys, each once, in any order; nothing but white space after them. The type of
/// records is a list, which is passed over.
struct NPYHeaderScanner {
  private static let maximumDepth = 16

  struct Fields {
    /// What numpy calls the type of the values.
    var descr: String
    var isFortranOrder: Bool
    var shape: [Int]
  }

  private let bytes: [UInt8]
  private let path: String
  private let tensor: String
  private var position = 0

  init(_ bytes: [UInt8], path: String, tensor: String) {
    self.bytes = bytes
    self.path = path
    self.tensor = tensor
  }

  /// - Throws: `ModelFileError.malformedTensor`.
  mutating func read() throws -> Fields {
    var descr: String?
    var isFortranOrder: Bool?
    var shape: [Int]?
    try require("{")
    while !skip("}") {
      let key = try readString()
      try require(":")
      switch key {
      case "descr" where descr == nil: descr = try readType()
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try readBool()
      case "shape" where shape == nil: shape = try readTuple()
      default: throw error(expected: "'descr', 'fortran_order' and 'shape', once each")
      }
      if !skip(",") {
        try require("}")
        break
      }
    }
    skipWhitespace()
    guard position == bytes.count else { throw error(expected: "the end of the npy header") }
    guard let descr, let isFortranOrder, let shape else {
      throw error(expected: "'descr', 'fortran_order' and 'shape', once each")
    }
    return Fields(descr: descr, isFortranOrder: isFortranOrder, shape: shape)
  }

  /// A type's name, or a list of fields as it stands there.
  private mutating func readType() throws -> String {
    skipWhitespace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: "[") else {
      return try readString()
    }
    let start = position
    var open: [UInt8] = []
    repeat {
      guard position < bytes.count, open.count <= Self.maximumDepth else {
        throw error(expected: "the end of a list of fields")
      }
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "["): open.append(UInt8(ascii: "]"))
      case UInt8(ascii: "("): open.append(UInt8(ascii: ")"))
      case UInt8(ascii: "{"): open.append(UInt8(ascii: "}"))
      case UInt8(ascii: "'"), UInt8(ascii: "\""): skipQuoted(until: byte)
      default: if byte == open.last { open.removeLast() }
      }
    } while !open.isEmpty
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// Passes over the rest of a string with escapes.
  private mutating func skipQuoted(until quote: UInt8) {
    while position < bytes.count, bytes[position] != quote {
      position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
    }
    position = min(position + 1, bytes.count)
  }

  /// A string in single or double quotes, of plain ASCII, without escapes.
  private mutating func readString() throws -> String {
    skipWhitespace()
    guard position < bytes.count,
      bytes[position] == UInt8(ascii: "'") || bytes[position] == UInt8(ascii: "\"")
    else { throw error(expected: "a string") }
    let content = bytes[(position + 1)...].prefix {
      $0 != bytes[position] && (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\\")
    }
    guard content.endIndex < bytes.count, bytes[content.endIndex] == bytes[position] else {
      throw error(expected: "a string of plain characters")
    }
    position = content.endIndex + 1
    return String(decoding: content, as: UTF8.self)
  }

  private mutating func readBool() throws -> Bool {
    if skip("True") { return true }
    if skip("False") { return false }
    throw error(expected: "True or False")
  }

  /// `()`, `(3,)`, `(3, 4)` or `(3, 4,)`.
  private mutating func readTuple() throws -> [Int] {
    var sizes: [Int] = []
    try require("(")
    while !skip(")") {
      guard sizes.count < NPYHeader.maximumRank else {
        throw error(expected: "at most \(NPYHeader.maximumRank) dimensions")
      }
      sizes.append(try readSize())
      if !skip(",") {
        // `(3)` is a number in brackets.
        guard sizes.count > 1 else { throw error(expected: "','") }
        try require(")")
        break
      }
    }
    return sizes
  }

  private mutating func readSize() throws -> Int {
    skipWhitespace()
    let digits = bytes[position...].prefix { (0x30...0x39).contains($0) }
    guard let size = Int(String(decoding: digits, as: UTF8.self)) else {
      throw error(expected: "a size from 0 to 2^63 - 1")
    }
    position = digits.endIndex
    // Python 2 wrote long integers so.
    if position < bytes.count, bytes[position] == UInt8(ascii: "L") { position += 1 }
    return size
  }

  private mutating func skipWhitespace() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
      position += 1
    }
  }

  private mutating func skip(_ text: String) -> Bool {
    skipWhitespace()
    guard bytes[position...].starts(with: text.utf8) else { return false }
    position += text.utf8.count
    return true
  }

  private mutating func require(_ text: String) throws {
    guard skip(text) else { throw error(expected: "'\(text)'") }
  }

  private func error(expected: String) -> ModelFileError {
    let rest = String(decoding: bytes[position...].prefix(24), as: UTF8.self)
    return .malformedTensor(
      path: path, tensor: tensor,
      expected: "\(expected) at byte \(position) of the npy header text",
      found: position < bytes.count ? "'\(rest)'" : "its end")
  }
}
