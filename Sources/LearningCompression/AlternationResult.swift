import Compression
import LinearAlgebra

/// What a run is doing.
public enum Progress {
  /// Direct compression is done.
  case direct(Start)
  /// A mini-batch of a step is done.
  case batch(step: Int, done: Int, of: Int, steps: Int)
  /// A step is done.
  case step(AlternationStep, steps: Int)
}

/// The figures of one step of the μ schedule.
public struct AlternationStep: Sendable, Equatable, Codable {
  /// Counted from 0.
  public let step: Int
  /// The weight of the distance in the C step: the penalty, or 1/t of a hard coupling.
  public let mu: Float
  /// The mean loss of w over the step's mini-batches.
  public let loss: Double
  /// ‖w − Δ(θ)‖ / ‖w‖ over the compressed weights, after the C step; 0 where Δ(θ) replaced w.
  public let distance: Double
  /// Where Δ(θ) replaces w: the relative change of the weights by compression, ‖w − Δ(θ)‖ / ‖w‖, per
  /// mini-batch of the step; absolute once all weights are zero. With the ratio it is what regularises
  /// (Lee et al., arXiv 2105.01875).
  public let change: Double?
  /// Of Δ(θ); none for steps that are not evaluated.
  public let figures: Figures?
  /// The wall-clock time of the step's mini-batches.
  public let learningTime: Duration
  /// The wall-clock time of the step's C steps.
  public let compressionTime: Duration
}

/// θ, the weights Δ(θ), and every step's figures.
public struct AlternationResult {
  /// What was compressed, and how.
  public let plan: ResolvedPlan
  /// Where the run began.
  public let start: Start
  /// θ of direct compression, one form a problem of the plan.
  public let directForms: [CompressedForm]
  /// θ after the last step, one form a problem of the plan.
  public var forms: [CompressedForm]
  /// Δ(θ) where the plan compresses, w elsewhere.
  public let weights: Arena
  /// λ after the last step, where there are multipliers.
  public var multipliers: Arena?
  /// The steps that were run, in order: fewer than the schedule's where the tolerance was reached,
  /// none for direct compression.
  public var steps: [AlternationStep] = []
  /// ‖w − Δ(θ)‖ / ‖w‖ at the end, 0 where Δ(θ) has replaced w; none for direct compression.
  public var distance: Double?

  init(
    _ plan: ResolvedPlan, start: Start, directForms: [CompressedForm], forms: [CompressedForm],
    weights: Arena
  ) {
    self.plan = plan
    self.start = start
    self.directForms = directForms
    self.forms = forms
    self.weights = weights
  }

  /// Of the weights that the run began with.
  public var reference: Figures { start.reference }
  /// Of direct compression.
  public var direct: Figures { start.direct }
  /// Of Δ(θ) after the last step, which is always evaluated; of direct compression before the first.
  public var compressed: Figures { steps.last?.figures ?? direct }
}
