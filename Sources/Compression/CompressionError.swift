/// What can be wrong with a plan, an operator's parameters or the weights that it is applied to.
public enum CompressionError: Error, Equatable, CustomStringConvertible {
  /// The plan cannot be read; `offset` counts characters from 0.
  case syntax(plan: String, offset: Int, message: String)
  /// A parameter's value is outside of what the operator allows.
  case invalidParameter(operation: String, parameter: String, value: String, expected: String)
  /// An operator that needs a matrix was handed a vector.
  case needsMatrix(operation: String, view: String)
  /// No parameter has a name that fits the pattern.
  case noMatch(pattern: String, names: [String])
  /// Two tasks, or two patterns of one task, take the same parameter.
  case claimedTwice(parameter: String, first: String, second: String)
  /// A weight is NaN or infinite.
  case notFinite(view: String)
  /// A view's size does not fit: empty, or more weights than can be counted in 32 bits.
  case unsupportedSize(view: String, count: Int)
  /// The result cannot be stored: a number is beyond the range of its format.
  case outOfRange(operation: String, problem: String)
  /// A stored form does not describe a tensor.
  case malformedForm(String)

  public var description: String {
    switch self {
    case .syntax(let plan, let offset, let message):
      """
      plan, character \(offset + 1): \(message)
        \(plan)
        \(String(repeating: " ", count: offset))^
      """
    case .invalidParameter(let operation, let parameter, let value, let expected):
      "\(operation): \(parameter) must be \(expected), found \(value)"
    case .needsMatrix(let operation, let view):
      "\(operation) needs a matrix, but \(view) is a vector (take each tensor by itself, without joint)"
    case .noMatch(let pattern, let names):
      "the pattern '\(pattern)' fits no parameter; there are: \(listing(names))"
    case .claimedTwice(let parameter, let first, let second):
      "the parameter '\(parameter)' is claimed twice: by '\(first)' and by '\(second)'"
    case .notFinite(let view):
      "\(view): the weights hold NaN or infinity; finite numbers were expected"
    case .unsupportedSize(let view, let count):
      "\(view): \(count) weights; from 1 to \(UInt32.max) were expected"
    case .outOfRange(let operation, let problem):
      "\(operation): \(problem)"
    case .malformedForm(let message):
      "compressed form: \(message)"
    }
  }
}

private func listing(_ names: [String]) -> String {
  names.count <= 12
    ? names.joined(separator: ", ")
    : names.prefix(12).joined(separator: ", ") + " and \(names.count - 12) more"
}
