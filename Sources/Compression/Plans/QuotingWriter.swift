/// Writes a pattern so that the plan language reads it as it is: stretches with signs of the language
/// in quotes, the rest bare.
struct QuotingWriter {
  private var written = String.UnicodeScalarView()
  private var stretch: [Unicode.Scalar] = []
  private var mustQuote = false

  /// A character of a name.
  mutating func append(_ scalar: Unicode.Scalar, mustQuote: Bool) {
    stretch.append(scalar)
    self.mustQuote = self.mustQuote || mustQuote || Self.isSign(scalar)
  }

  /// Wildcards and brackets.
  mutating func append(bare text: String) {
    flush()
    written.append(contentsOf: text.unicodeScalars)
  }

  mutating func finished() -> String {
    flush()
    return String(written)
  }

  private mutating func flush() {
    guard mustQuote else {
      written.append(contentsOf: stretch)
      stretch = []
      return
    }
    // Double quotes can be pasted into the single ones of a command line.
    let quote: Unicode.Scalar = stretch.contains("\"") && !stretch.contains("'") ? "'" : "\""
    written.append(quote)
    for scalar in stretch {
      written.append(scalar)
      if scalar == quote { written.append(quote) }
    }
    written.append(quote)
    stretch = []
    mustQuote = false
  }

  static func isWildcard(_ scalar: Unicode.Scalar) -> Bool { ["*", "?", "["].contains(scalar) }

  /// What ends a bare pattern.
  static func endsPattern(_ scalar: Unicode.Scalar) -> Bool {
    [":", ";", ",", "(", ")", "+"].contains(scalar)
  }

  static func isQuote(_ scalar: Unicode.Scalar) -> Bool { scalar == "'" || scalar == "\"" }

  private static func isSign(_ scalar: Unicode.Scalar) -> Bool {
    if endsPattern(scalar) || isQuote(scalar) || scalar == "!" { return true }
    if scalar.properties.isWhitespace { return true }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: return true
    default: return false
    }
  }
}
