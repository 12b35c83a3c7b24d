import Foundation
import LinearAlgebra
import ModelFiles

/// Saves the state of a run when it is due, and when the process is asked to stop.
final class CheckpointRecorder {
  private static let optionsKey = "options"
  private static let provenanceKey = "provenance"

  private let path: String
  private var directory: RunDirectory?
  /// What the run goes on from, when the folder is open, and whether a newer checkpoint was damaged.
  private var found: (checkpoint: Checkpoint?, wasDamaged: Bool)?
  private let period: CheckpointPeriod
  private let resumes: Bool
  private var signals: StopSignals
  /// What the run is to be resumed with.
  private let folder: String
  private var options: [String: String] = [:]
  private var provenance: Provenance?
  private var lastSaved = ContinuousClock.now
  private var batches = 0
  private var steps = 0

  /// What saves another run of the same command, in a folder within this one's.
  func within(_ name: String) -> CheckpointRecorder {
    let path = "\(path)/\(name)"
    return CheckpointRecorder(
      path, every: period, resumes: FileManager.default.fileExists(atPath: path), signals: signals,
      folder: folder)
  }

  private init(
    _ path: String, every period: CheckpointPeriod, resumes: Bool, signals: StopSignals,
    folder: String
  ) {
    self.path = path
    self.period = period
    self.resumes = resumes
    self.signals = signals
    self.folder = folder
  }

  /// From now on SIGINT and SIGTERM wait until a checkpoint is written.
  convenience init(_ path: String, every period: CheckpointPeriod, resumes: Bool) {
    self.init(path, every: period, resumes: resumes, signals: StopSignals(), folder: path)
  }

  /// Makes or opens the folder, and locks it.
  ///
  /// - Returns: what the run goes on from; none when it begins.
  /// - Parameters:
  ///   - options: what the run's results depend on, by the option that says it; options that are not
  ///     among them are compared as they were given.
  ///   - provenance: becomes that of the run's first process, so that a run ends in the same bytes
  ///     whether it was interrupted or not.
  /// - Throws: `Failure.otherRun` when the run was begun with other options; `ModelFileError` when the
  ///   folder cannot be had, or none of its checkpoints can be read.
  func start(_ options: [String: String], provenance: inout Provenance) throws -> Checkpoint? {
    let options = RecordedCommand().options.merging(options) { $1 }
    self.options = options
    self.provenance = provenance
    lastSaved = .now
    guard resumes else {
      directory = try RunDirectory(creating: path)
      return nil
    }
    let (directory, found, wasDamaged) = try open()
    // It need not stay in memory.
    self.found = nil
    guard let checkpoint = found else {
      Self.say("\(directory.path): no checkpoint yet; the run begins anew")
      return nil
    }
    let before: [String: String] = try checkpoint.state.value(Self.optionsKey)
    let names = Set(before.keys).union(options.keys).sorted()
    let changes = names.filter { before[$0] != options[$0] }.map { name in
      "\(name) was \(before[name] ?? "not there"), now \(options[name] ?? "not there")"
    }
    guard changes.isEmpty else {
      throw Failure.otherRun(
        "\(directory.path) holds a run with other options: \(changes.joined(separator: "; "))")
    }
    if !wasDamaged { Self.say("\(directory.path): going on from the last checkpoint") }
    provenance = try checkpoint.state.value(Self.provenanceKey)
    self.provenance = provenance
    return checkpoint
  }

  /// What the run that goes on has recorded as one of its options; none where it begins. Opens the folder and locks
  /// it; to be asked before `start`.
  ///
  /// - Throws: `ModelFileError` when the folder cannot be had, or none of its checkpoints can be read.
  func recorded(_ option: String) throws -> String? {
    guard resumes, let checkpoint = try open().checkpoint else { return nil }
    let options: [String: String] = try checkpoint.state.value(Self.optionsKey)
    return options[option]
  }

  private func open() throws -> (
    directory: RunDirectory, checkpoint: Checkpoint?, wasDamaged: Bool
  ) {
    let directory = try self.directory ?? RunDirectory(opening: path)
    self.directory = directory
    if let found { return (directory, found.checkpoint, found.wasDamaged) }
    var wasDamaged = false
    let checkpoint = try directory.load { error in
      Self.say("\(error); going on from the checkpoint before")
      wasDamaged = true
    }
    found = (checkpoint, wasDamaged)
    return (directory, checkpoint, wasDamaged)
  }

  private static func say(_ line: String) { StandardError.write("\(line)\n") }

  /// To be called after each mini-batch, when the run can be continued from `state`.
  ///
  /// - Parameter isStep: whether a mini-batch is what the run calls a step.
  /// - Throws: `Failure.interrupted` after SIGINT or SIGTERM, when the checkpoint is written;
  ///   `ModelFileError.cannotWrite`.
  func batchDone(isStep: Bool = false, _ state: () throws -> Checkpoint) throws {
    batches += 1
    if isStep { steps += 1 }
    try stopIfAsked(state)
    let isDue =
      switch period {
      case .seconds(let seconds): ContinuousClock.now - lastSaved >= .seconds(seconds)
      case .batches(let count): batches >= count
      case .steps(let count): isStep && steps >= count
      }
    if isDue { try save(state()) }
  }

  /// To be called after each step of a schedule.
  ///
  /// - Throws: as `batchDone`.
  func stepDone(_ state: () throws -> Checkpoint) throws {
    steps += 1
    try stopIfAsked(state)
    if case .steps(let count) = period, steps >= count { try save(state()) }
  }

  /// Saves the state.
  ///
  /// - Throws: `ModelFileError.cannotWrite`.
  func save(_ checkpoint: Checkpoint) throws {
    var checkpoint = checkpoint
    try checkpoint.state.store(options, as: Self.optionsKey)
    try checkpoint.state.store(provenance, as: Self.provenanceKey)
    try directory?.save(checkpoint)
    lastSaved = .now
    batches = 0
    steps = 0
  }

  private func stopIfAsked(_ state: () throws -> Checkpoint) throws {
    guard let signal = signals.pending() else { return }
    try save(state())
    throw Failure.interrupted(signal: signal, folder: folder)
  }
}
