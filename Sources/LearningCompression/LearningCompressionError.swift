import Foundation

/// What can go wrong in a run of the alternation.
public enum LearningCompressionError: Error, CustomStringConvertible {
  /// An option is outside of what makes sense.
  case invalidOption(option: String, value: String, expected: String)
  /// The loss or a weight is no longer finite.
  ///
  /// `step` counts from 0, as `Progress` does, and `batch` is the mini-batch of the step, from 1; none where a C step or
  /// an evaluation found it. `mu` is that of a penalty, if there is one. The reason holds no advice.
  case diverged(step: Int, steps: Int, batch: Int?, mu: Float?, reason: String)

  /// What is wrong, in a line; after divergence, what to try.
  public var description: String {
    switch self {
    case .invalidOption(let option, let value, let expected):
      "\(option) must be \(expected), found \(value)"
    case .diverged(let step, let steps, let batch, let mu, let reason):
      // As lines of progress count.
      "step \(step + 1)/\(steps)\(batch.map { ", batch \($0)" } ?? "")\(mu.map { ", μ \($0.threeDigits)" } ?? "")"
        + " diverged: \(reason); try a smaller learning rate"
        + (mu == nil ? "" : ", or a smaller mu or mu-growth")
    }
  }
}

extension BinaryFloatingPoint where Self: CVarArg {
  /// Such as `0.00345`, `12.3` or `1.23e+06`: what a μ is worth saying.
  package var threeDigits: String { String(format: "%.3g", self) }
}
