extension JSONScanner {
  /// Reads a string and resolves its escapes.
  mutating func readString() throws -> String {
    skipWhitespace()
    let start = position
    guard next == UInt8(ascii: "\"") else { throw error(at: start, expected: "a string") }
    position += 1
    var content: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: content, as: UTF8.self) else {
          throw error(at: start, expected: "a string in UTF-8", found: "other bytes")
        }
        return string
      case UInt8(ascii: "\\"):
        content.append(contentsOf: String(try readEscape()).utf8)
      case ..<0x20:
        throw error(
          at: position - 1, expected: "control characters escaped", found: "byte \(byte)")
      default:
        content.append(byte)
      }
    }
    throw error(at: position, expected: "the end of the string that begins at \(base + start)")
  }

  /// Reads what follows a backslash.
  private mutating func readEscape() throws -> Unicode.Scalar {
    let start = position
    guard let byte = next else { throw error(at: start, expected: "an escaped character") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      var code = UInt32(try readCodeUnit())
      if (0xD800..<0xDC00).contains(code), bytes[position...].starts(with: #"\u"#.utf8) {
        position += 2
        let low = UInt32(try readCodeUnit())
        // Anything else than a low surrogate leaves a number that is no scalar either.
        code =
          (0xDC00..<0xE000).contains(low) ? 0x10000 + (code - 0xD800) << 10 + low - 0xDC00 : code
      }
      guard let scalar = Unicode.Scalar(code) else {
        throw error(at: start - 1, expected: "a character", found: "half of a surrogate pair")
      }
      return scalar
    default:
      throw error(at: start - 1, expected: "an escape of JSON")
    }
  }

  private mutating func readCodeUnit() throws -> UInt16 {
    let digits = bytes[position...].prefix(4)
    guard digits.count == 4, digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
      let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw error(at: position, expected: "four hexadecimal digits") }
    position += 4
    return unit
  }
}

/// The text as a JSON string, quotes included; characters beyond ASCII stay as they are.
func quotedForJSON(_ text: String) -> String {
  var quoted = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"", "\\":
      quoted += "\\"
      quoted.unicodeScalars.append(scalar)
    case "\u{0}"..<"\u{20}":
      let digits = String(scalar.value, radix: 16)
      quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default:
      quoted.unicodeScalars.append(scalar)
    }
  }
  return quoted + "\""
}
