/// What may have been meant by a word that is not known: of the known ones those that are nearly the same, or begin
/// with it, the closest first; three at most.
///
/// - Complexity: O(length of the word · length of the known ones).
package func closestWords(to word: String, of known: [String]) -> [String] {
  let letters = Array(word.lowercased().unicodeScalars.prefix(256))
  let limit = 1 + letters.count / 4
  let near = known.compactMap { name -> (name: String, distance: Int)? in
    let other = Array(name.lowercased().unicodeScalars.prefix(256))
    let isBeginning = letters.count > 2 && other.starts(with: letters)
    let distance = isBeginning ? 1 : editDistance(letters, other)
    return distance <= limit && distance < letters.count ? (name, distance) : nil
  }
  let order = near.enumerated().sorted {
    ($0.element.distance, $0.offset) < ($1.element.distance, $1.offset)
  }
  return order.prefix(3).map(\.element.name)
}

/// Such as `; did you mean 'train'?`; nothing where no word is close.
package func suggestion(for word: String, of known: [String]) -> String {
  closestWords(to: word, of: known).first.map { "; did you mean '\($0)'?" } ?? ""
}

/// Such as `; did you mean 'relu'? There are tanh, relu`.
package func choice(for word: String, of known: [String]) -> String {
  let guess = suggestion(for: word, of: known)
  return (guess.isEmpty ? "; there are " : guess + " There are ") + known.joined(separator: ", ")
}

/// The characters that are to be added, taken away, replaced or exchanged with their neighbour.
private func editDistance(_ first: [Unicode.Scalar], _ second: [Unicode.Scalar]) -> Int {
  var (before, row) = ([Int](), Array(0...second.count))
  for (i, scalar) in first.enumerated() {
    var next = [i + 1]
    for (j, other) in second.enumerated() {
      var least = min(row[j + 1] + 1, next[j] + 1, row[j] + (scalar == other ? 0 : 1))
      if i > 0, j > 0, scalar == second[j - 1], first[i - 1] == other {
        least = min(least, before[j - 1] + 1)
      }
      next.append(least)
    }
    (before, row) = (row, next)
  }
  return row[second.count]
}
