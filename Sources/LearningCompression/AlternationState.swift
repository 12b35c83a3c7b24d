import Compression
import LinearAlgebra
import ModelFiles

/// A run of the alternation as a value, between two mini-batches.
public struct AlternationState: Sendable, Equatable {
  /// Where the run is, and the figures that it has found so far.
  struct Position: Sendable, Equatable, Codable {
    let start: Start
    var steps: [AlternationStep] = []
    /// The step of the schedule.
    var step = 0
    /// The mini-batches of the step that are done.
    var done = 0
    /// The mini-batches since the last C step, which may have been in an earlier step.
    var inPeriod = 0
    /// How far these have gone (`LearningStep.reach`), and the μ of the last C step.
    var reach: Float = 0
    var mu: Float
    /// Σ of the losses of the step's mini-batches, and of those since the last C step.
    var loss = 0.0
    var periodLoss = 0.0
    /// Σ of ‖w − Δ(θ)‖ over the step's C steps that replaced w.
    var change = 0.0
    var learningTime = Duration.zero
    var compressionTime = Duration.zero
    /// Whether w is as near to Δ(θ) as it was to be.
    var isWithinTolerance = false

    init(_ start: Start, mu: Float) {
      self.start = start
      self.mu = mu
    }

    var isAtStart: Bool { step == 0 && done == 0 && inPeriod == 0 }

    mutating func endStep(_ record: AlternationStep, isWithinTolerance: Bool) {
      steps.append(record)
      step += 1
      (done, loss, change) = (0, 0, 0)
      (learningTime, compressionTime) = (.zero, .zero)
      self.isWithinTolerance = isWithinTolerance
    }

    func isValid(in alternation: Alternation, batchesPerEpoch: Int) -> Bool {
      let total = alternation.batches(ofStep: step, perEpoch: batchesPerEpoch)
      return (0...alternation.schedule.steps).contains(step) && steps.count <= step
        && (0...total).contains(done) && inPeriod >= 0 && reach >= 0 && mu > 0
    }
  }

  var position: Position
  var directForms: [CompressedForm]
  /// θ, which the next C step starts from.
  var forms: [CompressedForm]
  /// Δ(θ), λ where there are multipliers, the latent weights of straight-through gradients.
  var arenas: Snapshot
  /// Of the L step.
  var learning: Snapshot
}

extension AlternationState {
  /// As it is written to a file.
  ///
  /// - Throws: an encoding error; there is none that finite or infinite figures cause.
  public func checkpoint() throws -> Checkpoint {
    var state = arenas
    try state.store(position, as: "position")
    state.store(learning, as: "learning")
    return Checkpoint(state: state, forms: ["direct": directForms, "present": forms])
  }

  /// As it was written to a file.
  ///
  /// - Throws: `LinearAlgebraError.unusableState` when the file holds something else.
  public init(_ checkpoint: Checkpoint) throws {
    guard let direct = checkpoint.forms["direct"], let present = checkpoint.forms["present"] else {
      throw LinearAlgebraError.unusableState(
        entry: "forms", expected: "the forms of a run of the alternation", found: "none")
    }
    self.init(
      position: try checkpoint.state.value("position"), directForms: direct, forms: present,
      arenas: checkpoint.state, learning: checkpoint.state.part("learning"))
  }
}
