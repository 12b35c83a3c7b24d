import Compression
import LinearAlgebra

/// θ, Δ(θ), λ and the target of the L step, and how they act on the weights; for whoever has a training loop
/// of their own. `Alternation` drives it as anybody may:
///
/// ```swift
/// let state = try LCState(plan, weights: weights)
/// try state.begin()                              // direct compression, θ ← Π(w)
/// for mu in schedule {
///   let penalty = state.penalty(mu: mu)          // μ and t = Δ(θ) + λ/μ
///   …                                            // SGD on L(w) + μ/2·‖w − t‖², which changes `weights`
///   try state.compress(mu: mu)                   // the C step, and λ ← λ − μ·(w − Δ(θ))
/// }
/// ```
///
/// A hard coupling also asks for `couple` before the first mini-batch, and for `catchUp` before Δ(θ) is looked at.
/// The result is `compressed`, never w. It has identity, as the weights have that it looks at.
public final class LCState {
  private var coupling: Coupling
  private var freedom: Freedom
  private let plan: ResolvedPlan
  private let weights: Arena
  /// θ, one form a problem of the plan; none before `begin`.
  public internal(set) var forms: [CompressedForm] = []
  /// Δ(θ) where the plan compresses; elsewhere w as it was at the beginning, or at the last `catchUp`.
  public let compressed: Arena
  /// t = Δ(θ) + λ/μ as `penalty` has formed it, with a penalty.
  public private(set) var target: Arena?
  /// λ, with a penalty that has multipliers.
  public private(set) var multipliers: Arena?
  /// v, the weights that θ is made of, with straight-through gradients.
  private var latent: Arena?

  /// The state of a plan beside these weights; nothing is compressed before `begin(mu:)`.
  ///
  /// - Parameters:
  ///   - plan: resolved for the layout of `weights`.
  ///   - weights: w, which is read, and with a hard coupling written.
  ///   - coupling: how θ acts on w.
  ///   - freedom: what a C step may change.
  /// - Throws: `LearningCompressionError.invalidOption` when pruning is to grow and there is none.
  public convenience init(
    _ plan: ResolvedPlan, weights: Arena, coupling: Coupling = .penalty(multipliers: .on),
    freedom: Freedom = .full
  ) throws {
    try self.init(plan, weights: weights, phases: [Phase(coupling, freedom, steps: 0)])
  }

  /// The state of a run that begins with the first phase.
  init(_ plan: ResolvedPlan, weights: Arena, phases: [Phase]) throws {
    (coupling, freedom) = (.replacement, .full)
    self.plan = plan
    self.weights = weights
    compressed = weights.duplicate()
    try makeRoom(for: phases)
  }

  /// From now on it is the state of a run of these phases, and begins with the first of them.
  ///
  /// - Throws: `LearningCompressionError.invalidOption` when pruning is to grow and there is none.
  func makeRoom(for phases: [Phase]) throws {
    guard plan.isGradual || !phases.contains(where: \.growsPruning) else {
      throw LearningCompressionError.invalidOption(
        option: "the plan of gradual pruning",
        value: plan.problems.map { "\($0.operator)" }.joined(separator: "; "),
        expected: "one with prune(keep=…)")
    }
    let first = phases.first ?? Phase(.replacement, steps: 0)
    (coupling, freedom) = (first.coupling, first.freedom)
    var (penalises, hasMultipliers) = (false, false)
    for case .penalty(let multipliers) in phases.map(\.coupling) {
      penalises = true
      hasMultipliers = hasMultipliers || multipliers != .off
    }
    target = penalises ? Arena(weights.layout) : nil
    multipliers = hasMultipliers ? Arena(weights.layout) : nil
    latent =
      phases.contains { $0.coupling == .straightThrough } ? Arena(weights.layout) : nil
  }

  /// Direct compression: θ ← Π(w).
  ///
  /// - Parameter mu: what a squared distance is worth to operators with a cost.
  /// - Throws: `CompressionError.notFinite` when a weight is NaN or infinite.
  public func begin(mu: Float = 1) throws {
    forms = try plan.compress(weights, mu: mu, into: compressed)
  }

  /// What couples w to direct compression, between `begin` and the first mini-batch; nothing with a penalty.
  ///
  /// - Throws: `CompressionError.notFinite`.
  public func couple() throws {
    if coupling == .straightThrough { latent?.copy(from: weights) }
    if case .gradual = freedom {
      forms = try plan.gradual(0).compress(weights, into: compressed)
    }
    if freedom != .full || coupling == .straightThrough {
      plan.copyCompressed(from: compressed, to: weights)
    }
  }

  /// From now on θ acts on w as this phase says.
  ///
  /// - Parameter last: the phase before where this one begins here; then a hard coupling goes on from w = Δ(θ),
  ///   latent weights begin at w, and multipliers at 0 unless the phase before has brought them here.
  func enter(_ phase: Phase, after last: Phase?) {
    (coupling, freedom) = (phase.coupling, phase.freedom)
    guard let last else { return }
    if coupling.isSoft {
      if !last.coupling.isSoft { multipliers?.floats.update(repeating: 0) }
    } else {
      if coupling == .straightThrough { latent?.copy(from: weights) }
      plan.copyCompressed(from: compressed, to: weights)
    }
  }

  /// The term μ/2·‖w − t‖² that the L step adds to the loss, with t formed anew; none with a hard coupling.
  ///
  /// - Complexity: O(n).
  public func penalty(mu: Float) -> QuadraticPenalty? {
    guard coupling.isSoft, let target else { return nil }
    plan.formTarget(compressed, multipliers: activeMultipliers, mu: mu, into: target)
    return QuadraticPenalty(mu: mu, target: target, ranges: plan.ranges)
  }

  /// Between two C steps: pruned weights stay zero, codes and ranks stay.
  func keepStructure() throws {
    forms = try plan.refit(forms, to: weights, into: compressed)
    plan.copyCompressed(from: compressed, to: weights)
  }

  /// How far latent weights may be from Δ(θ), in units of its largest weight.
  static let latentBound: Float = 32

  /// The C step, and what follows from it for w.
  ///
  /// - Parameters:
  ///   - mu: of the penalty; 1/t for the others.
  ///   - damping: the share of the multipliers' step.
  ///   - progress: the share of the run that is over, for pruning that grows.
  /// - Returns: ‖w − Δ(θ)‖ as it was before w was replaced; 0 where it is not.
  /// - Throws: `CompressionError.notFinite` when a weight is NaN or infinite.
  @discardableResult
  public func compress(mu: Float, damping: Float = 1, progress: Double = 1) throws -> Double {
    switch coupling {
    case .penalty:
      forms = try plan.compress(
        weights, multipliers: activeMultipliers, mu: mu, from: forms, into: compressed)
      if let multipliers = activeMultipliers {
        plan.update(
          multipliers: multipliers, weights: weights, compressed: compressed, step: damping * mu)
      }
      return 0
    case .replacement:
      if freedom == .full, let change = try plan.applyInPlace(to: weights, mu: mu) { return change }
      forms = try find(mu: mu, progress: progress)
      let distance = plan.distance(from: weights, to: compressed).absolute
      plan.copyCompressed(from: compressed, to: weights)
      return distance
    case .straightThrough:
      guard let latent else { return 0 }
      plan.add(weights, minus: compressed, to: latent)
      forms = try plan.compress(latent, mu: mu, from: forms, into: compressed)
      plan.bound(latent, around: compressed, within: Self.latentBound)
      plan.copyCompressed(from: compressed, to: weights)
      return 0
    }
  }

  /// λ, where the present coupling has multipliers.
  private var activeMultipliers: Arena? {
    coupling == .penalty(multipliers: .off) ? nil : multipliers
  }

  /// ‖w − Δ(θ)‖ / ‖w‖, of the latent weights where there are some; ‖w − Δ(θ)‖ for w = 0.
  public var relativeDistance: Double {
    let own = coupling == .straightThrough ? latent ?? weights : weights
    let (distance, norm) = plan.distance(from: own, to: compressed)
    return norm > 0 ? distance / norm : distance
  }

  /// ‖w‖ over the compressed weights.
  var norm: Double { plan.distance(from: weights, to: compressed).norm }

  /// Makes Δ(θ) that of the present weights, which a hard coupling may have left behind, to be evaluated.
  /// The period goes on from the θ before, as if nothing had been.
  ///
  /// - Parameters:
  ///   - mu: as for `compress`.
  ///   - progress: as for `compress`.
  ///   - isFresh: whether no mini-batch followed the last C step.
  /// - Throws: `CompressionError.notFinite`.
  public func catchUp(mu: Float, progress: Double, isFresh: Bool) throws {
    if coupling == .replacement {
      if !isFresh {
        _ = try find(mu: mu, progress: progress)
      } else if freedom == .full, let inPlace = try plan.formsInPlace(of: weights) {
        forms = inPlace
        plan.copyCompressed(from: weights, to: compressed)
      }
    }
    plan.copyUncompressed(from: weights, to: compressed)
  }

  /// θ ← Π(w), as far as it is free.
  private func find(mu: Float, progress: Double) throws -> [CompressedForm] {
    switch freedom {
    case .full: return try plan.compress(weights, mu: mu, from: forms, into: compressed)
    case .fixed: return try plan.refit(forms, to: weights, into: compressed)
    case .gradual(let share):
      return try plan.gradual(min(1, progress / share)).compress(
        weights, mu: mu, from: forms, into: compressed)
    }
  }

  /// Puts Δ(θ), λ and the latent weights into a snapshot; `forms` go beside it.
  public func store(in state: inout Snapshot) {
    state.store(compressed, as: "compressed")
    if let multipliers { state.store(multipliers, as: "multipliers") }
    if let latent { state.store(latent, as: "latent") }
  }

  /// Goes on from what `store` has put there.
  ///
  /// - Throws: `LinearAlgebraError.unusableState` when it is that of another plan or coupling.
  public func restore(_ state: Snapshot, forms: [CompressedForm]) throws {
    guard forms.map(\.count) == plan.problems.map(\.count) else {
      throw LinearAlgebraError.unusableState(
        entry: "forms", expected: "those of \(plan.problems.count) problems",
        found: "\(forms.count)")
    }
    try state.restore(compressed, from: "compressed")
    if let multipliers { try state.restore(multipliers, from: "multipliers") }
    if let latent { try state.restore(latent, from: "latent") }
    self.forms = forms
  }
}
