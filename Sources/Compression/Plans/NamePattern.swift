import LinearAlgebra

/// A shell-like pattern: `*` any characters, `?` one character, `[abc]` and `[0-9]` one of a set,
/// `[!a]` one that is not.
///
/// Names are what their bytes say, so characters are Unicode's code points. A pattern whose text is
/// a tensor's name takes that tensor and no other, whatever wildcards the name seems to hold.
public struct NamePattern: Sendable, Equatable {
  enum Element: Sendable, Equatable {
    case character(Unicode.Scalar)
    case any
    case one
    case set([Member], isNegated: Bool)
  }

  enum Member: Sendable, Equatable {
    case one(Unicode.Scalar)
    /// Takes nothing when they descend.
    case range(Unicode.Scalar, Unicode.Scalar)
  }

  let elements: [Element]

  /// In this text `*`, `?` and `[`…`]` are wildcards; everything else, quotes too, stands for itself.
  public init(_ text: String) {
    self.init(text.unicodeScalars.map { (scalar: $0, isQuoted: false) })
  }

  /// The name itself.
  public init(literal name: String) {
    elements = name.unicodeScalars.map { .character($0) }
  }

  init(elements: [Element]) { self.elements = elements }

  /// Of characters, of which quoted ones stand for themselves. O(length).
  init(_ characters: [(scalar: Unicode.Scalar, isQuoted: Bool)]) {
    var elements: [Element] = []
    var place = 0
    // Once a set is not closed, none behind it is; asking each `[` again would take quadratic time.
    var mayClose = true
    while place < characters.count {
      let (scalar, isQuoted) = characters[place]
      place += 1
      switch scalar {
      case _ where isQuoted: elements.append(.character(scalar))
      case "*": elements.append(.any)
      case "?": elements.append(.one)
      case "[" where mayClose:
        let end = characters[place...].firstIndex { $0.scalar == "]" && !$0.isQuoted }
        mayClose = end != nil
        guard let end, end > place else {
          elements.append(.character(scalar))
          continue
        }
        let first = characters[place]
        let isNegated = first.scalar == "!" && !first.isQuoted
        let members = Self.members(characters[(isNegated ? place + 1 : place)..<end])
        elements.append(.set(members, isNegated: isNegated))
        place = end + 1
      default: elements.append(.character(scalar))
      }
    }
    self.elements = elements
  }

  /// What stands between brackets; a quoted `-` is a member.
  private static func members(
    _ characters: ArraySlice<(scalar: Unicode.Scalar, isQuoted: Bool)>
  ) -> [Member] {
    var rest = characters
    var members: [Member] = []
    while let first = rest.popFirst() {
      if let hyphen = rest.first, hyphen.scalar == "-", !hyphen.isQuoted,
        let last = rest.dropFirst().first
      {
        members.append(.range(first.scalar, last.scalar))
        rest = rest.dropFirst(2)
      } else {
        members.append(.one(first.scalar))
      }
    }
    return members
  }

  /// The pattern without quotes, which a tensor's name may be.
  public var text: String {
    var text = String.UnicodeScalarView()
    for element in elements {
      switch element {
      case .character(let scalar): text.append(scalar)
      case .any: text.append("*")
      case .one: text.append("?")
      case .set(let members, let isNegated):
        text.append("[")
        if isNegated { text.append("!") }
        for member in members {
          switch member {
          case .one(let scalar): text.append(scalar)
          case .range(let first, let last): text.append(contentsOf: [first, "-", last])
          }
        }
        text.append("]")
      }
    }
    return String(text)
  }

  var hasWildcards: Bool {
    elements.contains { if case .character = $0 { false } else { true } }
  }

  /// Whether it speaks of weights in general: it has wildcards and ends in `weight`, as `*.weight`.
  private var meansWeights: Bool {
    hasWildcards && elements.suffix(6) == NamePattern(literal: "weight").elements[...]
  }

  /// The numbers of the tensors that it takes, ascending: the one of just this name, or all that fit.
  ///
  /// Of a pattern that means weights in general only those of two and more dimensions, matrices and
  /// kernels, unless it fits no others: batch norm's γ is called `weight`, too, but is none.
  public func fitting(_ tensors: [(name: String, shape: [Int])]) -> [Int] {
    let text = text.utf8
    let exact = tensors.indices.filter { tensors[$0].name.utf8.elementsEqual(text) }
    return exact.isEmpty ? matching(tensors) : exact
  }

  /// The same of an arena's tensors. O(length) for the name of one.
  func fitting(in layout: ArenaLayout) -> [Int] {
    if let exact = layout.number(of: text) { return [exact] }
    return matching(layout.slots.map { ($0.name, $0.shape) })
  }

  private func matching(_ tensors: [(name: String, shape: [Int])]) -> [Int] {
    guard hasWildcards else { return [] }
    let fitting = tensors.indices.filter { matches(tensors[$0].name) }
    let matrices = meansWeights ? fitting.filter { tensors[$0].shape.count > 1 } : []
    return matrices.isEmpty ? fitting : matrices
  }

  /// Whether the whole name fits. O(length of pattern · length of name).
  public func matches(_ name: String) -> Bool {
    let name = Array(name.unicodeScalars)
    var (p, n) = (0, 0)
    var star: (pattern: Int, name: Int)?
    while n < name.count {
      if p < elements.count, elements[p] == .any {
        star = (p, n)
        p += 1
      } else if p < elements.count, elements[p].takes(name[n]) {
        p += 1
        n += 1
      } else if let (starPattern, starName) = star {
        // Let the last star take one character more.
        star = (starPattern, starName + 1)
        p = starPattern + 1
        n = starName + 1
      } else {
        return false
      }
    }
    return elements[p...].allSatisfy { $0 == .any }
  }
}

extension NamePattern.Element {
  /// Whether this one character fits.
  func takes(_ character: Unicode.Scalar) -> Bool {
    switch self {
    case .character(let own): return own == character
    case .any, .one: return true
    case .set(let members, let isNegated):
      let isFound = members.contains {
        switch $0 {
        case .one(let own): own == character
        case .range(let first, let last): first <= character && character <= last
        }
      }
      return isFound != isNegated
    }
  }
}

/// As it is written in a plan: what would be read as the plan's own signs stands in quotes.
extension NamePattern: CustomStringConvertible {
  /// The pattern in the plan language; `text` is what it is without quotes.
  public var description: String {
    var writer = QuotingWriter()
    for element in elements {
      switch element {
      case .character(let scalar):
        writer.append(scalar, mustQuote: QuotingWriter.isWildcard(scalar))
      case .any: writer.append(bare: "*")
      case .one: writer.append(bare: "?")
      case .set(let members, let isNegated):
        writer.append(bare: isNegated ? "[!" : "[")
        for member in members {
          switch member {
          case .one(let scalar): writer.append(scalar, mustQuote: ["]", "-"].contains(scalar))
          case .range(let first, let last):
            writer.append(first, mustQuote: first == "]")
            writer.append(bare: "-")
            writer.append(last, mustQuote: last == "]")
          }
        }
        writer.append(bare: "]")
      }
    }
    return elements.isEmpty ? "\"\"" : writer.finished()
  }
}
