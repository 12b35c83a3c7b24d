/// How long a run learns.
public enum Budget: Sendable, Equatable {
  /// Each step that long.
  case each(Period)
  /// All steps together that long; the first ones are longer by a mini-batch where it does not divide.
  case whole(Period)

  /// The mini-batches of a step.
  ///
  /// - Parameters:
  ///   - step: counted from 0.
  ///   - steps: how many there are.
  public func batches(ofStep step: Int, of steps: Int, perEpoch: Int) -> Int {
    switch self {
    case .each(let period): return period.batches(perEpoch: perEpoch)
    case .whole(let period):
      let (quotient, rest) = period.batches(perEpoch: perEpoch)
        .quotientAndRemainder(dividingBy: max(1, steps))
      return quotient + (step < rest ? 1 : 0)
    }
  }

  /// The mini-batches of so many first steps; saturates instead of overflowing.
  package func batches(before step: Int, of steps: Int, perEpoch: Int) -> Int {
    switch self {
    case .each(let period):
      let (product, overflow) = period.batches(perEpoch: perEpoch)
        .multipliedReportingOverflow(by: step)
      return overflow ? .max : product
    case .whole(let period):
      let (quotient, rest) = period.batches(perEpoch: perEpoch)
        .quotientAndRemainder(dividingBy: max(1, steps))
      return quotient * step + min(step, rest)
    }
  }

  var isInEpochs: Bool {
    switch self {
    case .each(.epochs), .whole(.epochs): true
    case .each(.batches), .whole(.batches): false
    }
  }

  /// - Throws: `LearningCompressionError.invalidOption` unless each step has a mini-batch.
  func validate(steps: Int, perEpoch: Int) throws {
    let least =
      switch self {
      case .each: batches(ofStep: 0, of: steps, perEpoch: perEpoch)
      case .whole: steps == 0 ? 1 : batches(ofStep: steps - 1, of: steps, perEpoch: perEpoch)
      }
    guard least > 0 else {
      let expected =
        switch self {
        case .each: "1 mini-batch or more"
        case .whole: "a mini-batch or more for each of the \(steps) steps"
        }
      throw LearningCompressionError.invalidOption(
        option: "the budget", value: "\(self)", expected: expected)
    }
  }
}

extension Budget: CustomStringConvertible {
  /// Such as `3epochs a step` or `30epochs`.
  public var description: String {
    switch self {
    case .each(let period): "\(period) a step"
    case .whole(let period): "\(period)"
    }
  }
}

extension Budget {
  /// How many steps a run of so many mini-batches has where nothing is said: one for every 150 of them, but 10
  /// at least and 40 at most.
  package static func usualSteps(batches: Int) -> Int {
    max(1, min(batches, max(10, min(40, batches / 150))))
  }

  /// After how many steps Δ(θ) is evaluated where nothing is said: every other epoch at most, which takes a
  /// fifth of the run's time or less, as all images go forward once.
  package static func usualEvaluation(steps: Int, batches: Int, perEpoch: Int) -> Int {
    let most = max(1, batches / max(1, perEpoch) / 2)
    return max(1, (steps - 1) / most + 1)
  }
}
