import Compression
import LinearAlgebra

/// A run of the alternation, which can stop after any mini-batch and go on elsewhere, bit for bit.
///
/// ```swift
/// let run = try AlternationRun(alternation, plan, learning: learning, from: saved)
/// let result = try run.finish { _ in
///   if checkpointIsDue { try Checkpoint(run.state).write(to: path) }
/// }
/// ```
public final class AlternationRun<Learning: LearningStep> {
  private typealias Position = AlternationState.Position

  private let alternation: Alternation
  private let plan: ResolvedPlan
  private let learning: Learning
  private var position: Position?
  private var directForms: [Representation] = []
  private var forms: [Representation] = []
  /// Δ(θ) where the plan compresses, w elsewhere.
  private let compressed: Arena
  /// t = Δ(θ) + λ/μ
  private let target: Arena
  /// λ
  private let lagrange: Arena?

  /// A run that begins with direct compression.
  ///
  /// - Parameter plan: resolved for the layout of `learning.weights`.
  public init(_ alternation: Alternation, _ plan: ResolvedPlan, learning: Learning) {
    self.alternation = alternation
    self.plan = plan
    self.learning = learning
    compressed = learning.weights.duplicate()
    target = Arena(learning.weights.layout)
    lagrange = alternation.multipliers ? Arena(learning.weights.layout) : nil
  }

  /// Goes on from the state of a run with the same alternation, plan and L step.
  ///
  /// - Throws: `LinearAlgebraError.unusableState` when it does not fit.
  public convenience init(
    _ alternation: Alternation, _ plan: ResolvedPlan, learning: Learning,
    from state: AlternationState
  ) throws where Learning: ResumableLearning {
    self.init(alternation, plan, learning: learning)
    for forms in [state.directForms, state.forms]
    where forms.map(\.count) != plan.problems.map(\.count) {
      throw LinearAlgebraError.unusableState(
        entry: "forms", expected: "those of \(plan.problems.count) problems",
        found: "\(forms.count)")
    }
    guard state.position.isValid(in: alternation, batchesPerEpoch: learning.batchesPerEpoch) else {
      throw LinearAlgebraError.unusableState(
        entry: "position", expected: "one within the schedule", found: "another")
    }
    try state.arenas.restore(compressed, from: "compressed")
    if let lagrange { try state.arenas.restore(lagrange, from: "multipliers") }
    try learning.restore(state.learning)
    position = state.position
    directForms = state.directForms
    forms = state.forms
  }

  /// Runs to the end.
  ///
  /// - Parameter progress: is told of direct compression, of each mini-batch and of each finished
  ///   step; what it throws ends the run. It may take the run's `state`.
  /// - Throws: `LearningCompressionError.diverged`; errors of the operators and of the L step.
  public func finish(progress: (Progress) throws -> Void = { _ in }) throws -> AlternationResult {
    var position = try self.position ?? begin()
    self.position = position
    if position.isAtStart { try progress(.direct(position.direct)) }
    while position.step < alternation.schedule.steps && !position.isWithinTolerance {
      position = try finishStep(position, progress)
      self.position = position
      if let record = position.steps.last {
        try progress(.step(record, steps: alternation.schedule.steps))
      }
    }
    var result = AlternationResult(
      reference: position.reference, direct: position.direct, directForms: directForms,
      forms: forms, weights: compressed)
    result.steps = position.steps
    result.multipliers = lagrange
    return result
  }

  /// Direct compression: θ ← Π(w).
  private func begin() throws -> Position {
    let reference = try learning.evaluate(learning.weights)
    forms = try plan.compress(
      learning.weights, mu: alternation.schedule.mu(step: 0), into: compressed)
    directForms = forms
    return Position(reference: reference, direct: try learning.evaluate(compressed))
  }

  /// The rest of one step of the schedule.
  private func finishStep(_ start: Position, _ progress: (Progress) throws -> Void) throws
    -> Position
  {
    var position = start
    let mu = alternation.schedule.mu(step: position.step)
    let total = alternation.budget.batches(perEpoch: learning.batchesPerEpoch)
    let period = min(
      total, alternation.every?.batches(perEpoch: learning.batchesPerEpoch) ?? total)
    if position.done == 0, position.inPeriod == 0 { learning.begin(step: position.step) }
    while position.done < total {
      let batches = min(period, total - position.done)
      try learn(batches, of: total, mu: mu, &position, progress)
      let started = ContinuousClock.now
      try compress(mu: mu, step: position.step)
      position.compressionTime += .now - started
      position.endPeriod(of: batches)
      self.position = position
    }
    let (distance, norm) = plan.distance(from: learning.weights, to: compressed)
    plan.copyUncompressed(from: learning.weights, to: compressed)
    position.endStep(
      AlternationStep(
        step: position.step, mu: mu, loss: position.loss / Double(total),
        distance: norm > 0 ? distance / norm : distance,
        figures: try learning.evaluate(compressed), learningTime: position.learningTime,
        compressionTime: position.compressionTime), tolerance: alternation.tolerance)
    return position
  }

  /// The L step until the next C step.
  private func learn(
    _ batches: Int, of total: Int, mu: Float, _ position: inout Position,
    _ progress: (Progress) throws -> Void
  ) throws {
    var now = position
    plan.formTarget(compressed, multipliers: lagrange, mu: mu, into: target)
    let penalty = QuadraticPenalty(mu: mu, target: target, ranges: plan.ranges)
    if now.inPeriod < batches {
      var started = ContinuousClock.now
      do {
        try learning.learn(batches: batches - now.inPeriod, penalty: penalty) { loss in
          now.inPeriod += 1
          now.loss += loss
          now.periodLoss += loss
          now.learningTime += .now - started
          self.position = now
          try progress(
            .batch(
              step: now.step, done: now.done + now.inPeriod, of: total,
              steps: alternation.schedule.steps))
          started = .now
        }
      } catch let error as DivergenceError {
        throw LearningCompressionError.diverged(step: now.step, mu: mu, reason: error.reason)
      }
    }
    // Far beyond the loss that the run began with there is no way back.
    let mean = now.periodLoss / Double(batches)
    guard mean < 1e4 * (1 + abs(now.reference.trainLoss)) else {
      throw LearningCompressionError.diverged(
        step: now.step, mu: mu, reason: "the mean loss of the L step is \(mean)")
    }
    position = now
  }

  /// The C step and the multipliers.
  private func compress(mu: Float, step: Int) throws {
    do {
      forms = try plan.compress(
        learning.weights, multipliers: lagrange, mu: mu, from: forms, into: compressed)
    } catch CompressionError.notFinite(let view) {
      throw LearningCompressionError.diverged(
        step: step, mu: mu, reason: "\(view) holds weights that are not finite")
    }
    if let lagrange {
      plan.update(
        multipliers: lagrange, weights: learning.weights, compressed: compressed, mu: mu)
    }
  }
}

extension AlternationRun where Learning: ResumableLearning {
  /// All that the rest of the run depends on; to be asked for by `progress`, or between runs.
  ///
  /// - Throws: `LearningCompressionError.invalidOption` before direct compression.
  public var state: AlternationState {
    get throws {
      guard let position else {
        throw LearningCompressionError.invalidOption(
          option: "the state of a run", value: "none", expected: "taken after direct compression")
      }
      var arenas = Snapshot()
      arenas.store(compressed, as: "compressed")
      if let lagrange { arenas.store(lagrange, as: "multipliers") }
      return AlternationState(
        position: position, directForms: directForms, forms: forms, arenas: arenas,
        learning: try learning.state)
    }
  }
}
