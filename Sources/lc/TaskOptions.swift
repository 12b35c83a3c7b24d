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

  @Option(
    help: ArgumentHelp(
      "Several methods one after the other, each with its share of the steps, instead of --method: "
        + "'straight-through 40%, lc 40%, retrain 20%'.", valueName: "list"))
  var phases: PhaseList?

  @Option(help: ArgumentHelp("Where the compressed model goes (.lcm).", valueName: "file"))
  var output: String?

  @Flag(help: entropyHelp)
  var entropy = false

  /// What the result is called in the table.
  var resultName: String { phases?.name ?? (method == .lc ? "LC" : method.rawValue) }

  func validatePhases(retrainSteps: Int?) throws {
    guard phases != nil else { return }
    guard method == .lc else {
      throw ValidationError("--phases and --method exclude each other")
    }
    guard retrainSteps == nil else {
      throw ValidationError(
        "--phases says of each method how long it is; --retrain-steps is one of them")
    }
  }
}

/// A phase of a run, for programs.
struct PhaseReport: Codable {
  let coupling: String
  let steps: Int

  init(_ phase: Phase) {
    coupling =
      switch (phase.coupling, phase.freedom) {
      case (.penalty, _): "penalty"
      case (.straightThrough, _): "straight-through"
      case (.replacement, .fixed): "retraining"
      case (.replacement, .gradual): "gradual"
      case (.replacement, .full): "projection"
      }
    steps = phase.steps
  }
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
