import Compression
import Foundation

/// The settings of a run that follow from its budget, its learning rates and from what direct compression costs.
///
/// No error on test images is looked at. What is measured is the start (`Start`), which a run needs anyway: its
/// curvature h is the unit of μ, for κ = μ/h says whether the loss or the penalty rules. The share of the steps
/// with a penalty, and whether multipliers are damped, follow from the number of epochs.
///
/// ```swift
/// let rule = ScheduleRule(.lc, budget: .epochs(30), perEpoch: learning.batchesPerEpoch)
/// let run = try AlternationRun(plan, learning: learning) {
///   try rule.alternation(from: $0, learning: learning)
/// }
/// ```
public struct ScheduleRule: Sendable {
  /// `.auto` chooses the phases; `.lc` is the learning-compression algorithm; others have nothing to choose.
  public let method: Method
  /// How long the steps learn.
  public let budget: Budget
  /// How many steps there are.
  public let steps: Int

  /// The phases, where they are given; the method is then not asked.
  public var shares: [MethodShare]?
  /// By what each step with a penalty multiplies μ, where it is given.
  public var growth: Double?
  /// The C step's periods, where they are given.
  public var every: [Period] = []
  /// The multipliers, where they are given.
  public var multipliers: Multipliers?
  /// How many of the last steps are retraining, where it is given; not asked where the phases are.
  public var retrainSteps: Int?
  /// As `Alternation` has it.
  public var tolerance = 0.0
  /// As `Alternation` has it.
  public var evaluateEvery: Int

  /// μ of the first and of the last step with a penalty, in units of the curvature: from where the loss rules to
  /// where the penalty does; a single step has their geometric mean. For factors without codes, which follow the loss by themselves, it rules from the first.
  static let stiffness = (first: 0.5, last: 30.0)
  static let smoothStiffness = (first: 5.0, last: 100.0)
  /// For factors with entries beside them, in long runs.
  static let mixedStiffness = (first: 0.1, last: 200.0)
  /// The share of the last steps that train what is found.
  static let retraining = 0.2
  /// With so few epochs a penalty gets one step, with so many its whole share.
  static let longRun = (from: 2.0, to: 20.0)
  /// From so many epochs on multipliers are not damped.
  static let fullMultipliers = 8.0
  /// The C steps of the steps with a penalty, and the fewest mini-batches between two.
  static let compressions = (count: 50, leastPeriod: 10)

  /// The rule for a run that is that long.
  ///
  /// - Parameters:
  ///   - budget: of all steps together.
  ///   - perEpoch: the mini-batches of an epoch.
  public init(_ method: Method = .lc, budget: Period, perEpoch: Int) {
    let batches = budget.batches(perEpoch: perEpoch)
    let steps = Budget.usualSteps(batches: batches)
    self.init(
      method, budget: .whole(budget), steps: steps,
      evaluateEvery: Budget.usualEvaluation(steps: steps, batches: batches, perEpoch: perEpoch))
  }

  /// The rule for a run of so many steps.
  public init(
    _ method: Method = .lc, budget: Budget = .each(.epochs(Period.usualEpochs)),
    steps: Int = PenaltySchedule.usualSteps, evaluateEvery: Int = 1
  ) {
    self.method = method
    self.budget = budget
    self.steps = steps
    self.evaluateEvery = evaluateEvery
  }

  /// Compresses the weights of an L step by what follows.
  ///
  /// - Parameters:
  ///   - plan: resolved for the layout of `learning.weights`.
  ///   - progress: is told of direct compression, of each mini-batch and of each finished step;
  ///     what it throws ends the run.
  /// - Throws: `LearningCompressionError.diverged`; errors of the operators and of the L step.
  public func run(
    _ plan: ResolvedPlan, learning: some LearningStep,
    progress: (Progress) throws -> Void = { _ in }
  ) throws -> AlternationResult {
    try AlternationRun(plan, learning: learning) { try alternation(from: $0, learning: learning) }
      .finish(progress: progress)
  }

  /// What is run.
  ///
  /// - Parameter learning: the L step, for how far it reaches.
  /// - Complexity: O(steps).
  /// - Throws: `LearningCompressionError.invalidOption` for settings that do not fit.
  public func alternation(from start: Start, learning: some LearningStep) throws -> Alternation {
    try validate()
    return try alternation(
      from: start, reach: reach(of: learning), perEpoch: learning.batchesPerEpoch)
  }

  /// What is run when all mini-batches together go that far.
  package func alternation(from start: Start, reach: Double, perEpoch: Int) throws -> Alternation {
    try validate()
    let batches = budget.batches(before: steps, of: steps, perEpoch: perEpoch)
    let epochs = Double(batches) / Double(max(1, perEpoch))
    let given = shares.map { zip($0.map(\.method), $0.steps(of: steps)).map { ($0, $1) } }
    guard steps > 0, let chosen = given ?? chosen(from: start, epochs: epochs) else {
      return try (steps > 0 ? method : .direct).alternation(
        schedule: .noPenalty(steps: steps), budget: budget, every: every, tolerance: tolerance,
        retrainSteps: retrainSteps ?? 0, evaluateEvery: evaluateEvery)
    }
    let length = max(1, budget.batches(ofStep: 0, of: steps, perEpoch: perEpoch))
    let isLong =
      epochs >= Self.fullMultipliers && !followsByItself(start, epochs) && !start.isPriced
    let phases = try chosen.compactMap { method, count in
      method == .lc
        ? try method.phase(
          steps: count, every: every.isEmpty ? [period(in: length, steps: count)] : every,
          multipliers: multipliers ?? (isLong ? .on : .damped))
        : try method.phase(steps: count)
    }
    return try Alternation(
      phases, schedule: schedule(of: phases, from: start, reach: reach, epochs: epochs),
      budget: budget, tolerance: tolerance, evaluateEvery: evaluateEvery)
  }

  /// The C step's period in that many steps of that many mini-batches.
  private func period(in length: Int, steps: Int) -> Period {
    let wanted = Double(length) * Double(steps) / Double(Self.compressions.count)
    // A step ends with a C step, so its periods are to be alike: after a short one, full multipliers would take
    // again what they have just taken.
    let parts = max(
      1,
      min(
        Int((Double(length) / max(1, wanted)).rounded()), length / Self.compressions.leastPeriod))
    return .batches((length - 1) / parts + 1)
  }

  /// What can be said without the data.
  ///
  /// - Throws: `LearningCompressionError.invalidOption`.
  package func validate() throws {
    guard (0...1_000_000).contains(steps) else {
      throw LearningCompressionError.invalidOption(
        option: "steps", value: "\(steps)", expected: "0 or more, and a million at most")
    }
    if let growth, !(growth > 0 && growth.isFinite) {
      throw LearningCompressionError.invalidOption(
        option: "mu-growth", value: "\(growth)", expected: "above 0, usually a little above 1")
    }
    if let retrainSteps, !(0...steps).contains(retrainSteps) {
      throw LearningCompressionError.invalidOption(
        option: "retrain-steps", value: "\(retrainSteps)",
        expected: "0 or more, and no more than the \(steps) steps")
    }
  }

  /// T, how far all mini-batches go.
  package func reach(of learning: some LearningStep) -> Double {
    (0..<steps).reduce(0) { sum, step in
      let batches = budget.batches(ofStep: step, of: steps, perEpoch: learning.batchesPerEpoch)
      return sum + learning.reach(ofStep: step, batches: batches)
    }
  }

  /// The methods and their steps; none for a method that has nothing to choose.
  private func chosen(from start: Start, epochs: Double) -> [(Method, Int)]? {
    /// So many first steps, and the others of retraining.
    func first(_ method: Method, _ share: Double, atLeast least: Int = 1) -> [(Method, Int)] {
      let usual = max(least, Int((Double(steps) * share).rounded()))
      let count = retrainSteps.map { steps - $0 } ?? min(steps, usual)
      return [(method, count), (.retrain, steps - count)]
    }
    let followsByItself = followsByItself(start, epochs)
    switch method {
    case .auto where followsByItself: return [(.retrain, steps)]
    // Latent weights add up what the loss wants, which no price withstands, nor do factors need.
    case .lc,
      .auto where start.isPriced || start.isSmooth:
      let most = followsByItself ? Self.retraining : 1 - Self.retraining
      let length = (epochs - Self.longRun.from) / (Self.longRun.to - Self.longRun.from)
      return first(.lc, min(most, max(0, length * most)), atLeast: max(1, every.count))
    case .auto: return first(.straightThrough, 1 - Self.retraining)
    default: return nil
    }
  }

  /// Whether Δ(θ) goes wherever the loss wants it: factors do, and where the run is short those with entries beside
  /// them as well.
  private func followsByItself(_ start: Start, _ epochs: Double) -> Bool {
    start.isSmooth && !(start.isMixed && epochs >= Self.longRun.to)
  }

  private func schedule(of phases: [Phase], from start: Start, reach: Double, epochs: Double)
    -> PenaltySchedule
  {
    let first = phases.prefix { !$0.coupling.isSoft }.reduce(0) { $0 + $1.steps }
    let end =
      phases.lastIndex { $0.coupling.isSoft }.map {
        phases[...$0].reduce(0) { $0 + $1.steps }
      } ?? first
    // Within a float's range, whatever the loss is.
    let h = min(1e30, max(1e-30, start.unit ?? 1 / max(reach, 1e-30)))
    // A larger μ than the one that balances a price would take back what direct compression leaves out.
    let stiffness =
      if start.isPriced {
        (first: 1.0, last: 1.0)
      } else if followsByItself(start, epochs) {
        Self.smoothStiffness
      } else {
        start.isSmooth ? Self.mixedStiffness : Self.stiffness
      }
    let count = max(1, end - first)
    let growth =
      growth ?? (count > 1 ? pow(stiffness.last / stiffness.first, 1 / Double(count - 1)) : 1)
    // A single step takes the middle.
    let initial =
      count > 1 ? stiffness.first : (stiffness.first * stiffness.last).squareRoot()
    // What comes after the penalty has no μ.
    return .explicit(
      (0..<steps).map { initial * h * pow(growth, Double(min($0, count - 1))) })
  }
}
