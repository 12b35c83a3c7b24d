import ArgumentParser
import LearningCompression

/// How long `lc compress` learns, in which steps, and when it compresses and evaluates.
struct StepOptions: ParsableArguments {
  @Option(whole: "Epochs of the whole run; the number of steps follows.")
  var epochs: Int?

  @Option(whole: "Mini-batches of the whole run, instead of epochs.")
  var batches: Int?

  @Option(
    whole: """
      The number of steps, between two of which μ and the learning rate change (default: what the whole \
      run asks for, else \(PenaltySchedule.usualSteps)).
      """)
  var steps: Int?

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

  @Option(
    whole: """
      Evaluate Δ(θ) after every so many steps, and after the last one (default: 1, or with --epochs \
      and --batches so that it takes a fifth of the time at most).
      """)
  var evaluateEvery: Int?

  /// How long the whole run is, where it is said.
  private var whole: Period? { batches.map(Period.batches) ?? epochs.map(Period.epochs) }

  /// Whether the number of steps does not depend on the data.
  var hasKnownSteps: Bool { epochs == nil || steps != nil }

  /// How long the steps are.
  var budget: Budget {
    whole.map(Budget.whole)
      ?? .each(batchesPerStep.map(Period.batches) ?? .epochs(epochsPerStep ?? Period.usualEpochs))
  }

  func validate() throws {
    let given: [(String, Bool)] = [
      ("--epochs", epochs != nil), ("--batches", batches != nil),
      ("--epochs-per-step", epochsPerStep != nil), ("--batches-per-step", batchesPerStep != nil),
    ]
    let lengths = given.filter(\.1).map(\.0)
    if lengths.count > 1 {
      throw ValidationError("\(lengths[0]) and \(lengths[1]) exclude each other")
    }
    for (name, value) in [("--epochs", epochs), ("--batches", batches)] {
      if let value, value < 1 { throw ValidationError("\(name) must be 1 or more, found \(value)") }
    }
    if let every, Period.list(every) == nil {
      throw ValidationError(
        "--every must be like 10, 10batches, 2epochs or 10,100,1000, found '\(every)'")
    }
  }

  /// The steps of the run, and how often Δ(θ) is evaluated.
  func counts(perEpoch: Int) -> (steps: Int, evaluateEvery: Int) {
    guard let whole else { return (steps ?? PenaltySchedule.usualSteps, evaluateEvery ?? 1) }
    let batches = whole.batches(perEpoch: perEpoch)
    let steps = steps ?? Budget.usualSteps(batches: batches)
    return (
      steps,
      evaluateEvery ?? Budget.usualEvaluation(steps: steps, batches: batches, perEpoch: perEpoch)
    )
  }

  /// What a run's results depend on.
  var description: [String: String] {
    var all = ["--every": every ?? "the method's own"]
    switch budget {
    case .whole(.epochs(let epochs)): all["--epochs"] = "\(epochs)"
    case .whole(.batches(let batches)): all["--batches"] = "\(batches)"
    case .each(.epochs(let epochs)): all["--epochs-per-step"] = "\(epochs)"
    case .each(.batches(let batches)): all["--batches-per-step"] = "\(batches)"
    }
    if whole == nil || steps != nil { all["--steps"] = "\(steps ?? PenaltySchedule.usualSteps)" }
    return all
  }
}
