import ArgumentParser
import LearningCompression
import NeuralNetwork

/// How the L steps of `lc compress` go, besides SGD.
struct LearningOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: "The learning rate is multiplied by this after each step.")
  var decay = NetworkLearning.usualDecay

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
      Batch norm's statistics of the compressed network: gathered while training, or reestimated \
      with the compressed weights.
      """)
  var statistics = NetworkLearning.Statistics.gathered

  func validate() throws {
    if !(decay > 0 && decay.isFinite) {
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

  /// - Parameter length: of an L step.
  func learning(_ trainer: Trainer, learningRate: Float, length: Period) throws -> NetworkLearning {
    let perEpoch = trainer.batchesPerEpoch
    try milestones.check(within: Double(length.batches(perEpoch: perEpoch)) / Double(perEpoch))
    return NetworkLearning(
      trainer, learningRate: learningRate, decay: decay,
      schedule: try shape.map { StepSchedule(try LearningRateSchedule($0), length: length) },
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
      "--decay": "\(decay)", "--schedule": schedule.rawValue,
      "--step-decay": stepDecay.map { "\($0)" } ?? "none",
      "--milestones": "\(milestones.flatMap(\.numbers))",
      "--statistics": statistics.rawValue,
    ]
  }
}

extension NetworkLearning.Statistics: ExpressibleByArgument {}
