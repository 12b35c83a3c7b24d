/// Refuses text on which Yams would take exponential time, before Yams sees it.
///
/// Yams unfolds aliases, hashes every key of a mapping, and compares keys that stand twice: lists in
/// lists are then compared 2^depth times. So anchors that are used, `? key`, and keys of many brackets
/// are refused by their characters alone. Where quotes and comments would matter, the checks are too
/// strict rather than too lax.
///
/// - Complexity: O(bytes) time and space.
struct RecipeText {
  /// Of the characters before which a value can begin: `,` `:` `-` `?` `[` `{`.
  static let indicators = 10_000
  /// Of `[` and `{` in a line where a `]` or `}` ends a key.
  static let bracketsInKey = 8

  /// A reason to refuse the text, and its line.
  struct Objection: Error, Equatable {
    let line: Int
    let message: String
  }

  private let bytes: [UInt8]

  init(_ text: String) { bytes = Array(text.utf8) }

  func check() throws(Objection) {
    var line = 1
    var indicators = 0
    var brackets = 0
    var hasBracket = false
    var anchors: [ArraySlice<UInt8>: Int] = [:]
    var aliases: Set<ArraySlice<UInt8>> = []
    for (place, byte) in bytes.enumerated() {
      switch byte {
      case UInt8(ascii: "\n"):
        line += 1
        brackets = 0
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        hasBracket = true
        indicators += 1
        brackets += 1
      case UInt8(ascii: ":"):
        indicators += 1
        if brackets > Self.bracketsInKey, closesBefore(place) {
          throw Objection(
            line: line, message: "a list or mapping as a key has no place in a recipe")
        }
      case UInt8(ascii: "?"):
        indicators += 1
        if isKey(place, inFlow: hasBracket) {
          throw Objection(line: line, message: "'?' before a key has no place in a recipe")
        }
      case UInt8(ascii: ","), UInt8(ascii: "-"): indicators += 1
      case UInt8(ascii: "&"):
        let name = self.name(after: place)
        if !name.isEmpty { anchors[name] = anchors[name] ?? line }
        if name.endIndex < bytes.count, bytes[name.endIndex] == UInt8(ascii: "?") {
          throw Objection(line: line, message: "'?' before a key has no place in a recipe")
        }
      case UInt8(ascii: "*"): aliases.insert(name(after: place))
      default: break
      }
      guard indicators <= Self.indicators else {
        throw Objection(
          line: line, message: "a recipe of at most \(Self.indicators) values was expected")
      }
    }
    if let line = anchors.filter({ aliases.contains($0.key) }).values.min() {
      throw Objection(line: line, message: "anchors and aliases have no place in a recipe")
    }
  }

  /// The letters, digits, `-` and `_` behind `&` or `*`.
  private func name(after place: Int) -> ArraySlice<UInt8> {
    bytes[(place + 1)...].prefix { isWord($0) || $0 == UInt8(ascii: "-") }
  }

  /// Whether the last character before the colon, spaces aside, closes a list or mapping.
  private func closesBefore(_ colon: Int) -> Bool {
    let last = bytes[..<colon].suffix(1024).last { $0 != 32 && $0 != 9 }
    return last == UInt8(ascii: "]") || last == UInt8(ascii: "}")
  }

  /// Whether a question mark may be YAML's sign of a key: not within a word, and before a blank, or
  /// anything at all where brackets are open.
  private func isKey(_ place: Int, inFlow: Bool) -> Bool {
    if place > 0 {
      let before = bytes[place - 1]
      if isWord(before) || #".*?(/'")]}"#.utf8.contains(before) { return false }
    }
    guard !inFlow, place + 1 < bytes.count else { return true }
    // Beyond ASCII there are other ends of lines.
    return bytes[place + 1] <= 32 || bytes[place + 1] >= 0x80
  }

  private func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
