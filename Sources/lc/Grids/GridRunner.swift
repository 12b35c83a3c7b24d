import Foundation
import ModelFiles
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
  }

  private let grid: Grid
  private let directory: String
  private let jobs: Int
  private let threads: Int
  /// The cells of this shard.
  private let cells: [Grid.Cell]
  private var open: [Unit] = []
  private var running: [Running] = []
  private var signals = StopSignals()
  private var line = ProgressLine()
  private let started = ContinuousClock.now
  private var finishedHere = 0

  init(
    _ grid: Grid, directory: String, jobs: Int, threads: Int, shard: (index: Int, count: Int)
  ) {
    self.grid = grid
    self.directory = directory
    self.jobs = jobs
    self.threads = threads
    cells = grid.cells.enumerated().filter { $0.offset % shard.count == shard.index - 1 }
      .map(\.element)
  }

  /// - Throws: `Failure.interrupted` after a signal, when all processes have written a checkpoint;
  ///   `Failure.stopped` when a process could not go on for a reason that is not the cell's.
  func run() throws {
    var needed: Set<Grid.Reference> = []
    for cell in cells {
      guard case .open = Grid.state(of: cell, in: directory) else { continue }
      if needed.insert(cell.reference).inserted { open.append(.reference(cell.reference)) }
      open.append(.cell(cell))
    }
    open.removeAll { isDone($0) }
    // Cells as soon as their reference is there; references first.
    open.sort { !$0.isCell && $1.isCell }
    while !open.isEmpty || !running.isEmpty {
      if let signal = signals.pending() { try stop(by: signal) }
      for (index, one) in running.enumerated().reversed() {
        guard let end = one.process.end() else { continue }
        running.remove(at: index)
        try finish(one.unit, end)
        one.lock.release()
      }
      while running.count < jobs, try startNext() {}
      let share =
        Double(finishedHere) / Double(max(1, finishedHere + open.count + running.count))
      line.update(share, summary)
      usleep(20_000)
    }
    line.clear()
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
    let folder = folder(unit)
    func has(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: "\(folder)/\(name)")
    }
    return has("failed.txt") || has("result.json") && (!shrinks(unit) || has("shrink.json"))
  }

  private func shrinks(_ unit: Unit) -> Bool {
    if case .cell(let cell) = unit { cell.shrinking != nil } else { false }
  }

  /// Starts the next unit that can be; false when there is none now.
  private func startNext() throws -> Bool {
    for (index, unit) in open.enumerated() {
      if case .cell(let cell) = unit {
        let reference = Unit.reference(cell.reference)
        guard isDone(reference) else { continue }
        if let reason = failure(of: reference) {
          open.remove(at: index)
          try fail(unit, "its reference failed: \(reason)")
          return true
        }
      }
      let folder = folder(unit)
      try makeFolder(folder)
      // Another shard may have it, or a process that is about to stop.
      guard let lock = FolderLock(folder) else { continue }
      open.remove(at: index)
      if isDone(unit) {
        lock.release()
        return true
      }
      let process = try ChildProcess(
        arguments(unit, in: folder),
        outputs: ("\(folder)/output.txt", "\(folder)/errors.txt"))
      running.append(Running(unit: unit, process: process, lock: lock))
      return true
    }
    return false
  }

  private func arguments(_ unit: Unit, in folder: String) throws -> [String] {
    let checkpoint = "\(folder)/checkpoint"
    let begins = !FileManager.default.fileExists(atPath: checkpoint)
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
      own = reference.arguments + ["--output=\(folder)/weights.safetensors"]
    case .cell(let cell):
      own =
        cell.arguments + [
          "--model=\(Grid.folder(cell.reference, in: directory))/weights.safetensors",
          "--output=\(folder)/compressed.lcm",
        ]
    }
    let arguments =
      own + [
        "--threads=\(threads)", "--json=\(folder)/result.json", "--log=\(folder)/log.jsonl",
        (begins ? "--checkpoint=" : "--resume=") + checkpoint,
      ]
    struct Configuration: Encodable {
      let command: [String]
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .withoutEscapingSlashes]
    try AtomicFile.write(
      [UInt8](encoder.encode(Configuration(command: ["lc"] + own + ["--threads=\(threads)"])))
        + [10], to: "\(folder)/configuration.json")
    return arguments
  }

  private func finish(_ unit: Unit, _ end: ChildProcess.End) throws {
    let folder = folder(unit)
    switch end {
    case .exit(0) where !isDone(unit):
      // Compressed, and not yet made smaller.
      open.insert(unit, at: 0)
    case .exit(0):
      finishedHere += 1
      // What a finished run needs no more.
      try? FileManager.default.removeItem(atPath: "\(folder)/checkpoint")
      line.print(doneText(unit))
    case .exit(let code) where [64, 65, 66, 70].contains(code):
      try fail(unit, lastLine("\(folder)/errors.txt"))
    case .exit(let code) where code == 128 + SIGTERM || code == 128 + SIGINT:
      open.append(unit)
      throw Failure.stopped("\(name(unit)) was stopped; the same command goes on")
    case .exit, .signal:
      open.append(unit)
      for one in running { one.process.stop() }
      throw Failure.stopped(
        "\(name(unit)) ended with \(end): \(lastLine("\(folder)/errors.txt"))")
    }
  }

  private func fail(_ unit: Unit, _ message: String) throws {
    try AtomicFile.write(Array("\(message)\n".utf8), to: "\(folder(unit))/failed.txt")
    line.print("\(name(unit)): failed: \(message)")
  }

  private func failure(of unit: Unit) -> String? {
    FileManager.default.contents(atPath: "\(folder(unit))/failed.txt")
      .map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
  }

  private func doneText(_ unit: Unit) -> String {
    guard case .cell(let cell) = unit,
      case .done(let result) = Grid.state(of: cell, in: directory)
    else { return "\(name(unit)): done" }
    return "\(cell.name): \(result.compressed.text)  \(result.ratio.text(1))×  "
      + "\(result.seconds.text(1)) s"
  }

  private func stop(by signal: Int32) throws {
    for one in running { one.process.stop() }
    while !running.isEmpty {
      running.removeAll { $0.process.end() != nil }
      usleep(10_000)
    }
    line.clear()
    throw Failure.gridInterrupted(signal: signal, folder: directory)
  }

  private func lastLine(_ path: String) -> String {
    let text = FileManager.default.contents(atPath: path).map {
      String(decoding: $0, as: UTF8.self)
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
    throw ModelFileError.cannotWrite(path: path, reason: "the folder cannot be made")
  }
}

/// A folder that one process works in.
final class FolderLock {
  private let file: Int32

  /// None when another process has it, or it cannot be locked.
  init?(_ folder: String) {
    // Inherited by the process that works in the folder: it is locked until that one has stopped, even when
    // this one was killed.
    file = open("\(folder)/lock", O_RDWR | O_CREAT, 0o644)
    guard file >= 0 else { return nil }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      close(file)
      return nil
    }
  }

  func release() { flock(file, LOCK_UN) }
  deinit { close(file) }
}
