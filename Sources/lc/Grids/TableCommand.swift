import ArgumentParser
import Datasets
import Foundation
import LearningCompression
import LinearAlgebra
import ModelFiles
import NeuralNetwork
import Tables

struct TableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table",
    abstract: "Run a grid of compressions from a recipe, and write its table and figures.",
    discussion: """
      Example:
        lc table Benchmarks/Tables/Recipes/quick.yaml --output quick

      The folder holds a sub-folder for each reference and each cell, with its configuration, log, \
      checkpoint and result; the same command goes on where an interrupted one ended, and what is \
      done is never run again. Beside them: table.md, .csv, .tex and .json, the figures with their \
      data (drawn by gnuplot, where it is installed), and report.html, which needs no other file. \
      'Docs/Tables.md' explains recipes.
      """)

  @Argument(help: ArgumentHelp("The recipe (YAML).", valueName: "recipe"))
  var recipe: String

  @Option(help: ArgumentHelp("Where everything goes.", valueName: "folder"))
  var output: String

  @Option(whole: "How many cells run at the same time.")
  var jobs = 1

  @Option(whole: "Threads of each cell (default: the processor's cores over the jobs).")
  var threads: Int?

  @Option(help: "Run the i-th of n parts of the cells only: 1/4. Parts may share the folder.")
  var shard: String?

  @Flag(help: "Only list what would run, with an estimate of the time.")
  var dryRun = false

  func validate() throws {
    if !(1...256).contains(jobs) {
      throw ValidationError("--jobs must be from 1 to 256, found \(jobs)")
    }
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads must be from 1 to 1024, found \(threads)")
    }
    if let shard, parsedShard == nil {
      throw ValidationError("--shard must be like 1/4, found '\(shard)'")
    }
  }

  private var parsedShard: (index: Int, count: Int)? {
    guard let shard else { return (1, 1) }
    let parts = shard.split(separator: "/").map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1], count >= 1,
      (1...count).contains(index)
    else { return nil }
    return (index, count)
  }

  func run() throws {
    // A dry run can be stopped anywhere.
    let signals = dryRun ? nil : StopSignals()
    let (grid, data) = try Self.grid(recipe)
    let cells = grid.cells(ofShard: parsedShard ?? (1, 1))
    let perJob = threads ?? max(1, Threads.count / jobs)
    guard let signals else {
      print(try GridEstimate(grid, cells, directory: output, jobs: jobs, threads: perJob).text())
      return
    }
    for result in grid.results(in: output) { try requireSame(data[result.data], result) }
    try makeFolder(output)
    try checkOutputs(
      GridOutputs.files.map { "\(output)/\($0)" },
      inputs: grid.recipe.files
        + grid.recipe.networks.flatMap(\.options)
        .filter { $0.name == "data" }.flatMap { Dataset.files(of: $0.value ?? "") })
    // Where the figures come from stays with them.
    if let text = FileManager.default.contents(atPath: recipe) {
      try AtomicFile.write([UInt8](text), to: "\(output)/recipe.yaml")
    }
    let outputs = GridOutputs(grid, in: output)
    let runner = GridRunner(
      cells, directory: output, jobs: jobs, threads: perJob, signals: signals)
    do {
      try runner.run()
    } catch {
      try outputs.write()
      throw error
    }
    let undrawn = try outputs.write()
    if !undrawn.isEmpty {
      warn(
        "gnuplot has drawn no figure, so the report has none: install it (Debian: gnuplot-nox) and run the same "
          + "command again, or in \(output): gnuplot \(undrawn.joined(separator: " "))")
    }
    let table = try ResultTable(grid, in: output)
    print(table.markdown, terminator: "")
    let failures = table.rows.reduce(0) { $0 + $1.failures.count }
    if failures > 0 {
      throw Failure.cellsFailed(failures, of: grid.places.count, folder: output)
    }
  }

  private func requireSame(_ checksum: String?, _ result: Grid.Result) throws {
    guard let before = result.dataChecksum, let checksum, checksum != before else { return }
    throw Failure.otherRun(
      "\(result.folder): its data, \(result.data[0]), was another one (checksum \(before), now \(checksum)); "
        + "use another --output, or remove the results of the old data")
  }

  /// The recipe as commands, all of which are checked, and the checksums of the data by `--data` and `--pad`.
  static func grid(_ path: String) throws -> (grid: Grid, data: [[String]: String]) {
    var shapes: [[String]: (shape: [Int], classes: Int)] = [:]
    var checksums: [[String]: String] = [:]
    let recipe = try GridRecipe(path: path)
    if let published = recipe.published { _ = try Published(path: published, besides: path) }
    let grid = try Grid(recipe) { network in
      func value(_ name: String) -> String? { network.options.first { $0.name == name }?.value }
      let name = value("network") ?? network.label
      guard NetworkZoo.names.contains(name) else {
        throw NeuralNetworkError.unknownNetwork(name, known: NetworkZoo.names)
      }
      let key = [value("data") ?? "", value("pad") ?? ""]
      if shapes[key] == nil {
        let arguments = ["--data=\(key[0])"] + (key[1].isEmpty ? [] : ["--pad=\(key[1])"])
        let data = try DataOptions.parse(arguments).load()
        shapes[key] = (data.training.shape, data.classes)
        checksums[key] = fingerprint(of: data)
      }
      let (shape, classes) = shapes[key] ?? ([], 0)
      let definition = try NetworkZoo.network(named: name, input: shape, classes: classes)
      guard let width = Double(value("width") ?? "1") else {
        throw Failure.usage("the width must be a number, found '\(value("width") ?? "")'")
      }
      return try definition.widened(by: width).layout()
    } check: { arguments, options in
      let known = CommandOptions(of: arguments.first)
      for option in options {
        if let text = known?.objection(to: option.name, isSwitched: option.value == nil) {
          throw Failure.usage(text)
        }
      }
      do {
        let command = try LC.parseAsRoot(arguments)
        try (command as? CompressCommand)?.check()
        try (command as? TrainCommand)?.check()
      } catch let error as Failure {
        throw error
      } catch let error as LearningCompressionError {
        throw error
      } catch let error as NeuralNetworkError {
        throw error
      } catch {
        let message = LC.message(for: error).split(whereSeparator: \.isNewline).first ?? ""
        throw Failure.usage(String(message).replacingOccurrences(of: "Error: ", with: ""))
      }
    }
    return (grid, checksums)
  }
}
