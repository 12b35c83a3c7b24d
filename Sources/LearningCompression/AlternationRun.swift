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

  /// What is run; before direct compression it may be open.
  public private(set) var alternation: Alternation
  /// What is run, where it follows from where the run begins.
  private let following: ((Start) throws -> Alternation)?
  private let plan: ResolvedPlan
  private let learning: Learning
  private let coupled: LCState
  private var position: Position?
  /// θ of direct compression, one form a problem of the plan; none before.
  public private(set) var directForms: [CompressedForm] = []

  /// A run that begins with direct compression.
  ///
  /// - Parameter plan: resolved for the layout of `learning.weights`.
  /// - Throws: `LearningCompressionError.invalidOption` when the alternation has nothing to do in the
  ///   plan.
  public init(_ alternation: Alternation, _ plan: ResolvedPlan, learning: Learning) throws {
    self.alternation = alternation
    following = nil
    self.plan = plan
    self.learning = learning
    coupled = try LCState(plan, weights: learning.weights, phases: alternation.phases)
    try alternation.budget.validate(
      steps: alternation.schedule.steps, perEpoch: learning.batchesPerEpoch)
  }

  /// A run that begins with direct compression, from which the rest follows.
  ///
  /// - Parameters:
  ///   - plan: resolved for the layout of `learning.weights`.
  ///   - following: what is run when it is known what direct compression costs, such as a `ScheduleRule`; asked
  ///     again with the same start where a run is resumed.
  public init(
    _ plan: ResolvedPlan, learning: Learning, following: @escaping (Start) throws -> Alternation
  ) throws {
    // Direct compression is asked for as far as an epoch goes.
    alternation = try Alternation([], schedule: .noPenalty(steps: 0), budget: .each(.epochs(1)))
    self.following = following
    self.plan = plan
    self.learning = learning
    coupled = try LCState(plan, weights: learning.weights, phases: [])
  }

  /// Settles what is run.
  private func follow(_ start: Start) throws {
    guard let following else { return }
    alternation = try following(start)
    try alternation.budget.validate(
      steps: alternation.schedule.steps, perEpoch: learning.batchesPerEpoch)
    try coupled.makeRoom(for: alternation.phases)
  }

  /// Goes on from the state of a run with the same alternation, plan and L step.
  ///
  /// - Throws: `LinearAlgebraError.unusableState` when it does not fit.
  public convenience init(
    _ alternation: Alternation, _ plan: ResolvedPlan, learning: Learning,
    from state: AlternationState
  ) throws where Learning: ResumableLearning {
    try self.init(alternation, plan, learning: learning)
    try restore(state)
  }

  /// Goes on from the state of a run that was begun in the same way, with the same plan and L step; begins where
  /// there is none.
  ///
  /// - Throws: `LinearAlgebraError.unusableState` when it does not fit.
  public convenience init(
    _ plan: ResolvedPlan, learning: Learning, from state: AlternationState?,
    following: @escaping (Start) throws -> Alternation
  ) throws where Learning: ResumableLearning {
    try self.init(plan, learning: learning, following: following)
    if let state { try restore(state) }
  }

  private func restore(_ state: AlternationState) throws where Learning: ResumableLearning {
    try follow(state.position.start)
    guard state.directForms.map(\.count) == plan.problems.map(\.count) else {
      throw LinearAlgebraError.unusableState(
        entry: "forms", expected: "those of \(plan.problems.count) problems",
        found: "\(state.directForms.count)")
    }
    guard state.position.isValid(in: alternation, batchesPerEpoch: learning.batchesPerEpoch) else {
      throw LinearAlgebraError.unusableState(
        entry: "position", expected: "one within the schedule", found: "another")
    }
    try coupled.restore(state.arenas, forms: state.forms)
    try learning.restore(state.learning)
    position = state.position
    directForms = state.directForms
  }

  /// Runs to the end.
  ///
  /// - Parameter progress: is told of direct compression, of each mini-batch and of each finished
  ///   step; what it throws ends the run. It may take the run's `state`.
  /// - Throws: `LearningCompressionError.diverged`; errors of the operators and of the L step;
  ///   `CompressionError.leftSet` when a result is none of its operator's.
  public func finish(progress: (Progress) throws -> Void = { _ in }) throws -> AlternationResult {
    var position = try self.position ?? begin()
    self.position = position
    if position.isAtStart { try progress(.direct(position.start)) }
    while position.step < steps {
      if position.isWithinTolerance {
        // The rest of the phase is left out.
        let (phase, _, first) = alternation.phase(ofStep: max(0, position.step - 1))
        position.step = max(position.step, first + phase.steps)
        position.isWithinTolerance = false
        guard position.step < steps else { break }
      }
      position = try finishStep(position, progress)
      self.position = position
      if let record = position.steps.last {
        try progress(.step(record, steps: steps))
      }
    }
    try plan.requireBelonging(coupled.forms)
    var result = AlternationResult(
      plan, start: position.start, directForms: directForms,
      forms: coupled.forms, weights: coupled.compressed)
    result.steps = position.steps
    result.multipliers = coupled.multipliers
    result.distance = position.steps.last.map {
      alternation.coupling(ofStep: $0.step).isSoft ? $0.distance : 0
    }
    return result
  }

  /// Where the run began; none before direct compression.
  public var start: Start? { position?.start }

  /// The steps that are done.
  public var records: [AlternationStep] { position?.steps ?? [] }

  private var steps: Int { alternation.schedule.steps }

  /// The weight of ‖w − Δ(θ)‖² in the C step: μ of the schedule with a penalty; else 1/t, where t is how
  /// far the mini-batches before it went.
  private func mu(step: Int, reach: Float) -> Float {
    if alternation.coupling(ofStep: step).isSoft { return alternation.mu(step: step) }
    // What a price is weighed against stays, where the latent weights add up what the loss wants.
    if alternation.coupling(ofStep: step) == .straightThrough, let balance = start?.balance {
      return Float(balance)
    }
    return 1 / max(reach, 1e-30)
  }

  /// Direct compression: θ ← Π(w).
  private func begin() throws -> Position {
    let reference = try learning.evaluate(learning.weights)
    learning.begin(step: 0)
    // As far as the first mini-batches will go.
    let period = alternation.period(ofStep: 0, perEpoch: learning.batchesPerEpoch)
    var mu = mu(step: 0, reach: learning.reach(mu: nil) * Float(max(1, period)))
    try coupled.begin(mu: mu)
    var balance: (mu: Float, of: ResolvedPlan)?
    if weighsPrices, let prices = try PriceBalance(plan, coupled.forms, of: learning.weights) {
      let epoch = learning.reach(ofStep: 0, batches: learning.batchesPerEpoch)
      let found = try prices.mu(from: Float(1 / max(epoch, 1e-20)), loss: learning.estimateLoss)
      if let found {
        mu = found
        balance = (found, prices.plan)
        try coupled.begin(mu: mu)
      }
    }
    directForms = coupled.forms
    let (distance, norm) = plan.distance(from: learning.weights, to: coupled.compressed)
    let squaredDistance = distance * distance
    func share(of plan: ResolvedPlan) -> Double {
      let own = plan.distance(from: learning.weights, to: coupled.compressed).absolute
      return squaredDistance > 0 ? min(1, own * own / squaredDistance) : 0
    }
    func share(where isSuch: (CompressedForm) -> Bool) -> Double {
      share(of: plan.of(zip(plan.problems, directForms).filter { isSuch($1) }.map(\.0)))
    }
    let start = Start(
      reference: reference, direct: try learning.evaluate(coupled.compressed),
      squaredDistance: squaredDistance, squaredNorm: norm * norm,
      smoothShare: share { $0.isSmooth },
      mixedShare: share { $0.isSmooth && $0.parts.count > 1 },
      balance: balance.map { Double($0.mu) }, pricedShare: balance.map { share(of: $0.of) })
    try follow(start)
    if steps > 0 { try coupled.couple() }
    return Position(start, mu: mu)
  }

  /// Whether what a price is weighed against has to be found: no μ is given, and it is not that of proximal steps.
  private var weighsPrices: Bool {
    if following != nil { return true }
    guard !alternation.phases.contains(where: \.coupling.isSoft) else { return false }
    let phase = alternation.phase(ofStep: 0).phase
    return phase.coupling == .straightThrough || phase.freedom == .fixed
  }

  /// The rest of one step of the schedule.
  private func finishStep(_ start: Position, _ progress: (Progress) throws -> Void) throws
    -> Position
  {
    var position = start
    let step = position.step
    let total = alternation.batches(ofStep: step, perEpoch: learning.batchesPerEpoch)
    let period = alternation.period(ofStep: step, perEpoch: learning.batchesPerEpoch)
    let (phase, number, first) = alternation.phase(ofStep: step)
    let coupling = phase.coupling
    // The C step that a phase ends with.
    let isLast = coupling.endsEachStep || step == first + phase.steps - 1
    let isNew = number > 0 && step == first && position.done == 0
    coupled.enter(phase, after: isNew ? alternation.phases[number - 1] : nil)
    if position.done == 0 { learning.begin(step: step) }
    while true {
      let isDue = position.inPeriod >= period || position.done == total && isLast
      if isDue, position.inPeriod > 0 {
        let started = ContinuousClock.now
        position.mu = mu(step: step, reach: position.reach)
        position.change += try compress(position, of: total)
        position.compressionTime += .now - started
        (position.inPeriod, position.reach, position.periodLoss) = (0, 0, 0)
        self.position = position
      }
      guard position.done < total else { break }
      let batches = min(period - position.inPeriod, total - position.done)
      try learn(batches, of: total, &position, progress)
    }
    let replaces = coupling == .replacement
    let distance = replaces ? 0 : coupled.relativeDistance
    let isNear = coupling.isSoft && alternation.tolerance > 0 && distance <= alternation.tolerance
    let isEvaluated = isNear || step == steps - 1 || (step + 1) % alternation.evaluateEvery == 0
    if isEvaluated {
      try coupled.catchUp(
        mu: mu(step: step, reach: position.reach), progress: share(position, of: total),
        isFresh: position.inPeriod == 0)
    }
    let norm = replaces ? coupled.norm : 0
    let figures = isEvaluated ? try learning.evaluate(coupled.compressed) : nil
    if let figures, !figures.trainLoss.isFinite {
      throw LearningCompressionError.diverged(
        step: step, steps: steps, batch: nil, mu: pull(step, position.mu),
        reason: "the loss of Δ(θ) is \(figures.trainLoss)")
    }
    position.endStep(
      AlternationStep(
        step: step, mu: position.mu, loss: position.loss / Double(total), distance: distance,
        change: replaces ? position.change / (norm > 0 ? norm : 1) / Double(total) : nil,
        figures: figures,
        learningTime: position.learningTime,
        compressionTime: position.compressionTime),
      isWithinTolerance: isNear)
    return position
  }

  /// The share of the phase that is over.
  private func share(_ position: Position, of total: Int) -> Double {
    let (phase, _, first) = alternation.phase(ofStep: position.step)
    return (Double(position.step - first) + Double(position.done) / Double(total))
      / Double(max(1, phase.steps))
  }

  /// The L step until the next C step, or the end of the step.
  private func learn(
    _ batches: Int, of total: Int, _ position: inout Position,
    _ progress: (Progress) throws -> Void
  ) throws {
    var now = position
    let mu = mu(step: now.step, reach: learning.reach(mu: nil))
    let pull = pull(now.step, mu)
    var reach = learning.reach(mu: pull)
    let growsPruning = alternation.phase(ofStep: now.step).phase.growsPruning
    var started = ContinuousClock.now
    do {
      try learning.learn(batches: batches, penalty: coupled.penalty(mu: mu)) { loss in
        now.done += 1
        now.inPeriod += 1
        now.reach += reach
        reach = learning.reach(mu: pull)
        now.loss += loss
        now.periodLoss += loss
        now.learningTime += .now - started
        if growsPruning { try coupled.keepStructure() }
        self.position = now
        try progress(.batch(step: now.step, done: now.done, of: total, steps: steps))
        started = .now
      }
    } catch let error as DivergenceError {
      throw LearningCompressionError.diverged(
        step: now.step, steps: steps, batch: now.done + 1, mu: pull, reason: error.reason)
    }
    // Far beyond the loss that the run began with there is no way back.
    let mean = now.periodLoss / Double(now.inPeriod)
    guard mean < 1e4 * (1 + abs(now.start.reference.trainLoss)) else {
      throw LearningCompressionError.diverged(
        step: now.step, steps: steps, batch: now.done, mu: pull,
        reason: "the mean loss of the L step is \(mean)")
    }
    position = now
  }

  /// μ where it is that of a penalty.
  private func pull(_ step: Int, _ mu: Float) -> Float? {
    alternation.coupling(ofStep: step).isSoft ? mu : nil
  }

  /// The C step, and what follows from it.
  private func compress(_ position: Position, of total: Int) throws -> Double {
    let mu = position.mu
    let damps =
      alternation.coupling(ofStep: position.step) == .penalty(multipliers: .damped)
    do {
      return try coupled.compress(
        mu: mu, damping: damps ? learning.damping(mu: mu, reach: position.reach) : 1,
        progress: share(position, of: total))
    } catch CompressionError.notFinite(let view) {
      throw LearningCompressionError.diverged(
        step: position.step, steps: steps, batch: nil, mu: pull(position.step, mu),
        reason: "\(view) holds weights that are not finite")
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
      coupled.store(in: &arenas)
      return AlternationState(
        position: position, directForms: directForms, forms: coupled.forms, arenas: arenas,
        learning: try learning.state)
    }
  }
}

extension CompressedForm {
  /// Whether most of it is factors, which go smoothly wherever the loss wants them: alone, or with a few entries at
  /// places, but without codes.
  fileprivate var isSmooth: Bool {
    parts.contains { $0.lowRank != nil } && !parts.contains { $0.codebook != nil }
  }
}
