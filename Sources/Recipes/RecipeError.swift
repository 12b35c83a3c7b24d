/// What can be wrong with a recipe. Lines count from one.
package enum RecipeError: Error, Equatable, Sendable, CustomStringConvertible {
  case notFound(path: String)
  case tooLarge(path: String, found: Int)
  /// The file cannot be read as text in UTF-8.
  case notText(path: String)
  /// The text is no YAML, or more than a reader of untrusted files can take; it may have no one line.
  case malformed(path: String, line: Int?, message: String)

  package var description: String {
    switch self {
    case .notFound(let path): "\(path): no such file"
    case .tooLarge(let path, let found):
      "\(path): a recipe of at most 1 MiB was expected, found \(found) bytes"
    case .notText(let path): "\(path): text in UTF-8 was expected"
    case .malformed(let path, let line?, let message): "\(path):\(line): \(message)"
    case .malformed(let path, nil, let message): "\(path): \(message)"
    }
  }
}
