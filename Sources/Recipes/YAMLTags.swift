/// The places of a text where YAML's nodes may begin with a tag.
struct YAMLTags {
  private let lines: [[Unicode.Scalar]]

  init(_ text: String) {
    var lines: [[Unicode.Scalar]] = [[]]
    var last: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n" where last == "\r": break
      case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": lines.append([])
      default: lines[lines.count - 1].append(scalar)
      }
      last = scalar
    }
    self.lines = lines
  }

  /// Whether a node that begins there, counted from one, begins with a tag.
  func begins(line: Int, column: Int) -> Bool {
    guard lines.indices.contains(line - 1), lines[line - 1].indices.contains(column - 1) else {
      return false
    }
    var node = lines[line - 1][(column - 1)...]
    // An anchor may stand before the tag.
    if node.first == "&" { node = node.drop { $0 != " " }.drop { $0 == " " } }
    return node.first == "!"
  }
}
