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
  /// How Δ(θ) acts on w; a penalty with multipliers by default.
  public let coupling: Coupling
  /// What a C step may change.
  public let freedom: Freedom
  /// How many steps there are, and with the coupling `.penalty` their μ.
  public let schedule: PenaltySchedule
  /// How long each step learns.
  public let budget: Period
  /// How long the L step learns between two C steps; the whole budget where there is none. Several
  /// share the steps evenly, one after the other.
  public let every: [Period]
  /// The run, but for its retraining, ends when ‖w − Δ(θ)‖ ≤ tolerance · ‖w‖; for the coupling `.penalty`. Never
  /// for 0.
  public let tolerance: Double
  /// So many of the last steps go on from w ← Δ(θ) as retraining does: coupling `.replacement`, freedom
  /// `.fixed`. For the coupling `.penalty`.
  ///
  /// - Source: Zhang et al., "A systematic DNN weight pruning framework using alternating direction method
  ///   of multipliers", arXiv 1804.03294, which retrains what is left after pruning.
  public let retrainSteps: Int
  /// Every so many steps, and after the last one, Δ(θ) is evaluated.
  public let evaluateEvery: Int

  /// An alternation; nothing is run.
  ///
  /// - Parameter schedule: an exponential one of 0 steps is direct compression.
  /// - Throws: `LearningCompressionError.invalidOption`.
  public init(
    _ coupling: Coupling = .penalty(multipliers: .on), freedom: Freedom = .full,
    schedule: PenaltySchedule = .exponential(), budget: Period = .epochs(Period.usualEpochs),
    every: [Period] = [], tolerance: Double = 0,
    retrainSteps: Int = 0, evaluateEvery: Int = 1
  ) throws {
    try schedule.validate()
    guard budget.batches(perEpoch: 1) > 0 else {
      throw LearningCompressionError.invalidOption(
        option: "the budget of a step", value: "\(budget)", expected: "1 mini-batch or more")
    }
    if let wrong = every.first(where: { $0.batches(perEpoch: 1) < 1 }) {
      throw LearningCompressionError.invalidOption(
        option: "every", value: "\(wrong)", expected: "1 mini-batch or more")
    }
    guard (0...schedule.steps).contains(retrainSteps), retrainSteps == 0 || coupling.isSoft else {
      throw LearningCompressionError.invalidOption(
        option: "retrain-steps", value: "\(retrainSteps)",
        expected: coupling.isSoft
          ? "0 or more, and no more than the \(schedule.steps) steps"
          : "0 where w ← Δ(θ) from the beginning")
    }
    let sharing = schedule.steps - retrainSteps
    guard every.count <= max(1, sharing) else {
      throw LearningCompressionError.invalidOption(
        option: "every", value: "\(every.count) periods",
        expected: "no more than the \(sharing) steps that share them")
    }
    guard tolerance >= 0 else {
      throw LearningCompressionError.invalidOption(
        option: "tolerance", value: "\(tolerance)", expected: "0 or more")
    }
    if case .gradual(let share) = freedom, !(share > 0 && share <= 1) {
      throw LearningCompressionError.invalidOption(
        option: "the share of the run in which pruning grows", value: "\(share)",
        expected: "above 0, at most 1")
    }
    self.coupling = coupling
    self.freedom = freedom
    self.schedule = schedule
    self.budget = budget
    self.every = every
    guard evaluateEvery >= 1 else {
      throw LearningCompressionError.invalidOption(
        option: "evaluate-every", value: "\(evaluateEvery)", expected: "1 step or more")
    }
    self.tolerance = tolerance
    self.retrainSteps = retrainSteps
    self.evaluateEvery = evaluateEvery
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

  /// The mini-batches of one step.
  func batches(perEpoch: Int) -> Int { budget.batches(perEpoch: perEpoch) }

  /// Whether a step is one of the last, with w = Δ(θ) and the structure fixed.
  func isRetraining(step: Int) -> Bool { step >= schedule.steps - retrainSteps }

  func coupling(ofStep step: Int) -> Coupling { isRetraining(step: step) ? .replacement : coupling }

  func freedom(ofStep step: Int) -> Freedom { isRetraining(step: step) ? .fixed : freedom }

  /// The mini-batches between two C steps during that step.
  func period(ofStep step: Int, perEpoch: Int) -> Int {
    if freedom(ofStep: step) == .fixed { return 1 }
    let total = batches(perEpoch: perEpoch)
    guard !every.isEmpty else { return total }
    let sharing = max(1, schedule.steps - retrainSteps)
    let period = every[min(every.count - 1, step * every.count / sharing)]
      .batches(perEpoch: perEpoch)
    return coupling.endsEachStep ? min(total, period) : period
  }
}

/// What an L step throws when its loss is no longer finite.
public struct DivergenceError: Error {
  /// What happened, for the message.
  public let reason: String
  /// An error that the run passes on as `LearningCompressionError.diverged`, with its step and μ.
  public init(reason: String) { self.reason = reason }
}
