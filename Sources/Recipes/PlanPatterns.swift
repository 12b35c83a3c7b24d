/// The patterns that a recipe names as `tensors`, as they stand in a plan.
enum PlanPatterns {
  /// The text with the signs that cannot stand in a pattern in quotes, unless they do already:
  /// `kernel:0` is `kernel":"0`.
  ///
  /// Commas, quotes and `!` keep what they mean in a plan, and so do the parentheses of `joint(…)`.
  static func quoted(_ text: String) -> String {
    let signs: [Unicode.Scalar] = isView(text) ? [":", ";", "+"] : [":", ";", "+", "(", ")"]
    var result = String.UnicodeScalarView()
    var quote: Unicode.Scalar?
    var rest = Array(text.unicodeScalars)[...]
    while let scalar = rest.first {
      let stretch = quote == nil ? rest.prefix { signs.contains($0) } : []
      rest = rest.dropFirst(max(1, stretch.count))
      guard stretch.isEmpty else {
        // Beside a quote of the same kind it would be a doubled one: what is quoted before goes on.
        if let last = result.last, last == "'" || last == "\"" {
          result.removeLast()
          result.append(contentsOf: stretch + [last])
        } else {
          let own: Unicode.Scalar = rest.first == "\"" ? "'" : "\""
          result.append(contentsOf: [own] + stretch + [own])
        }
        continue
      }
      if quote == scalar {
        quote = nil
      } else if quote == nil, scalar == "'" || scalar == "\"" {
        quote = scalar
      }
      result.append(scalar)
    }
    return String(result)
  }

  private static func isView(_ text: String) -> Bool {
    let word = text.prefix { $0 != "(" }
    return word.count < text.count && text.hasSuffix(")")
      && ["each", "joint", "vector", "matrix"].contains(word)
  }
}
