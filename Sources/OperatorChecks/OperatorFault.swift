/// Something that an operator does otherwise than the C step, the files and the accounting rely on.
public struct OperatorFault: Sendable, CustomStringConvertible {
  /// What every operator must do.
  public enum Rule: String, Sendable, CaseIterable {
    case runs = "compresses finite weights of every shape that it validates"
    case shape = "gives a form of as many finite weights as the target has"
    case belonging = "takes what it has found, and its refit, for points of its set"
    case repetition = "finds the same for the same target"
    case optimality = "finds nothing that another point of its set beats"
    case warmStart = "never ends above the θ that it starts from"
    case idempotence = "leaves a point of its set where it is"
    case refit = "refits a structure no worse than it was"
    case storage = "states the bits that are packed"
    case expectation = "expects the bits that random weights take"
  }

  /// What every operator does, and this one does not.
  public let rule: Rule
  /// The weights that showed it: their kind, shape and seed.
  public let input: String
  /// What was found.
  public let found: String

  /// The rule that is broken, by what was found, for which weights.
  public var description: String { "an operator \(rule.rawValue): \(found), for \(input)" }
}
