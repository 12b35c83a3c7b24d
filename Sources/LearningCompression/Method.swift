/// The methods by their names: each is a coupling, a freedom and a period of the one alternation.
public enum Method: String, Sendable, CaseIterable, Codable {
  /// The learning-compression algorithm.
  case lc
  /// SGD, and w ← Δ(Π(w)) at the C step's period: after each step if none is given, which is iterated
  /// direct compression.
  case projection
  /// SGD, and a proximal step of the operator's cost, after each epoch if no period is given.
  case proximal
  /// SGD, and a proximal or sub-gradient step on a part of the parameters, after each mini-batch if no
  /// period is given.
  case partial
  /// θ ← Π(w), and nothing else.
  case direct
  /// Direct compression, then training with the structure fixed.
  case retrain
  /// Pruning that grows during training, every 100 mini-batches if no period is given.
  case gradual
  /// The gradient at Δ(θ) moves the weights, after each mini-batch if no period is given.
  case straightThrough = "straight-through"

  /// The alternation of this method, with its own period unless others are given.
  ///
  /// - Parameters:
  ///   - multipliers: for `.lc`.
  ///   - retrainSteps: for `.lc`.
  ///   - every: the periods of the C step, if not the method's own.
  /// - Throws: `LearningCompressionError.invalidOption`, also for a period where the method has none.
  public func alternation(
    schedule: PenaltySchedule = .exponential(), budget: Period = .epochs(Period.usualEpochs),
    every: [Period] = [], multipliers: Multipliers = .on, tolerance: Double = 0,
    retrainSteps: Int = 0, evaluateEvery: Int = 1
  ) throws -> Alternation {
    try schedule.validate()
    if !every.isEmpty, self == .direct || self == .retrain {
      throw LearningCompressionError.invalidOption(
        option: "every", value: "\(every[0])", expected: "left out for the method \(rawValue)")
    }
    func alternation(
      _ coupling: Coupling, _ freedom: Freedom = .full, every usual: Period? = nil
    ) throws -> Alternation {
      try Alternation(
        coupling, freedom: freedom, schedule: schedule, budget: budget,
        every: every.isEmpty ? usual.map { [$0] } ?? [] : every, tolerance: tolerance,
        retrainSteps: retrainSteps, evaluateEvery: evaluateEvery)
    }
    switch self {
    case .lc: return try alternation(.penalty(multipliers: multipliers))
    case .projection: return try alternation(.replacement)
    case .proximal: return try alternation(.replacement, every: .epochs(1))
    case .partial: return try alternation(.replacement, every: .batches(1))
    case .direct:
      return try Alternation(
        .penalty(multipliers: .off),
        schedule: .exponential(initial: Double(schedule.mu(step: 0)), growth: 1, steps: 0),
        budget: budget)
    case .retrain: return try alternation(.replacement, .fixed)
    case .gradual:
      return try alternation(.replacement, .gradual(until: 0.75), every: .batches(100))
    case .straightThrough: return try alternation(.straightThrough, every: .batches(1))
    }
  }
}
