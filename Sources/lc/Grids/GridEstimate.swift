import Foundation
import LearningCompression
import Tables

/// How long what is open of a grid will take, judged by a few mini-batches of each network, or by cells that
/// are done.
struct GridEstimate {
  private let grid: Grid
  /// Of the shard.
  private let cells: [Grid.Cell]
  private let directory: String
  private let jobs: Int
  private let threads: Int

  init(_ grid: Grid, _ cells: [Grid.Cell], directory: String, jobs: Int, threads: Int) {
    self.grid = grid
    self.cells = cells
    self.directory = directory
    self.jobs = jobs
    self.threads = threads
  }

  func text() throws -> String {
    var table = Table(["network", "references", "cells", "done", "s/epoch", "epochs", "left"])
    var total = 0.0
    let shard = Set(cells)
    for network in grid.recipe.networks {
      let places = grid.places.filter { $0.network == network.label }
      let cells = Set(places.map(\.cell)).intersection(shard)
      let references = Set(cells.map(\.reference))
      let openCells = cells.filter { isOpen($0) }
      let openReferences = references.filter { isOpen($0) }
      let (perEpoch, batches) = try references.first.map(timing) ?? (0, 1)
      let epochs = (openCells.map(\.arguments) + openReferences.map(\.arguments)).reduce(0.0) {
        $0 + Self.epochs(of: $1, batchesPerEpoch: batches)
      }
      let left = epochs * perEpoch / Double(jobs)
      total += left
      table.add([
        network.label, "\(references.count { $0.given == nil })", "\(cells.count)",
        "\(cells.count - openCells.count)",
        perEpoch.text(2), "\(Int(min(epochs, 1e15)))", Self.clock(left),
      ])
    }
    let open = cells.filter { isOpen($0) }
    var trained: Set<Grid.Reference> = []
    let commands =
      open.map(\.reference).filter { isOpen($0) && trained.insert($0).inserted }.map {
        $0.arguments + ["--output=\(Grid.weights(of: $0, in: directory))"]
      }
      + open.map {
        $0.arguments + [
          "--model=\(Grid.weights(of: $0.reference, in: directory))",
          "--output=\(Grid.folder($0, in: directory))/compressed.lcm",
        ]
      }
    let text = commands.map { "lc " + $0.map(\.quotedForShell).joined(separator: " ") }
    return
      (text + [
        "", table.text,
        "about \(Self.clock(total)) with \(jobs) job\(jobs == 1 ? "" : "s") of \(threads) thread"
          + "\(threads == 1 ? "" : "s"), by a few mini-batches of each network; evaluations and C steps "
          + "add to it",
      ]).joined(separator: "\n")
  }

  private func isOpen(_ cell: Grid.Cell) -> Bool {
    if case .open = Grid.state(of: cell, in: directory) { true } else { false }
  }

  private func isOpen(_ reference: Grid.Reference) -> Bool {
    reference.given == nil
      && !FileManager.default.fileExists(
        atPath: Grid.folder(reference, in: directory) + "/result.json")
  }

  /// Times 30 mini-batches of the network's training in a process of its own.
  private func timing(of reference: Grid.Reference) throws -> (perEpoch: Double, batches: Double) {
    let folder = NSTemporaryDirectory() + "lc-estimate-\(getpid())"
    try makeFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    struct Report: Decodable {
      let seconds: Double
      let batchesPerEpoch: Int
    }
    func train(_ batches: Int) throws -> Report {
      let process = try ChildProcess(
        reference.arguments.filter { !$0.hasPrefix("--evaluate-every") } + [
          "--max-steps=\(batches)", "--evaluate-every=1000000", "--threads=\(threads)",
          "--json=\(folder)/result.json",
        ], outputs: ("\(folder)/output.txt", "\(folder)/errors.txt"))
      while true {
        if let end = try process.end() {
          guard end == .exit(0) else {
            throw Failure.stopped(
              "the estimate of \(reference.name) ended with \(end): "
                + String(
                  decoding: FileManager.default.contents(atPath: "\(folder)/errors.txt") ?? Data(),
                  as: UTF8.self
                ).trimmingCharacters(in: .whitespacesAndNewlines), code: end.code)
          }
          break
        }
        usleep(5000)
      }
      guard let data = FileManager.default.contents(atPath: "\(folder)/result.json"),
        let report = try? JSONDecoder().decode(Report.self, from: data)
      else { throw Failure.stopped("the estimate of \(reference.name) left no result") }
      return report
    }
    // The first mini-batches also build the network.
    let few = try train(5)
    let more = try train(35)
    let batches = Double(more.batchesPerEpoch)
    return (max(0, more.seconds - few.seconds) / 30 * batches, batches)
  }

  private static func number(_ option: String, _ arguments: [String], _ usual: Int) -> Double {
    arguments.last { $0.hasPrefix(option + "=") }
      .flatMap { Double($0.dropFirst(option.count + 1)) } ?? Double(usual)
  }

  private static func epochs(of arguments: [String], batchesPerEpoch: Double) -> Double {
    guard arguments.first == "compress" else {
      return number("--epochs", arguments, TrainCommand.usualEpochs)
    }
    if arguments.contains("--method=direct") { return 0 }
    let (whole, wholeBatches) = (
      number("--epochs", arguments, 0), number("--batches", arguments, 0)
    )
    if whole > 0 { return whole }
    if wholeBatches > 0 { return wholeBatches / batchesPerEpoch }
    let batches = number("--batches-per-step", arguments, 0)
    let epochs =
      batches > 0
      ? batches / batchesPerEpoch : number("--epochs-per-step", arguments, Period.usualEpochs)
    return number("--steps", arguments, PenaltySchedule.usualSteps) * epochs
  }

  private static func clock(_ seconds: Double) -> String {
    let whole = Int(min(seconds, 1e9).rounded(.up))
    return String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
  }
}
