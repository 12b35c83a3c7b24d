import Foundation

/// The penalties μ of the steps.
public enum PenaltySchedule: Sendable, Equatable {
  /// μᵢ = initial · growthⁱ, i = 0 … steps − 1.
  case exponential(
    initial: Double, growth: Double = PenaltySchedule.usualGrowth,
    steps: Int = PenaltySchedule.usualSteps)
  /// Each step's own μ.
  case explicit([Double])

  /// So many steps without a penalty, whose μ is not asked for.
  public static func noPenalty(steps: Int = usualSteps) -> PenaltySchedule {
    .exponential(initial: 1, growth: 1, steps: steps)
  }

  /// The growth of μ where its first is given and nothing else is said.
  public static let usualGrowth = 1.15
  /// How many steps there are where nothing is said.
  public static let usualSteps = 40

  /// How many steps there are; 0 of an exponential schedule is direct compression.
  public var steps: Int {
    switch self {
    case .exponential(_, _, let steps): steps
    case .explicit(let values): values.count
    }
  }

  /// μ of a step, counted from 0.
  ///
  /// - Precondition: the step is below `steps`.
  public func mu(step: Int) -> Float {
    switch self {
    case .exponential(let initial, let growth, _): Float(initial * pow(growth, Double(step)))
    case .explicit(let values): Float(values[step])
    }
  }

  /// - Throws: `LearningCompressionError.invalidOption` unless every μ is a positive float.
  func validate() throws {
    guard steps >= 0 else {
      throw LearningCompressionError.invalidOption(
        option: "steps", value: "\(steps)", expected: "1 or more, or 0 for direct compression")
    }
    if case .explicit(let values) = self, values.isEmpty {
      throw LearningCompressionError.invalidOption(
        option: "mu", value: "[]", expected: "one for each step")
    }
    if case .exponential(let initial, let growth, _) = self {
      guard initial > 0, initial.isFinite else {
        throw LearningCompressionError.invalidOption(
          option: "mu", value: "\(initial)", expected: "above 0 and finite")
      }
      guard growth > 0, growth.isFinite else {
        throw LearningCompressionError.invalidOption(
          option: "mu-growth", value: "\(growth)", expected: "above 0, usually a little above 1")
      }
    }
    // An exponential schedule has its extremes at its ends.
    let suspects: [Int] =
      if case .explicit(let values) = self { Array(values.indices) } else {
        [0, max(0, steps - 1)]
      }
    for step in suspects {
      let mu = mu(step: step)
      guard mu > 0, mu.isFinite else {
        throw LearningCompressionError.invalidOption(
          option: "mu of step \(step)", value: "\(mu)",
          expected: "above 0 and within the range of a float")
      }
    }
  }
}

/// A stretch of training.
public enum Period: Sendable, Equatable, CustomStringConvertible {
  /// So many mini-batches.
  case batches(Int)
  /// So many times all mini-batches of an epoch.
  case epochs(Int)

  /// How many epochs a step learns where nothing is said, here and by `lc compress`.
  public static let usualEpochs = 3

  /// The number of mini-batches; saturates instead of overflowing.
  public func batches(perEpoch: Int) -> Int {
    switch self {
    case .batches(let count): return count
    case .epochs(let count):
      let (product, overflow) = count.multipliedReportingOverflow(by: perEpoch)
      return overflow ? .max : product
    }
  }

  /// As options of `lc` say it: `10batches` or `2epochs`.
  public var description: String {
    switch self {
    case .batches(let count): "\(count)batches"
    case .epochs(let count): "\(count)epochs"
    }
  }
}
