/// What can be wrong with the shapes and numbers that are handed to this module.
public enum LinearAlgebraError: Error, Equatable, CustomStringConvertible {
  /// Two shapes that had to agree do not.
  case shapeMismatch(operation: String, expected: String, found: String)
  /// A size is negative, or a product of sizes does not fit an `Int`.
  case impossibleSize(operation: String, sizes: [Int])
  /// A name stands twice in one arena.
  case duplicateName(String)
  /// LAPACK did not converge, or was handed numbers that are not finite.
  case decompositionFailed(routine: String, code: Int)
  /// A snapshot lacks an entry, or holds another kind of it.
  case unusableState(entry: String, expected: String, found: String)

  /// What is wrong, in a line: where, what was expected, what was found.
  public var description: String {
    switch self {
    case .shapeMismatch(let operation, let expected, let found):
      "\(operation): expected \(expected), found \(found)"
    case .impossibleSize(let operation, let sizes):
      "\(operation): impossible size \(sizes.map(String.init).joined(separator: " × "))"
    case .duplicateName(let name):
      "the name '\(name)' stands twice"
    case .decompositionFailed(let routine, let code):
      "LAPACK's \(routine) failed with code \(code) (are all numbers finite?)"
    case .unusableState(let entry, let expected, let found):
      "saved state, '\(entry)': expected \(expected), found \(found)"
    }
  }
}
