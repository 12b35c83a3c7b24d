/// What may have been meant by a pattern that fits nothing.
extension NamePattern {
  /// The names that fit best, three at most; none where all are far away.
  ///
  /// - Complexity: O(length of pattern · length of names), for the first 2,000 of modest length.
  func closest(of names: [String]) -> [String] {
    let letters = elements.count { if case .character = $0 { true } else { false } }
    let limit = max(1, min(2 * letters - 2, 4 + letters / 4))
    guard elements.count <= Self.longest, !elements.isEmpty else { return [] }
    // A name that holds the pattern somewhere is meant as well, but less.
    let within = [.any] + elements + [.any]
    let near = names.prefix(2000).filter { $0.utf8.count <= Self.longest }.compactMap { name in
      let scalars = Array(name.unicodeScalars)
      let distance = min(
        Self.distance(elements, scalars), 2 + Self.distance(within, scalars))
      return distance <= limit ? (name: name, distance: distance) : nil
    }
    let order = near.enumerated().sorted {
      ($0.element.distance, $0.offset) < ($1.element.distance, $1.offset)
    }
    return order.prefix(3).map(\.element.name)
  }

  private static let longest = 256

  /// The edit distance: two for a character too many, too few or another, one for another case.
  private static func distance(_ elements: [Element], _ name: [Unicode.Scalar]) -> Int {
    var row = (0...name.count).map { 2 * $0 }
    for element in elements {
      var diagonal = row[0]
      row[0] += element == .any ? 0 : 2
      for (index, scalar) in name.enumerated() {
        let above = row[index + 1]
        if element == .any {
          row[index + 1] = min(above, row[index])
        } else {
          row[index + 1] = min(above + 2, row[index] + 2, diagonal + element.distance(to: scalar))
        }
        diagonal = above
      }
    }
    return row[name.count]
  }

  /// The pattern with other rules for its signs, and the rule, where that would have fitted something.
  func otherReading(fitting names: [String]) -> String? {
    let bare = NamePattern(text)
    if bare != self, names.contains(where: bare.matches) {
      return "in quotes * ? [ ] stand for themselves; without quotes there it is \(bare)"
    }
    let spelt = NamePattern(
      elements: elements.flatMap { element -> [Element] in
        guard element != .any else { return [.any] }
        return NamePattern(literal: NamePattern(elements: [element]).text).elements
      })
    if spelt != self, names.contains(where: spelt.matches) {
      return "[ ] and ? are wildcards; in quotes they stand for themselves: \(spelt)"
    }
    return nil
  }
}

extension NamePattern.Element {
  fileprivate func distance(to character: Unicode.Scalar) -> Int {
    if takes(character) { return 0 }
    guard case .character(let own) = self else { return 2 }
    return own.properties.lowercaseMapping == character.properties.lowercaseMapping ? 1 : 2
  }
}
