/// What can be wrong with a plan, an operator's parameters or the weights that it is applied to.
public enum CompressionError: Error, Equatable {
  /// The plan cannot be read; `offset` counts characters from 0.
  case syntax(plan: String, offset: Int, message: String)
  /// A parameter's value is outside of what the operator allows.
  case invalidParameter(operator: String, parameter: String, value: String, expected: String)
  /// An operator that needs a matrix was handed a vector.
  case needsMatrix(operator: String, view: String)
  /// No parameter has a name that fits the pattern.
  case noMatch(pattern: NamePattern, names: [String])
  /// An exclusion fits only parameters that its task would not take anyway.
  case excludesNothing(exclusion: String, fits: [String], selection: String)
  /// A task's exclusions leave it no parameter.
  case nothingLeft(selection: String, excluded: [String])
  /// Two tasks, or two patterns of one task, take the same parameter; `instead` is the first selection
  /// without it.
  case claimedTwice(parameter: String, first: String, second: String, instead: String?)
  /// Operators do not fit the sizes of some tensors; `instead` is the plan without these.
  case unfit([Unfit], instead: String?)
  /// A weight is NaN or infinite.
  case notFinite(view: String)
  /// A view's size does not fit: empty, or more weights than can be counted in 32 bits.
  case unsupportedSize(view: String, count: Int)
  /// The result cannot be stored: a number is beyond the range of its format.
  case outOfRange(operator: String, problem: String)
  /// A method has left a form that its operator could not have found: an internal error.
  case leftSet(operator: String, view: String)
  /// A stored form does not describe a tensor.
  case malformedForm(String)

  /// A tensor that an operator does not fit.
  public struct Unfit: Sendable, Equatable {
    /// The tensor's name, or the selection of a joint view.
    public let name: String
    /// None for a joint view.
    public let shape: [Int]?
    /// What the operator says of it.
    public let reason: String

    package init(name: String, shape: [Int]?, reason: String) {
      (self.name, self.shape, self.reason) = (name, shape, reason)
    }
  }
}

extension CompressionError {
  /// Whether the result of an operator cannot be stored: the weights are to blame, not the plan.
  package var isOutOfRange: Bool { if case .outOfRange = self { true } else { false } }
}

extension CompressionError: CustomStringConvertible {
  /// What is wrong, in a line; a mistake in a plan is pointed at in two more, tensors that do not
  /// fit have a line each. Names from files are without control characters.
  public var description: String {
    switch self {
    case .syntax(let plan, let offset, let message):
      "plan, character \(offset + 1): \(message)\n\(excerpt(of: plan, at: offset))"
    case .invalidParameter(let `operator`, let parameter, let value, let expected):
      "\(`operator`): \(parameter) must be \(expected), found \(value)"
    case .needsMatrix(let `operator`, let view):
      "\(`operator`) needs a matrix, but \(view) is a vector"
    case .noMatch(let pattern, let names):
      noMatchText(pattern, names)
    case .excludesNothing(let exclusion, let fits, let selection):
      "'!\(exclusion)' leaves out nothing: \(selection) does not take \(listing(fits))"
    case .nothingLeft(let selection, let excluded):
      "nothing is left of \(selection)"
        + (excluded.isEmpty ? "" : ": the exclusions take \(listing(excluded))")
    case .claimedTwice(let parameter, let first, let second, let instead):
      "the parameter '\(parameter)' is claimed twice: by '\(first)' and by '\(second)'"
        + (instead.map { "; leave it out of one: \($0)" } ?? "")
    case .unfit(let tensors, let instead):
      unfitText(tensors, instead)
    case .notFinite(let view):
      "\(view): the weights hold NaN or infinity; finite numbers were expected"
    case .unsupportedSize(let view, let count):
      "\(view): \(count) weights; from 1 to \(UInt32.max) were expected"
    case .outOfRange(let `operator`, let problem):
      "\(`operator`): \(problem)"
    case .leftSet(let `operator`, let view):
      "internal error: the result for \(view) is none of \(`operator`)"
    case .malformedForm(let message):
      "compressed form: \(message)"
    }
  }

  private func noMatchText(_ pattern: NamePattern, _ names: [String]) -> String {
    var text = "the pattern '\(pattern)' fits no parameter"
    let closest = pattern.closest(of: names)
    if let other = pattern.otherReading(fitting: names) {
      text += "; \(other)"
    } else if !closest.isEmpty {
      text += "; the closest: \(listing(closest))"
    }
    return text + "; there are: \(listing(names))"
  }

  private func unfitText(_ tensors: [Unfit], _ instead: String?) -> String {
    let lines = tensors.map { tensor in
      let shape = tensor.shape.map { " \($0)" } ?? ""
      let name = tensor.name.prefix(longestName)
      return printable("\(name)\(shape): \(tensor.reason.prefix(4 * longestName))")
    }
    let advice = instead.map { ["leave \(tensors.count == 1 ? "it" : "them") out: \($0)"] } ?? []
    if tensors.count == 1 { return (lines + advice).joined(separator: "\n") }
    let all =
      ["\(tensors.count) tensors do not fit their operators:"] + lines.map { "  " + $0 } + advice
    return all.joined(separator: "\n")
  }
}

private let longestListing = 12
private let longestName = 256

private func listing(_ names: [String]) -> String {
  let shown = names.prefix(longestListing).map(printable).joined(separator: ", ")
  let more = names.count - longestListing
  return more > 0 ? "\(shown) and \(more) more" : shown
}

/// A name from a file without what would steer a terminal.
private func printable(_ name: String) -> String {
  var text = String.UnicodeScalarView()
  text.append(
    contentsOf: name.unicodeScalars.map {
      $0.properties.generalCategory == .control ? "\u{FFFD}" : $0
    })
  return String(text)
}
