// Which tensors a task takes: patterns, exclusions and quotes.

extension PlanParser {
  private struct Item {
    let pattern: NamePattern
    let isExcluded: Bool
    /// Without quotes and `!`, as a view's name is.
    let isWord: Bool
  }

  mutating func selection() throws -> Selection {
    skipBlanks()
    let start = position
    let first = try item()
    guard first.isWord, isAt("(") else {
      let selection = try list(.each, from: first, at: start)
      if isAt("(") {
        throw mistake("joint(…) and other views hold the whole list" + quotingHint(from: start))
      }
      return selection
    }
    let word = first.pattern.text
    guard let view = Selection.View(rawValue: word) else {
      if let tensors = word.split(separator: " ").first, tensors.count < word.count {
        throw mistake("':' was expected between '\(tensors)' and the operator", at: start)
      }
      throw mistake(
        "unknown view '\(word)'; there are: "
          + Selection.View.allCases.map(\.rawValue).joined(separator: ", ")
          + quotingHint(from: start), at: start)
    }
    position += 1
    skipBlanks()
    let inner = position
    let selection = try list(view, from: try item(), at: inner)
    try expect(")", after: "the patterns")
    return selection
  }

  /// The rest of a list.
  private mutating func list(_ view: Selection.View, from first: Item, at start: Int) throws
    -> Selection
  {
    var items = [first]
    while take(",") { items.append(try item()) }
    let patterns = items.filter { !$0.isExcluded }.map(\.pattern)
    let exclusions = items.filter(\.isExcluded).map(\.pattern)
    guard !patterns.isEmpty else {
      let list = exclusions.map { ", !\($0)" }.joined()
      throw mistake("'!' only leaves out; say what is taken as well, such as *\(list)", at: start)
    }
    return Selection(view, patterns, excluding: exclusions)
  }

  private mutating func item() throws -> Item {
    let isExcluded = take("!")
    skipBlanks()
    var characters: [(scalar: Unicode.Scalar, isQuoted: Bool)] = []
    var hasQuotes = false
    if isExcluded, isAt("!") {
      throw mistake("'!' stands once; a name that begins with it goes in quotes")
    }
    while position < scalars.count, !QuotingWriter.endsPattern(scalars[position]) {
      let scalar = scalars[position]
      if QuotingWriter.isQuote(scalar) {
        hasQuotes = true
        characters += try quoted().map { ($0, true) }
      } else {
        characters.append((Self.isBlank(scalar) ? " " : scalar, false))
        position += 1
      }
    }
    while let last = characters.last, last.scalar == " ", !last.isQuoted { characters.removeLast() }
    guard !characters.isEmpty || hasQuotes else {
      throw mistake("expected a parameter's name or a pattern such as *.weight")
    }
    return Item(
      pattern: NamePattern(characters), isExcluded: isExcluded,
      isWord: !hasQuotes && !isExcluded)
  }

  /// What stands in quotes, of which the position is at the first; a doubled one is one of the text.
  private mutating func quoted() throws -> [Unicode.Scalar] {
    let start = position
    let quote = scalars[position]
    position += 1
    var text: [Unicode.Scalar] = []
    while position < scalars.count {
      let scalar = scalars[position]
      position += 1
      if scalar != quote {
        text.append(scalar)
      } else if position < scalars.count, scalars[position] == quote {
        text.append(quote)
        position += 1
      } else {
        return text
      }
    }
    throw mistake(
      "the quote \(quote) is not closed; in a name it is written twice, in quotes", at: start)
  }

  private mutating func isAt(_ scalar: Unicode.Scalar) -> Bool {
    skipBlanks()
    return position < scalars.count && scalars[position] == scalar
  }

  /// Advice for a task that might begin with a name in which the language's signs stand.
  ///
  /// The name would end before the last colon of the task that is in no parentheses.
  func quotingHint(from start: Int) -> String {
    var depth = 0
    var colon: Int?
    for place in start..<scalars.count {
      switch scalars[place] {
      case "(": depth += 1
      case ")": depth -= 1
      case ":" where depth == 0: colon = place
      default: break
      }
      if scalars[place] == ";" || QuotingWriter.isQuote(scalars[place]) { break }
    }
    guard let colon else { return "" }
    var name = scalars[start..<colon]
    if let comma = name.lastIndex(of: ",") { name = name[(comma + 1)...] }
    name = name.drop(while: Self.isBlank)
    while let last = name.last, Self.isBlank(last) { name.removeLast() }
    guard let sign = name.first(where: QuotingWriter.endsPattern) else { return "" }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: name)
    return "; a name that holds '\(sign)' goes in quotes: \(NamePattern(String(text)))"
  }
}
