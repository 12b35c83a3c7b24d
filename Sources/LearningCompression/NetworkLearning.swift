import Datasets
import Foundation
import LinearAlgebra
import NeuralNetwork

/// The L step of a network: SGD, with momentum that starts anew and a learning rate that decays from
/// one step of the μ schedule to the next.
public final class NetworkLearning: ResumableLearning {
  /// With which running statistics of batch norm Δ(θ) is evaluated.
  public enum Statistics: String, Sendable, CaseIterable {
    /// Those that were gathered while w was trained.
    case gathered
    /// Those that training images have with Δ(θ); see `Trainer.reestimatedStatistics(of:)`.
    case reestimated
  }

  /// What owns the network, the data and the momentum.
  public let trainer: Trainer
  private let learningRate: Float
  private let decay: Float
  private let schedule: StepSchedule?
  private let statistics: Statistics
  /// Where the figures of the weights that the run begins with are looked up: the reference's and those of
  /// direct compression.
  package var known: KnownFigures?
  private var place = Place(step: 0, firstBatch: 0)

  /// The present step, and the number of its first mini-batch.
  private struct Place: Codable {
    let step: Int
    let firstBatch: Int
  }

  /// By what the learning rate is multiplied after each step where nothing is said, here and by `lc compress`.
  public static let usualDecay: Float = 0.95

  /// By what it is multiplied after each of so many steps, so that the last one has as little of it as the last of
  /// the usual steps.
  public static func decay(steps: Int) -> Float {
    pow(usualDecay, Float(PenaltySchedule.usualSteps - 1) / Float(max(1, steps - 1)))
  }

  /// SGD with a trainer, whose learning rate it sets.
  ///
  /// - Parameters:
  ///   - learningRate: η of step 0; that of the trainer where none is given.
  ///   - decay: η of step i is learningRate · decayⁱ.
  ///   - schedule: by what η is multiplied within a step; constant otherwise.
  public init(
    _ trainer: Trainer, learningRate: Float? = nil, decay: Float = NetworkLearning.usualDecay,
    schedule: StepSchedule? = nil,
    statistics: Statistics = .reestimated
  ) {
    self.trainer = trainer
    self.learningRate = learningRate ?? trainer.learningRate
    self.decay = decay
    self.schedule = schedule
    self.statistics = statistics
  }

  /// The trainer's weights.
  public var weights: Arena { trainer.weights }
  /// The mini-batches of an epoch, of the trainer's size; the last one may be smaller.
  public var batchesPerEpoch: Int { trainer.batchesPerEpoch }

  /// Forgets the momentum and sets η of the step.
  public func begin(step: Int) {
    trainer.resetMomentum()
    place = Place(step: step, firstBatch: trainer.batchesDone)
    setLearningRate()
  }

  /// η of the next mini-batch.
  private func setLearningRate() {
    trainer.learningRate = learningRate(
      ofStep: place.step, batch: trainer.batchesDone - place.firstBatch)
  }

  private func learningRate(ofStep step: Int, batch: Int) -> Float {
    let factor = schedule?.factor(batch: batch, batchesPerEpoch: batchesPerEpoch)
    return learningRate * pow(decay, Float(step)) * (factor ?? 1)
  }

  /// Σ η / (1 − momentum); where η changes within a step, by a thousand of its mini-batches.
  public func reach(ofStep step: Int, batches: Int) -> Double {
    let samples = schedule == nil ? 1 : min(max(1, batches), 1000)
    let sum = (0..<samples).reduce(0) {
      $0 + Double(learningRate(ofStep: step, batch: $1 * (batches / samples)))
    }
    return sum / Double(samples) * Double(batches) / Double(1 - trainer.momentum)
  }

  /// The learning rate is clipped at 1/μ, as `SGD` does.
  public func reach(mu: Float?) -> Float {
    (mu.map { min(trainer.learningRate, 1 / $0) } ?? trainer.learningRate) / (1 - trainer.momentum)
  }

  /// min(1, μ·t/4). Along what cannot be compressed  ẇ = λ − μ·(w − Δ)  and
  /// λ̇ = −(s·μ/t)·(w − Δ), which is a spring; it swings unless s·μ/t ≤ μ²/4.
  public func damping(mu: Float, reach: Float) -> Float { min(1, mu * reach / 4) }

  /// Runs SGD, with η clipped at 1/μ, and follows the schedule from mini-batch to mini-batch.
  ///
  /// - Throws: `DivergenceError` when a loss is not finite or beyond all bounds; what `each`
  ///   throws.
  public func learn(batches: Int, penalty: QuadraticPenalty?, each: (Double) throws -> Void) throws
  {
    do {
      try trainer.train(batches: batches, penalty: penalty) { loss in
        setLearningRate()
        try each(loss)
      }
    } catch let error as NeuralNetworkError {
      guard case .diverged(_, let learningRate) = error else { throw error }
      // Which mini-batch it was, the run knows as its progress counts them.
      throw DivergenceError(reason: NeuralNetworkError.divergence(learningRate: learningRate))
    }
  }

  /// The trainer's state, and the present step.
  public var state: Snapshot {
    get throws {
      var state = try trainer.state
      try state.store(place, as: "step")
      return state
    }
  }

  /// Goes on bit for bit from the state of a learning with the same trainer and options.
  ///
  /// - Throws: `LinearAlgebraError.unusableState` when it is another's.
  public func restore(_ state: Snapshot) throws {
    let place: Place = try state.value("step")
    try trainer.restore(state)
    guard place.step >= 0, (0...trainer.batchesDone).contains(place.firstBatch) else {
      throw LinearAlgebraError.unusableState(
        entry: "step", expected: "a step that began before", found: "\(place.firstBatch)")
    }
    self.place = place
  }

  /// w with the statistics gathered so far; other weights with those that `statistics` says.
  public func evaluate(_ weights: Arena) throws -> Figures {
    let statistics = try statistics(for: weights)
    func evaluate(_ images: ImageSet) throws -> Evaluation {
      try trainer.evaluate(weights, statistics: statistics, on: images)
    }
    func figures() throws -> Figures {
      try Figures(training: evaluate(trainer.data.training), test: evaluate(trainer.data.test))
    }
    guard let known, trainer.batchesDone == 0 else { return try figures() }
    return try known.figures(of: weights, statistics, find: figures)
  }

  /// The loss on some thousand training images, evenly taken.
  public func estimateLoss(_ weights: Arena) throws -> Double {
    let images = trainer.data.training
    return try trainer.evaluate(
      weights, statistics: statistics(for: weights), on: images,
      every: stride(over: images)
    ).loss
  }

  /// Coprime to the classes, which may follow each other in turn.
  private func stride(over images: ImageSet) -> Int {
    func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }
    var stride = max(1, images.count / Self.sample)
    while divisor(stride, trainer.data.classes) > 1 { stride += 1 }
    return stride
  }
  private static let sample = 5_000

  /// Which test images these weights, evaluated as `evaluate(_:)` does, get wrong: bit i mod 8 of byte i / 8, from
  /// the lowest, is image i's.
  package func testMistakes(of weights: Arena) throws -> Data {
    let mistakes = try trainer.mistakes(
      weights, statistics: statistics(for: weights), on: trainer.data.test)
    var bits = Data(count: (mistakes.count + 7) / 8)
    for (image, isWrong) in mistakes.enumerated() where isWrong {
      bits[image / 8] |= 1 << UInt8(image % 8)
    }
    return bits
  }

  /// The statistics that these weights are evaluated with and belong to.
  package func statistics(for weights: Arena) throws -> Arena {
    guard statistics == .reestimated, weights !== trainer.weights,
      trainer.statistics.layout.count > 0
    else { return trainer.statistics }
    return try trainer.reestimatedStatistics(of: weights)
  }
}

extension Figures {
  /// The loss and error on the training images, and the error on the test images.
  public init(training: Evaluation, test: Evaluation) {
    self.init(
      trainLoss: training.loss, trainErrorPercent: training.errorPercent,
      testErrorPercent: test.errorPercent)
  }
}
