/// Something that an operator does otherwise than the C step, the files and the accounting rely on.
public struct OperatorFault: Sendable, CustomStringConvertible {
  /// What every operator must do.
  public enum Rule: String, Sendable, CaseIterable {
    /// `validate` and `compress` throw nothing but `outOfRange`.
    case runs = "compresses finite weights of every shape that it validates"
    /// `compress` returns as many weights as `target.count`, all finite.
    case shape = "gives a form of as many finite weights as the target has"
    /// `belongs` is true for what `compress` and `refit` return.
    case belonging = "takes what it has found, and its refit, for points of its set"
    /// `compress` is a function of its arguments.
    case repetition = "finds the same for the same target"
    /// `compress` minimises cost(θ) + μ/2·‖w − Δ(θ)‖² over what `belongs` takes.
    case optimality = "finds nothing that another point of its set beats"
    /// The objective of `compress(_:from:penalty:)` is at most that of `previous`.
    case warmStart = "never ends above the θ that it starts from"
    /// `compress` returns Δ(θ) for Δ(θ), without a cost.
    case idempotence = "leaves a point of its set where it is"
    /// `refit` returns what is no farther from the target than what it was given.
    case refit = "refits a structure no worse than it was"
    /// `storage` is what the file takes, to a few bytes.
    case storage = "states the bits that are packed"
    /// `expectedBits` is near the bits of normal weights.
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
