/// A stretch of a run in which θ acts on w in one way.
public struct Phase: Sendable, Equatable {
  /// How Δ(θ) acts on w.
  public let coupling: Coupling
  /// What a C step may change.
  public let freedom: Freedom
  /// How many steps of the schedule it takes.
  public let steps: Int
  /// How long the L step learns between two C steps; a whole step where there is none. Several share the
  /// phase's steps evenly, one after the other. With the freedom `.fixed` it is one mini-batch, whatever is
  /// said here.
  public let every: [Period]

  /// A phase; what does not fit is said by `Alternation`.
  public init(
    _ coupling: Coupling, _ freedom: Freedom = .full, steps: Int, every: [Period] = []
  ) {
    self.coupling = coupling
    self.freedom = freedom
    self.steps = steps
    self.every = every
  }

  /// w ← Δ(θ), and from there training with codes, places and ranks fixed.
  ///
  /// - Source: Zhang et al., "A systematic DNN weight pruning framework using alternating direction method
  ///   of multipliers", arXiv 1804.03294, which retrains what is left after pruning.
  public static func retraining(steps: Int) -> Phase { Phase(.replacement, .fixed, steps: steps) }

  var growsPruning: Bool { if case .gradual = freedom { true } else { false } }

  /// - Throws: `LearningCompressionError.invalidOption`.
  func validate() throws {
    if let wrong = every.first(where: { $0.batches(perEpoch: 1) < 1 }) {
      throw LearningCompressionError.invalidOption(
        option: "every", value: "\(wrong)", expected: "1 mini-batch or more")
    }
    guard every.count <= max(1, steps) else {
      throw LearningCompressionError.invalidOption(
        option: "every", value: "\(every.count) periods",
        expected: "no more than the \(steps) steps that share them")
    }
    if case .gradual(let share) = freedom, !(share > 0 && share <= 1) {
      throw LearningCompressionError.invalidOption(
        option: "the share of the phase in which pruning grows", value: "\(share)",
        expected: "above 0, at most 1")
    }
  }

  /// The mini-batches between two C steps during one of its steps.
  ///
  /// - Parameters:
  ///   - step: counted from the phase's first.
  ///   - total: the mini-batches of a step.
  func period(ofStep step: Int, total: Int, perEpoch: Int) -> Int {
    if freedom == .fixed { return 1 }
    guard !every.isEmpty else { return total }
    let period = every[min(every.count - 1, step * every.count / max(1, steps))]
      .batches(perEpoch: perEpoch)
    return coupling.endsEachStep ? min(total, period) : period
  }
}
