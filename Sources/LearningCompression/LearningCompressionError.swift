/// What can go wrong in a run of the alternation.
public enum LearningCompressionError: Error, CustomStringConvertible {
  /// An option is outside of what makes sense.
  case invalidOption(option: String, value: String, expected: String)
  /// The loss or a weight is no longer finite.
  ///
  /// `mu` is that of a penalty, if there is one.
  case diverged(step: Int, mu: Float?, reason: String)

  /// What is wrong, in a line; after divergence, what to try.
  public var description: String {
    switch self {
    case .invalidOption(let option, let value, let expected):
      "\(option) must be \(expected), found \(value)"
    case .diverged(let step, let mu, let reason):
      mu.map {
        """
        step \(step) (mu \($0)) diverged: \(reason); \
        try a smaller learning rate, or a smaller mu or mu-growth
        """
      } ?? "step \(step) diverged: \(reason); try a smaller learning rate"
    }
  }
}
