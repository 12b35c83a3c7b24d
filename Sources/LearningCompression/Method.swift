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
  /// What the budget and the operators call for: see `ScheduleRule`.
  case auto

  /// The phase of this method, with its own period unless others are given; none for `.direct`, which has
  /// no steps, and for `.auto`, which may have several.
  ///
  /// - Parameters:
  ///   - multipliers: for `.lc`.
  ///   - every: the periods of the C step, if not the method's own.
  /// - Throws: `LearningCompressionError.invalidOption` for a period where the method has none.
  public func phase(steps: Int, every: [Period] = [], multipliers: Multipliers = .on) throws
    -> Phase?
  {
    if !every.isEmpty, self == .direct || self == .retrain {
      throw LearningCompressionError.invalidOption(
        option: "every", value: "\(every[0])", expected: "left out for the method \(rawValue)")
    }
    func phase(
      _ coupling: Coupling, _ freedom: Freedom = .full, every usual: Period? = nil
    ) -> Phase {
      Phase(
        coupling, freedom, steps: steps,
        every: every.isEmpty ? usual.map { [$0] } ?? [] : every)
    }
    return switch self {
    case .lc: phase(.penalty(multipliers: multipliers))
    case .projection: phase(.replacement)
    case .proximal: phase(.replacement, every: .epochs(1))
    case .partial: phase(.replacement, every: .batches(1))
    case .direct, .auto: nil
    case .retrain: .retraining(steps: steps)
    case .gradual: phase(.replacement, .gradual(until: 0.75), every: .batches(100))
    case .straightThrough: phase(.straightThrough, every: .batches(1))
    }
  }

  /// The alternation of this method.
  ///
  /// - Parameters:
  ///   - multipliers: for `.lc`.
  ///   - retrainSteps: so many of the last steps are retraining; not for `.direct` and `.retrain`.
  ///   - every: the periods of the C step, if not the method's own.
  /// - Throws: `LearningCompressionError.invalidOption`, also for a period where the method has none.
  public func alternation(
    schedule: PenaltySchedule = .noPenalty(),
    budget: Budget = .each(.epochs(Period.usualEpochs)),
    every: [Period] = [], multipliers: Multipliers = .on, tolerance: Double = 0,
    retrainSteps: Int = 0, evaluateEvery: Int = 1
  ) throws -> Alternation {
    try schedule.validate()
    guard self != .auto else {
      throw LearningCompressionError.invalidOption(
        option: "method", value: rawValue, expected: "without a schedule, which it finds itself")
    }
    let most = self == .direct || self == .retrain ? 0 : schedule.steps
    guard (0...most).contains(retrainSteps) else {
      throw LearningCompressionError.invalidOption(
        option: "retrain-steps", value: "\(retrainSteps)",
        expected: most == 0
          ? "0 for the method \(rawValue)" : "0 or more, and no more than the \(most) steps")
    }
    let steps = schedule.steps - retrainSteps
    guard let phase = try phase(steps: steps, every: every, multipliers: multipliers) else {
      return try Alternation(
        .penalty(multipliers: .off),
        schedule: .exponential(initial: Double(schedule.mu(step: 0)), growth: 1, steps: 0),
        budget: budget)
    }
    return try Alternation(
      [phase, .retraining(steps: retrainSteps)], schedule: schedule, budget: budget,
      tolerance: tolerance, evaluateEvery: evaluateEvery)
  }
}
