import ArgumentParser
import LearningCompression
import NeuralNetwork

/// How the L steps of `lc compress` go, besides SGD.
struct LearningOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: """
      The learning rate is multiplied by this after each step (default: \(NetworkLearning.usualDecay), or with \
      --epochs and --batches so that the whole run ends as \(PenaltySchedule.usualSteps) such steps do).
      """)
  var decay: Float?

  enum Schedule: String, ExpressibleByArgument, CaseIterable {
    case constant, exponential, cosine, steps
  }

  @Option(
    help: """
      How the learning rate falls within each step: constant, exponential, cosine or steps. It begins \
      anew in the next one.
      """)
  var schedule = Schedule.constant

  @Option(
    parsing: .unconditional,
    help: """
      With --schedule exponential or steps: the learning rate is multiplied by this after each epoch \
      of a step, or at each milestone.
      """)
  var stepDecay: Float?

  @Option(
    parsing: .upToNextOption,
    help: "With --schedule steps: the epochs of a step at which the learning rate is multiplied.")
  var milestones: [Epochs] = []

  @Option(
    help: """
      Batch norm's statistics of the compressed network: those that 5000 training images have with the \
      compressed weights (reestimated), or those that were gathered while training.
      """)
  var statistics = NetworkLearning.Statistics.reestimated

  func validate() throws {
    if let decay, !(decay > 0 && decay.isFinite) {
      throw ValidationError("--decay must be above 0, found \(decay)")
    }
    let multiplies = schedule == .exponential || schedule == .steps
    if multiplies != (stepDecay != nil) {
      throw ValidationError(
        multiplies
          ? "--schedule \(schedule.rawValue) needs --step-decay"
          : "--step-decay needs --schedule exponential or steps")
    }
    if (schedule == .steps) == milestones.isEmpty {
      throw ValidationError("--schedule steps and --milestones need each other")
    }
  }

  /// By what the learning rate is multiplied after each of so many steps.
  func decay(_ budget: Budget, steps: Int) -> Float {
    if let decay { return decay }
    guard case .whole = budget else { return NetworkLearning.usualDecay }
    return NetworkLearning.decay(steps: steps)
  }

  func learning(_ trainer: Trainer, learningRate: Float, budget: Budget, steps: Int) throws
    -> NetworkLearning
  {
    let perEpoch = trainer.batchesPerEpoch
    let batches = budget.batches(ofStep: 0, of: steps, perEpoch: perEpoch)
    try milestones.check(within: Double(batches) / Double(perEpoch))
    return NetworkLearning(
      trainer, learningRate: learningRate, decay: decay(budget, steps: steps),
      schedule: try shape.map {
        StepSchedule(try LearningRateSchedule($0), length: .batches(batches))
      },
      statistics: statistics)
  }

  private var shape: LearningRateSchedule.Shape? {
    switch schedule {
    case .constant: nil
    case .exponential: .exponential(factor: stepDecay ?? 1)
    case .steps: .steps(at: milestones.flatMap(\.numbers), factor: stepDecay ?? 1)
    case .cosine: .cosine
    }
  }

  /// What a run's results depend on.
  var description: [String: String] {
    [
      "--decay": decay.map { "\($0)" } ?? "auto", "--schedule": schedule.rawValue,
      "--step-decay": stepDecay.map { "\($0)" } ?? "none",
      "--milestones": "\(milestones.flatMap(\.numbers))",
      "--statistics": statistics.rawValue,
    ]
  }
}

extension NetworkLearning.Statistics: ExpressibleByArgument {}
