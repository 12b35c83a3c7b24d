/// A name that is its bytes: "é" composed and decomposed are two.
///
/// Swift's `String` compares by what a reader would take for the same; the names of tensors are keys
/// of files, whose formats compare bytes. Whatever finds, counts or compares tensors by name does it
/// with this.
package struct ExactName: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let text: String

  package init(_ text: String) { self.text = text }

  package var description: String { text }

  package static func == (a: ExactName, b: ExactName) -> Bool {
    a.text.utf8.elementsEqual(b.text.utf8)
  }

  /// In the order of the bytes.
  package static func < (a: ExactName, b: ExactName) -> Bool {
    a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
  }

  package func hash(into hasher: inout Hasher) {
    // The end is marked, as for every collection: "a", "bc" is not "ab", "c".
    hasher.combine(text.utf8.count)
    for byte in text.utf8 { hasher.combine(byte) }
  }
}

extension String {
  /// What follows that beginning, by its bytes; none when the text begins otherwise.
  ///
  /// `hasPrefix` would not see the beginning where a combining character follows it.
  package func rest(after beginning: String) -> String? {
    guard utf8.starts(with: beginning.utf8) else { return nil }
    return String(self[utf8.index(startIndex, offsetBy: beginning.utf8.count)...])
  }
}
