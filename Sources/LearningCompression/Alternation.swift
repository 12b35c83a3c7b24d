import Compression
import Foundation
import LinearAlgebra

/// The learning-compression algorithm:  min L(w)  subject to  w = Δ(θ).
///
/// After direct compression, θ ← Π(w), each step of the μ schedule repeats
///
///     L step        w ← argmin L(w) + μ/2·‖w − Δ(θ) − λ/μ‖²
///     C step        θ ← argmin ‖(w − λ/μ) − Δ(θ)‖²
///     multipliers   λ ← λ − μ·(w − Δ(θ))
///
/// as often as the C step's period fits into the step's budget. The result is Δ(θ), never w.
///
/// - Source: Carreira-Perpiñán & Idelbayev, arXiv 1707.01209 (Part I) and 2107.04380 (Part V).
public struct Alternation: Sendable {
  public var schedule: PenaltySchedule
  /// How long each step of the schedule learns.
  public var budget: Period
  /// How long the L step learns between two C steps; the whole budget where there is none.
  public var every: Period?
  /// Whether there are multipliers λ (augmented Lagrangian) or λ ≡ 0 (quadratic penalty).
  public var multipliers: Bool
  /// The run ends when ‖w − Δ(θ)‖ ≤ tolerance · ‖w‖.
  public var tolerance: Double

  /// - Throws: `LearningCompressionError.invalidOption`.
  public init(
    schedule: PenaltySchedule, budget: Period, every: Period? = nil, multipliers: Bool = true,
    tolerance: Double = 0
  ) throws {
    try schedule.validate()
    guard budget.batches(perEpoch: 1) > 0 else {
      throw LearningCompressionError.invalidOption(
        option: "the budget of a step", value: "\(budget)", expected: "1 mini-batch or more")
    }
    guard every?.batches(perEpoch: 1) ?? 1 > 0 else {
      throw LearningCompressionError.invalidOption(
        option: "every", value: every.map { "\($0)" } ?? "", expected: "1 mini-batch or more")
    }
    guard tolerance >= 0 else {
      throw LearningCompressionError.invalidOption(
        option: "tolerance", value: "\(tolerance)", expected: "0 or more")
    }
    self.schedule = schedule
    self.budget = budget
    self.every = every
    self.multipliers = multipliers
    self.tolerance = tolerance
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
}

/// What an L step throws when its loss is no longer finite.
public struct DivergenceError: Error {
  public let reason: String
  public init(reason: String) { self.reason = reason }
}

extension ResolvedPlan {
  /// t ← Δ(θ) + λ/μ in the compressed ranges.
  func formTarget(_ compressed: Arena, multipliers: Arena?, mu: Float, into target: Arena) {
    for range in ranges {
      _ = target[range].update(fromContentsOf: compressed[range])
      guard let multipliers else { continue }
      let t = target[range]
      let lambda = multipliers[range]
      for index in t.indices { t[index] += lambda[index] / mu }
    }
  }

  /// λ ← λ − μ·(w − Δ(θ)) in the compressed ranges.
  func update(multipliers: Arena, weights: Arena, compressed: Arena, mu: Float) {
    for range in ranges {
      let lambda = multipliers[range]
      let w = weights[range]
      let delta = compressed[range]
      for index in lambda.indices { lambda[index] -= mu * (w[index] - delta[index]) }
    }
  }

  /// Copies what the plan does not compress, such as biases.
  func copyUncompressed(from weights: Arena, to compressed: Arena) {
    var start = 0
    for range in ranges + [weights.layout.count..<weights.layout.count] {
      _ = compressed[start..<range.lowerBound].update(
        fromContentsOf: weights[start..<range.lowerBound])
      start = range.upperBound
    }
  }
}
