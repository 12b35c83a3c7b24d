import LinearAlgebra

/// Reads a JSON text from front to back, as the caller's knowledge of its shape leads.
///
/// Strict: UTF-8 is checked, keys stand once in their object, nothing but white space may follow
/// the text. Nesting is limited, so that a hostile text cannot exhaust the stack.
struct JSONScanner {
  private static let maximumDepth = 16

  let path: String
  let bytes: [UInt8]
  /// Where in the file the first byte of the text stands, for messages.
  let base: Int
  var position = 0
  private var depth = 0

  init(_ bytes: [UInt8], path: String, base: Int) {
    self.bytes = bytes
    self.path = path
    self.base = base
  }

  /// Where in the file the next byte stands.
  var offset: Int { base + position }
  /// The next byte.
  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// Reads `{"key": value, …}`; `member` is handed every key and must read its value.
  ///
  /// Keys are compared by their bytes: "é" composed and decomposed are two.
  mutating func readObject(_ member: (inout JSONScanner, String) throws -> Void) throws {
    try enter("{", "an object")
    var keys: Set<ExactName> = []
    if try !skip("}") {
      repeat {
        skipWhitespace()
        let start = position
        let key = try readString()
        guard keys.insert(ExactName(key)).inserted else {
          throw error(at: start, expected: "every key once", found: "'\(key)' again")
        }
        try require(":")
        try member(&self, key)
      } while try skip(",")
      try require("}")
    }
    depth -= 1
  }

  /// Reads `[value, …]`; `element` must read one value.
  mutating func readArray(_ element: (inout JSONScanner) throws -> Void) throws {
    try enter("[", "an array")
    if try !skip("]") {
      repeat { try element(&self) } while try skip(",")
      try require("]")
    }
    depth -= 1
  }

  /// Reads a number without sign, fraction and exponent.
  mutating func readCount() throws -> Int {
    skipWhitespace()
    let start = position
    let digits = takeDigits()
    guard let value = Int(digits), digits.count == 1 || !digits.hasPrefix("0"),
      next.map({ !".eE".utf8.contains($0) }) ?? true
    else { throw error(at: start, expected: "a whole number from 0 to 2^63 - 1") }
    return value
  }

  /// Reads any value and forgets it.
  mutating func skipValue() throws {
    skipWhitespace()
    switch next {
    case UInt8(ascii: "{"): try readObject { scanner, _ in try scanner.skipValue() }
    case UInt8(ascii: "["): try readArray { try $0.skipValue() }
    case UInt8(ascii: "\""): _ = try readString()
    case UInt8(ascii: "t"): try require("true")
    case UInt8(ascii: "f"): try require("false")
    case UInt8(ascii: "n"): try require("null")
    default: try skipNumber()
    }
  }

  /// Makes sure that only white space is left.
  mutating func readEnd() throws {
    skipWhitespace()
    if next != nil { throw error(at: position, expected: "the end of the JSON text") }
  }

  /// The error that something else stands at `position`.
  func error(at position: Int, expected: String, found: String? = nil) -> ModelFileError {
    let what =
      position < bytes.count
      ? "'\(String(decoding: bytes[position...].prefix(24), as: UTF8.self))'" : "the end"
    return .malformed(
      path: path, offset: base + position, expected: expected, found: found ?? what)
  }

  mutating func skipWhitespace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func enter(_ opening: String, _ name: String) throws {
    skipWhitespace()
    guard depth < Self.maximumDepth else {
      throw error(at: position, expected: "at most \(Self.maximumDepth) levels of nesting")
    }
    try require(opening, "\(name)")
    depth += 1
  }

  private mutating func skip(_ text: String) throws -> Bool {
    skipWhitespace()
    guard bytes[position...].starts(with: text.utf8) else { return false }
    position += text.utf8.count
    return true
  }

  private mutating func require(_ text: String, _ name: String? = nil) throws {
    guard try skip(text) else { throw error(at: position, expected: name ?? "'\(text)'") }
  }

  private mutating func takeDigits() -> String {
    let start = position
    while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func skipNumber() throws {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    let whole = takeDigits()
    var isNumber = whole == "0" || !(whole.isEmpty || whole.hasPrefix("0"))
    if isNumber, next == UInt8(ascii: ".") {
      position += 1
      isNumber = !takeDigits().isEmpty
    }
    if isNumber, next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      isNumber = !takeDigits().isEmpty
    }
    if !isNumber { throw error(at: start, expected: "a JSON value") }
  }
}
