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
    abstract: "Run a grid of compressions from a recipe; write tables and figures.",
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
    let (grid, origins) = try Self.grid(recipe)
    let cells = grid.cells(ofShard: parsedShard ?? (1, 1))
    let perJob = threads ?? max(1, Threads.count / jobs)
    guard let signals else {
      print(try GridEstimate(grid, cells, directory: output, jobs: jobs, threads: perJob).text())
      return
    }
    for result in grid.results(in: output) {
      try origins[result.network].map { try requireSame($0, result) }
    }
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

  /// What the results of a network depend on besides their commands, as it is now.
  struct Origin {
    let data: (name: String, checksum: String)
    /// Of a file; the zoo's networks do not change.
    let definition: (name: String, checksum: String)?
    let given: (name: String, checksum: String)?
  }

  private func requireSame(_ now: Origin, _ result: Grid.Result) throws {
    func check(_ what: String, _ now: (name: String, checksum: String)?, _ before: String?) throws {
      guard let before, let now, now.checksum != before else { return }
      throw Failure.otherRun(
        "\(result.folder): its \(what), \(now.name), was another one (checksum \(before), now \(now.checksum)); "
          + "use another --output, or remove the results of the old \(what)")
    }
    try check("data", now.data, result.dataChecksum)
    try check("network", now.definition, result.definition)
    try check("reference", now.given, result.modelChecksum)
  }

  /// The recipe as commands, all of which are checked, and what each network's results depend on, by the name that
  /// tables call it.
  static func grid(_ path: String) throws -> (grid: Grid, origins: [String: Origin]) {
    var known: [[String]: (data: Dataset, checksum: String)] = [:]
    var origins: [String: Origin] = [:]
    let recipe = try GridRecipe(path: path)
    func at<Value>(_ line: Int, _ body: () throws -> Value) throws -> Value {
      do { return try body() } catch { throw recipe.wrong(line, "\(error)") }
    }
    if let published = recipe.published { _ = try Published(path: published, besides: path) }
    let grid = try Grid(recipe) { network in
      func value(_ name: String) -> String? { network.options.first { $0.name == name }?.value }
      let given = try network.given.map { file in try at(file.line) { try NetworkFile(file.path) } }
      let named = network.definition ?? value("network")
      if named == nil, let given, try given.definition == nil {
        throw Failure.badInput(
          "\(given.path) does not say which network it belongs to; say 'network' beside 'reference'"
        )
      }
      // A wrong name is told before the data are read.
      let source = try NetworkSource(named, orOf: given?.path)
      let key = [value("data") ?? "", value("pad") ?? ""]
      if known[key] == nil {
        let arguments = ["--data=\(key[0])"] + (key[1].isEmpty ? [] : ["--pad=\(key[1])"])
        let data = try DataOptions.parse(arguments).load()
        known[key] = (data, fingerprint(of: data))
      }
      guard let (data, checksum) = known[key] else { throw Failure.badInput("no data") }
      guard let width = Double(value("width") ?? "1") else {
        throw Failure.usage("the width must be a number, found '\(value("width") ?? "")'")
      }
      let definition = try source.definition(for: data, width: width)
      let weights = try network.given.flatMap { file in
        try given.map { given in try at(file.line) { try given.network(definition) } }
      }
      if let given { warnOfOtherData(given, than: data) }
      if let file = network.definition, !network.saysReference,
        !NetworkDefinition.isDescription(file), try !NetworkFile(file).tensors.tensors.isEmpty
      {
        warn(
          "\(network.label): the grid trains its references anew; 'reference: \(value("network") ?? file)' takes the "
            + "weights of the file")
      }
      origins[network.label] = Origin(
        data: (key[0], checksum),
        definition: try network.definition.map { ($0, try fingerprint(of: definition)) },
        given: network.given.flatMap { file in weights.map { (file.path, fingerprint(of: $0)) } })
      return try definition.layout()
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
        throw Failure.usage(Mistyped.message(for: error))
      }
    }
    return (grid, origins)
  }
}
