import ArgumentParser
import LearningCompression

/// What `lc compress` compresses, how, and where the result goes.
struct TaskOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The trained weights (safetensors or npz).", valueName: "file"))
  var model: String

  @Option(
    help: ArgumentHelp(
      "What is compressed, and how; see 'lc help plans' and 'lc help operators'.", valueName: "plan"
    ))
  var compress: String?

  @Option(help: ArgumentHelp("How Δ(θ) acts on the weights.", valueName: "method"))
  var method = Method.lc

  @Option(help: ArgumentHelp("Where the compressed model goes (.lcm).", valueName: "file"))
  var output: String?

  @Flag(help: entropyHelp)
  var entropy = false
}

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

/// What `lc compress` writes of its course, and shares with other runs.
struct RecordOptions: ParsableArguments {
  @Option(help: logHelp)
  var log: String?

  @Option(
    help: ArgumentHelp(
      """
      Where runs on the same data share the figures of the reference and of direct compression, so that \
      only the first evaluates them.
      """, valueName: "folder"))
  var knownFigures: String?
}
