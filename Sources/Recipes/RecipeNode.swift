import Yams

/// A recipe as a tree of words, lists and mappings, each with its line.
package struct RecipeNode: Sendable, Equatable {
  package enum Content: Sendable, Equatable {
    /// A word, and whether it stood without quotes.
    case word(String, isPlain: Bool)
    case list([RecipeNode])
    case mapping([Entry])
  }

  package struct Entry: Sendable, Equatable {
    package let key: String
    /// Of the key, from one.
    package let line: Int
    package let value: RecipeNode
  }

  package let content: Content
  package let line: Int
}

extension RecipeNode.Content {
  /// What `true`, `yes`, `false` and `no` say, of a flag.
  package var isOn: Bool? {
    switch self {
    case .word("true", isPlain: true), .word("yes", isPlain: true): true
    case .word("false", isPlain: true), .word("no", isPlain: true): false
    default: nil
    }
  }

  /// Whether it says nothing, as `~` and `null` do.
  package var isEmpty: Bool {
    guard case .word(let word, let isPlain) = self else { return false }
    return word.isEmpty || isPlain && ["~", "null", "Null", "NULL"].contains(word)
  }
}

extension Node.Scalar {
  var content: RecipeNode.Content { .word(string, isPlain: style == .plain || style == .any) }
}

extension RecipeReader {
  /// The whole recipe; keys stand once in their mapping.
  ///
  /// - Throws: `RecipeError`.
  package func tree() throws -> RecipeNode {
    guard let node = try node() else {
      throw RecipeError.malformed(path: path, line: nil, message: "the file is empty")
    }
    return try tree(node)
  }

  private func tree(_ node: Node) throws -> RecipeNode {
    let line = node.mark?.line ?? 0
    switch node {
    case .scalar(let scalar):
      return RecipeNode(content: scalar.content, line: line)
    case .sequence(let sequence):
      return RecipeNode(content: .list(try sequence.map(tree)), line: line)
    case .mapping(let mapping):
      var seen: Set<String> = []
      let entries = try mapping.map { key, value in
        guard let name = key.scalar?.string, !name.isEmpty else {
          throw RecipeError.malformed(
            path: path, line: key.mark?.line ?? 0, message: "a word was expected as a key")
        }
        guard seen.insert(name).inserted else {
          throw RecipeError.malformed(
            path: path, line: key.mark?.line ?? 0, message: "'\(name)' stands twice")
        }
        return RecipeNode.Entry(key: name, line: key.mark?.line ?? 0, value: try tree(value))
      }
      return RecipeNode(content: .mapping(entries), line: line)
    case .alias:
      throw RecipeError.malformed(
        path: path, line: line, message: "anchors and aliases have no place in a recipe")
    }
  }
}
