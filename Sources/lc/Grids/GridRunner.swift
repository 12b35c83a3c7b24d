import Foundation
import ModelFiles
import SystemPackage
import Tables

/// Runs what is open of a grid, some processes at a time: `lc train` for references, `lc compress` for
/// cells, each with a checkpoint of its own. A folder is locked while its process runs, so that shards
/// can share a directory.
final class GridRunner {
  private enum Unit: Hashable {
    case reference(Grid.Reference)
    case cell(Grid.Cell)

    var isCell: Bool { if case .cell = self { true } else { false } }
  }

  private struct Running {
    let unit: Unit
    let process: ChildProcess
    let lock: FolderLock
    /// Where in the log it began.
    let logStart: Int
  }

  /// What a unit's processes have said, one after the other.
  private static let log = "log.txt"
  /// What versions before called it.
  private static let oldLog = "errors.txt"

  private let directory: String
  private let jobs: Int
  private let threads: Int
  /// The cells of this shard.
  private let cells: [Grid.Cell]
  private var open: [Unit] = []
  private var running: [Running] = []
  private var signals: StopSignals
  private var line = ProgressLine()
  /// Of what is open when it begins, one after the other.
  private var left: TimeLeft?
  private var finishedHere = 0

  /// - Parameters:
  ///   - cells: those of this shard.
  ///   - signals: held back since before any computation.
  init(
    _ cells: [Grid.Cell], directory: String, jobs: Int, threads: Int, signals: StopSignals
  ) {
    self.cells = cells
    self.directory = directory
    self.jobs = jobs
    self.threads = threads
    self.signals = signals
  }

  /// - Throws: `Failure.interrupted` after a signal, when all processes have written a checkpoint;
  ///   `Failure.stopped` when a process could not go on for a reason that is not the cell's.
  func run() throws {
    var needed: Set<Grid.Reference> = []
    for reference in Set(cells.map(\.reference)).sorted(by: { $0.name < $1.name })
    where try reference.given == nil && mend(.reference(reference)) {
      needed.insert(reference)
      open.append(.reference(reference))
    }
    for cell in cells { _ = try mend(.cell(cell)) }
    for cell in cells {
      guard case .open = Grid.state(of: cell, in: directory) else {
        try clean(.cell(cell))
        continue
      }
      if needed.insert(cell.reference).inserted { open.append(.reference(cell.reference)) }
      open.append(.cell(cell))
    }
    open.removeAll { isDone($0) }
    // Cells as soon as their reference is there; references first.
    open.sort { !$0.isCell && $1.isCell }
    left = TimeLeft(batchesPerStep: open.count, steps: 1, isWarm: true, at: line.elapsed)
    while !open.isEmpty || !running.isEmpty {
      if let signal = signals.pending() { try stop(by: signal) }
      for (index, one) in running.enumerated().reversed() {
        guard let end = try one.process.end() else { continue }
        running.remove(at: index)
        try finish(one, end)
        one.lock.release()
      }
      while running.count < jobs, try startNext() {}
      line.update(left: left?.left(at: line.elapsed), summary)
      usleep(20_000)
    }
    line.clear()
  }

  /// Opens what is done but has been damaged or removed since, and seals what a killed process left unsealed.
  private func mend(_ unit: Unit) throws -> Bool {
    let folder = folder(unit)
    guard hasResult(unit), let lock = try FolderLock(folder) else { return false }
    defer { lock.release() }
    var damaged = Seal.damage(in: folder)
    if damaged.isEmpty, !FileManager.default.fileExists(atPath: "\(folder)/\(output(of: unit))") {
      damaged = [output(of: unit)]
    }
    guard !damaged.isEmpty else {
      if Seal.isMissing(in: folder) { try Seal.write(in: folder) }
      return false
    }
    line.print(
      "\(name(unit)): \(damaged.joined(separator: ", ")) \(damaged.count == 1 ? "is" : "are") damaged or "
        + "gone; it is made again")
    Seal.open(folder)
    return true
  }

  private func hasResult(_ unit: Unit) -> Bool {
    switch unit {
    case .reference(let reference):
      return Grid.failure(of: reference, in: directory) == nil && isDone(unit)
    case .cell(let cell):
      if case .done = Grid.state(of: cell, in: directory) { return true } else { return false }
    }
  }

  private func output(of unit: Unit) -> String {
    unit.isCell ? "compressed.lcm" : "weights.safetensors"
  }

  private var summary: String {
    let done = cells.count - open.count { $0.isCell } - running.count { $0.unit.isCell }
    let now = running.map { name($0.unit) }.joined(separator: ", ")
    return "\(done)/\(cells.count) cells done; now \(now)"
  }

  private func name(_ unit: Unit) -> String {
    switch unit {
    case .reference(let reference): reference.name
    case .cell(let cell): cell.name
    }
  }

  private func folder(_ unit: Unit) -> String {
    switch unit {
    case .reference(let reference): Grid.folder(reference, in: directory)
    case .cell(let cell): Grid.folder(cell, in: directory)
    }
  }

  private func isDone(_ unit: Unit) -> Bool {
    switch unit {
    case .cell(let cell):
      if case .open = Grid.state(of: cell, in: directory) { return false } else { return true }
    case .reference(let reference):
      if reference.given != nil { return true }
      let folder = Grid.folder(reference, in: directory)
      return Grid.failure(of: reference, in: directory) != nil
        || FileManager.default.fileExists(atPath: "\(folder)/result.json")
    }
  }

  /// Starts the next unit that can be; false when there is none now.
  private func startNext() throws -> Bool {
    var waiting: Set<Grid.Reference> = []
    for (index, unit) in open.enumerated() {
      if case .cell(let cell) = unit {
        if waiting.contains(cell.reference) { continue }
        guard isDone(.reference(cell.reference)) else {
          waiting.insert(cell.reference)
          continue
        }
        // By the failure of its reference, perhaps.
        if isDone(unit) {
          open.remove(at: index)
          return true
        }
      }
      let folder = folder(unit)
      try makeFolder(folder)
      // Another shard may have it, or a process that is about to stop.
      guard let lock = try FolderLock(folder) else { continue }
      open.remove(at: index)
      if isDone(unit) {
        lock.release()
        return true
      }
      AtomicFile.removeLeftovers(in: folder)
      let log = "\(folder)/\(Self.log)"
      // There is one log; where there is one already, nothing moves.
      try? FileManager.default.moveItem(atPath: "\(folder)/\(Self.oldLog)", toPath: log)
      let said = FileManager.default.contents(atPath: log)?.count ?? 0
      let process = try ChildProcess(
        arguments(unit, in: folder), outputs: ("\(folder)/output.txt", log), appends: true,
        locking: lock)
      running.append(Running(unit: unit, process: process, lock: lock, logStart: said))
      return true
    }
    return false
  }

  private func arguments(_ unit: Unit, in folder: String) throws -> [String] {
    let checkpoint = "\(folder)/checkpoint"
    let begins = !FileManager.default.fileExists(atPath: checkpoint)
    // A run goes on with as many threads as it began with, unless nothing of it was kept.
    let kept = (try? FileManager.default.contentsOfDirectory(atPath: checkpoint)) ?? []
    let goesOn = kept.contains { $0.hasPrefix("checkpoint-") }
    let threads = (goesOn ? threadsBefore(in: folder) : nil) ?? self.threads
    let own: [String]
    if case .cell(let cell) = unit, let shrinking = cell.shrinking,
      FileManager.default.fileExists(atPath: "\(folder)/result.json")
    {
      return shrinking + [
        "\(folder)/compressed.lcm", "--output=\(folder)/small.safetensors",
        "--json=\(folder)/shrink.json", "--threads=\(threads)",
      ]
    }
    switch unit {
    case .reference(let reference):
      own = reference.arguments + ["--output=\(folder)/\(output(of: unit))"]
    case .cell(let cell):
      own =
        cell.arguments + [
          "--model=\(Grid.weights(of: cell.reference, in: directory))",
          "--output=\(folder)/\(output(of: unit))", "--known-figures=\(directory)/figures",
        ]
    }
    let arguments =
      own + [
        "--threads=\(threads)", "--json=\(folder)/result.json", "--log=\(folder)/log.jsonl",
        (begins ? "--checkpoint=" : "--resume=") + checkpoint,
      ]
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .withoutEscapingSlashes]
    try AtomicFile.write(
      [UInt8](encoder.encode(Configuration(command: ["lc"] + own + ["--threads=\(threads)"])))
        + [10], to: "\(folder)/configuration.json")
    return arguments
  }

  private struct Configuration: Codable {
    let command: [String]
  }

  private func threadsBefore(in folder: String) -> Int? {
    FileManager.default.contents(atPath: "\(folder)/configuration.json")
      .flatMap { try? JSONDecoder().decode(Configuration.self, from: $0) }?
      .command.last { $0.hasPrefix("--threads=") }
      .flatMap { Int($0.dropFirst("--threads=".count)) }
  }

  /// Removes the checkpoints of what is done, which a killed process has left behind.
  private func clean(_ unit: Unit) throws {
    let checkpoint = "\(folder(unit))/checkpoint"
    guard FileManager.default.fileExists(atPath: checkpoint),
      let lock = try FolderLock(folder(unit))
    else { return }
    try? FileManager.default.removeItem(atPath: checkpoint)
    lock.release()
  }

  private func finish(_ one: Running, _ end: ChildProcess.End) throws {
    let unit = one.unit
    let folder = folder(unit)
    switch end {
    case .exit(0) where !isDone(unit):
      // Compressed, and not yet made smaller.
      open.insert(unit, at: 0)
    case .exit(0):
      finishedHere += 1
      left?.batchDone(finishedHere, ofStep: 0, at: line.elapsed)
      try Seal.write(in: folder)
      // What a finished run needs no more.
      try? FileManager.default.removeItem(atPath: "\(folder)/checkpoint")
      line.print(doneText(unit))
    case .exit(let code) where [64, 65, 70].contains(code):
      try fail(unit, lastLine(of: one))
    case .exit(let code) where code == 128 + SIGTERM || code == 128 + SIGINT:
      open.append(unit)
      throw Failure.stopped("\(name(unit)) was stopped; the same command goes on")
    case .exit, .signal:
      open.append(unit)
      stopAll()
      throw Failure.stopped(
        "\(name(unit)) ended with \(end): \(lastLine(of: one)) (\(folder)/\(Self.log))",
        code: end.code)
    }
  }

  private func fail(_ unit: Unit, _ message: String) throws {
    try AtomicFile.write(
      Array("\(message)\n\(Self.log) holds all that it said\n".utf8),
      to: "\(folder(unit))/failed.txt")
    // Tried again it begins anew: what it went on from may be to blame.
    try? FileManager.default.removeItem(atPath: "\(folder(unit))/checkpoint")
    line.print("\(name(unit)): failed: \(message) (\(folder(unit))/\(Self.log))")
  }

  private func doneText(_ unit: Unit) -> String {
    guard case .cell(let cell) = unit,
      case .done(let result) = Grid.state(of: cell, in: directory)
    else { return "\(name(unit)): done" }
    return "\(cell.name): \(result.compressed)  \(result.ratio.text(1))×  "
      + "\(result.seconds.text(1)) s"
  }

  /// Stops all processes after a checkpoint each, and waits for them.
  private func stopAll() {
    for one in running { one.process.stop() }
    while !running.isEmpty {
      running.removeAll { $0.process.isOver }
      usleep(10_000)
    }
  }

  private func stop(by signal: Int32) throws {
    stopAll()
    line.clear()
    throw Failure.gridInterrupted(signal: signal, folder: directory)
  }

  /// Of what the process itself has said.
  private func lastLine(of one: Running) -> String {
    let text = FileManager.default.contents(atPath: "\(folder(one.unit))/\(Self.log)").map {
      String(decoding: $0.dropFirst(one.logStart), as: UTF8.self)
    }
    let lines = (text ?? "").split(whereSeparator: \.isNewline)
    return lines.last.map(String.init) ?? "it said nothing"
  }
}

/// - Throws: `ModelFileError.cannotWrite`.
func makeFolder(_ path: String) throws {
  do {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  } catch {
    throw ModelFileError.cannotWrite(path: path, reason: systemReason(error))
  }
}

/// A folder that one process works in.
final class FolderLock {
  private let file: Int32

  /// None when another process has it.
  ///
  /// - Throws: `ModelFileError.cannotWrite` when it cannot be locked.
  init?(_ folder: String) throws {
    let path = "\(folder)/lock"
    file = open(path, O_RDWR | O_CREAT, 0o666)
    guard file >= 0 else {
      throw ModelFileError.cannotWrite(path: path, reason: String(cString: strerror(errno)))
    }
    // A class closes its file in `deinit` as soon as all members are set, also when this fails.
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      if errno == EWOULDBLOCK { return nil }
      throw ModelFileError.cannotWrite(path: path, reason: String(cString: strerror(errno)))
    }
  }

  /// The same lock, for a process that shall hold it.
  ///
  /// - Throws: `Failure.cannotStart` when there are too many open files.
  func duplicate() throws -> FileDescriptor {
    do { return try FileDescriptor(rawValue: file).duplicate() } catch {
      throw Failure.cannotStart("\(error)")
    }
  }

  func release() { flock(file, LOCK_UN) }
  deinit { close(file) }
}
