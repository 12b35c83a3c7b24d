import ArgumentParser
import LearningCompression

/// The steps of `lc compress`, and when it compresses and evaluates.
struct StepOptions: ParsableArguments {
  @Option(whole: "The number of steps of the μ schedule.")
  var steps = PenaltySchedule.usualSteps

  @Option(whole: "Epochs in each step (default: \(Period.usualEpochs)).")
  var epochsPerStep: Int?

  @Option(whole: "Mini-batches in each step, instead of epochs.")
  var batchesPerStep: Int?

  @Option(
    help: """
      Run the C step after every N mini-batches or epochs: 10, 10batches, 2epochs; several, as in \
      10,100,1epoch, share the steps evenly.
      """)
  var every: String?

  @Option(whole: "Evaluate Δ(θ) after every so many steps, and after the last one.")
  var evaluateEvery = 1

  /// Of each step.
  var budget: Period {
    batchesPerStep.map(Period.batches) ?? .epochs(epochsPerStep ?? Period.usualEpochs)
  }

  func validate() throws {
    if epochsPerStep != nil, batchesPerStep != nil {
      throw ValidationError("--epochs-per-step and --batches-per-step exclude each other")
    }
    if let every, Period.list(every) == nil {
      throw ValidationError(
        "--every must be like 10, 10batches, 2epochs or 10,100,1000, found '\(every)'")
    }
  }

  /// What a run's results depend on.
  var description: [String: String] {
    [
      "--steps": "\(steps)", "--every": every ?? "the method's own",
      batchesPerStep == nil ? "--epochs-per-step" : "--batches-per-step":
        "\(batchesPerStep ?? epochsPerStep ?? Period.usualEpochs)",
    ]
  }
}
