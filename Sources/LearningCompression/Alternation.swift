import Compression
import Foundation
import LinearAlgebra

/// A number of mini-batches of an L step in turn with the C step, as often as the budget says.
///
/// It begins with direct compression, θ ← Π(w); how θ acts on w afterwards is the `coupling`. With
/// `.penalty` it is the learning-compression algorithm,  min L(w)  subject to  w = Δ(θ): each step of the
/// μ schedule repeats
///
///     L step        w ← argmin L(w) + μ/2·‖w − Δ(θ) − λ/μ‖²
///     C step        θ ← argmin ‖(w − λ/μ) − Δ(θ)‖²
///     multipliers   λ ← λ − μ·(w − Δ(θ))
///
/// as often as the C step's period fits into the step's budget. The result is Δ(θ), never w.
///
/// - Source: Carreira-Perpiñán & Idelbayev, arXiv 1707.01209 (Part I) and 2107.04380 (Part V); for the
///   other couplings see `Coupling`.
public struct Alternation: Sendable {
  /// What follows on direct compression, one after the other. A phase goes on from where the last one left the
  /// weights: at Δ(θ), but for a penalty, which leaves w near it.
  public let phases: [Phase]
  /// How many steps there are, those of all phases, and μ of those with a penalty, counted from the first of them.
  public let schedule: PenaltySchedule
  /// How long the steps learn.
  public let budget: Budget
  /// A phase with a penalty ends when ‖w − Δ(θ)‖ ≤ tolerance · ‖w‖. Never for 0.
  public let tolerance: Double
  /// Every so many steps, and after the last one, Δ(θ) is evaluated.
  public let evaluateEvery: Int

  /// An alternation of several phases; nothing is run.
  ///
  /// - Parameters:
  ///   - phases: together as many steps as the schedule has. Those without steps are left out.
  ///   - schedule: an exponential one of 0 steps is direct compression.
  /// - Throws: `LearningCompressionError.invalidOption`.
  public init(
    _ phases: [Phase], schedule: PenaltySchedule,
    budget: Budget = .each(.epochs(Period.usualEpochs)),
    tolerance: Double = 0, evaluateEvery: Int = 1
  ) throws {
    try schedule.validate()
    // How many mini-batches are in an epoch is known with the data.
    try budget.validate(steps: schedule.steps, perEpoch: budget.isInEpochs ? .max : 1)
    for phase in phases { try phase.validate() }
    let total = phases.reduce(into: 0) { $0 = $0.addingReportingOverflow($1.steps).partialValue }
    guard phases.allSatisfy({ $0.steps >= 0 }), total == schedule.steps else {
      throw LearningCompressionError.invalidOption(
        option: "the steps of the phases",
        value: phases.map { "\($0.steps)" }.joined(separator: " + "),
        expected: "0 or more each, and together the \(schedule.steps) of the schedule")
    }
    guard tolerance >= 0 else {
      throw LearningCompressionError.invalidOption(
        option: "tolerance", value: "\(tolerance)", expected: "0 or more")
    }
    guard evaluateEvery >= 1 else {
      throw LearningCompressionError.invalidOption(
        option: "evaluate-every", value: "\(evaluateEvery)", expected: "1 step or more")
    }
    let used = phases.filter { $0.steps > 0 }
    self.phases = used.isEmpty ? Array(phases.prefix(1)) : used
    self.schedule = schedule
    self.budget = budget
    self.tolerance = tolerance
    self.evaluateEvery = evaluateEvery
  }

  /// An alternation with one coupling, and retraining at its end; nothing is run.
  ///
  /// - Parameters:
  ///   - schedule: an exponential one of 0 steps is direct compression.
  ///   - every: see `Phase`.
  ///   - retrainSteps: so many of the last steps are retraining (`Phase.retraining`).
  /// - Throws: `LearningCompressionError.invalidOption`.
  public init(
    _ coupling: Coupling = .penalty(multipliers: .on), freedom: Freedom = .full,
    schedule: PenaltySchedule,
    budget: Budget = .each(.epochs(Period.usualEpochs)), every: [Period] = [],
    tolerance: Double = 0,
    retrainSteps: Int = 0, evaluateEvery: Int = 1
  ) throws {
    try schedule.validate()
    guard (0...schedule.steps).contains(retrainSteps) else {
      throw LearningCompressionError.invalidOption(
        option: "retrain-steps", value: "\(retrainSteps)",
        expected: "0 or more, and no more than the \(schedule.steps) steps")
    }
    try self.init(
      [
        Phase(coupling, freedom, steps: schedule.steps - retrainSteps, every: every),
        .retraining(steps: retrainSteps),
      ], schedule: schedule, budget: budget, tolerance: tolerance, evaluateEvery: evaluateEvery)
  }

  /// Compresses the weights of an L step.
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
    try AlternationRun(self, plan, learning: learning).finish(progress: progress)
  }

  /// The mini-batches of a step, counted from 0.
  public func batches(ofStep step: Int, perEpoch: Int) -> Int {
    budget.batches(ofStep: step, of: schedule.steps, perEpoch: perEpoch)
  }

  /// The phase of a step, counted from 0, and its first step.
  func phase(ofStep step: Int) -> (phase: Phase, number: Int, first: Int) {
    var first = 0
    for (number, phase) in phases.enumerated() {
      if step < first + phase.steps || number == phases.count - 1 { return (phase, number, first) }
      first += phase.steps
    }
    return (Phase(.replacement, steps: 0), 0, 0)
  }

  package func coupling(ofStep step: Int) -> Coupling { phase(ofStep: step).phase.coupling }

  /// μ of a step with a penalty, counted from 0.
  public func mu(step: Int) -> Float {
    let first = phases.prefix { !$0.coupling.isSoft }.reduce(0) { $0 + $1.steps }
    return schedule.mu(step: max(0, step - first))
  }

  /// The mini-batches between two C steps during that step.
  func period(ofStep step: Int, perEpoch: Int) -> Int {
    let (phase, _, first) = phase(ofStep: step)
    return phase.period(
      ofStep: step - first, total: batches(ofStep: step, perEpoch: perEpoch), perEpoch: perEpoch)
  }
}

/// What an L step throws when its loss is no longer finite.
public struct DivergenceError: Error {
  /// What happened, for the message.
  public let reason: String
  /// An error that the run passes on as `LearningCompressionError.diverged`, with its step and μ.
  public init(reason: String) { self.reason = reason }
}
