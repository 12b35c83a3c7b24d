import ArgumentParser
import Foundation
import ModelFiles

/// Where and how often the state of a run is saved.
struct CheckpointOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Save the run's state in this new folder; see --resume.", valueName: "folder"))
  var checkpoint: String?

  @Option(
    help: ArgumentHelp(
      "How often: 5minutes, 30seconds, 10steps, 100batches.", valueName: "period"))
  var checkpointEvery = CheckpointPeriod.seconds(300)

  @Option(
    help: ArgumentHelp(
      "Go on with the run of this folder, with the same options.", valueName: "folder"))
  var resume: String?

  func validate() throws {
    if checkpoint != nil, resume != nil {
      throw ValidationError(
        "--checkpoint begins a run, --resume goes on with one; give one of them")
    }
  }

  /// From now on, holds back SIGINT and SIGTERM until a checkpoint is written; to be called before any
  /// computation. None when no folder is given.
  func begin() -> CheckpointRecorder? {
    (checkpoint ?? resume).map {
      CheckpointRecorder($0, every: checkpointEvery, resumes: resume != nil)
    }
  }
}

/// The time between two checkpoints.
enum CheckpointPeriod: Equatable, ExpressibleByArgument {
  case seconds(Double)
  case batches(Int)
  /// Of the μ schedule; mini-batches where there is none.
  case steps(Int)

  init?(argument: String) {
    let (digits, unit) = argument.numberAndUnit
    guard let number = Double(digits), number > 0, number < 1e9 else { return nil }
    let count = Int(exactly: number)
    switch unit {
    case "minute", "minutes", "min": self = .seconds(60 * number)
    case "second", "seconds", "s": self = .seconds(number)
    case "hour", "hours", "h": self = .seconds(3600 * number)
    case "batch", "batches":
      guard let count else { return nil }
      self = .batches(count)
    case "step", "steps":
      guard let count else { return nil }
      self = .steps(count)
    default: return nil
    }
  }

  var defaultValueDescription: String {
    self == .seconds(300) ? "5minutes" : "\(self)"
  }
}
