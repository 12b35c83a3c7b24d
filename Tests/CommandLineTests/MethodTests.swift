import Foundation
import ModelFiles
import Testing

/// `lc compress --method …` and `lc table`, as a user runs them.
@Suite struct MethodTests {
  private static let trained = Result {
    let space = try Workspace()
    try #require(space.train("r.safetensors", "--max-steps", "30").code == 0)
    return space
  }

  private func compress(_ space: Workspace, _ arguments: [String]) throws -> Program.Outcome {
    try Program.run(
      [
        "compress", "--network", "lenet300", "--data", space.data, "--model",
        space.path("r.safetensors"), "--batch-size", "16", "--steps", "2", "--epochs-per-step",
        "1",
      ] + arguments)
  }

  @Test(arguments: [
    ("projection", "*.weight: quantize(k=2)", ["--every", "1,3batches"]),
    ("proximal", "*.weight: nuclear(alpha=1e-3, rows=1e-5)", []),
    ("partial", "fc1.weight: partial(alpha=1e-4, rows=50%)", []),
    ("direct", "*.weight: lowrank(r=10%)", []),
    ("retrain", "joint(*.weight): binary() + prune(keep=1%)", []),
    ("gradual", "joint(*.weight): prune(keep=5%)", ["--every", "2"]),
    ("straight-through", "*.weight: ternary()", []),
  ]) func everyMethodRuns(method: String, plan: String, more: [String]) throws {
    let space = try Self.trained.get()
    let (output, log) = (space.path("\(method).lcm"), space.path("\(method).jsonl"))
    let outcome = try compress(
      space,
      ["--method", method, "--compress", plan, "--output", output, "--log", log] + more)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.contains(method == "direct" ? "direct compression" : method))
    let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == (method == "direct" ? 0 : 2))
    for line in lines {
      #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any])
    }
    #expect(try Program.run("evaluate", output, "--data", space.data).code == 0)
  }

  @Test func phasesAreOneRun() throws {
    let space = try Self.trained.get()
    let outcome = try compress(
      space,
      [
        "--compress", "*.weight: ternary()", "--steps", "5", "--mu", "0.003", "--phases",
        "straight-through 40%, lc 40%, retrain 20%", "--json", space.path("phases.json"),
        "--output", space.path("phases.lcm"),
      ])
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("straight-through → lc → retrain"))
    #expect(!outcome.errors.contains("is not kept"))
    let json = try space.json("phases.json")
    let phases = try #require(json["phases"] as? [[String: Any]])
    #expect(phases.map { $0["steps"] as? Int } == [2, 2, 1])
    #expect(
      phases.map { $0["coupling"] as? String } == ["straight-through", "penalty", "replacement"])
    #expect(phases.map { $0["freedom"] as? String } == ["full", "full", "fixed"])
    let settings = try #require(json["settings"] as? [String: Any])
    #expect(settings["--phases"] as? String == "straight-through 40.0%, lc 40.0%, retrain 20.0%")
    #expect((json["steps"] as? [Any])?.count == 5)
    // μ begins with the penalty.
    let mus = try #require(json["steps"] as? [[String: Any]]).map { $0["mu"] as? Double ?? 0 }
    #expect(abs(mus[2] - 0.003) < 1e-6 && abs(mus[3] - 0.00345) < 1e-6)
    #expect(try Program.run("evaluate", space.path("phases.lcm"), "--data", space.data).code == 0)
    for (more, text) in [
      (["--compress", "*.weight: quantise(k=2)"], "did you mean 'quantize'?"),
      (["--phases", "lc 50%"], "--phases"), (["--phases", "lc 50%, direct 50%"], "--phases"),
      (["--phases", "lc 99%, retrain 1%", "--method", "projection"], "exclude"),
      (["--phases", "lc 50%, retrain 50%", "--retrain-steps", "1"], "--retrain-steps"),
      (["--phases", "lc 50%, projection 25%, retrain 25%"], "a step for each"),
      (["--phases", "projection 50%, retrain 50%", "--mu", "1"], "--mu belongs"),
      (["--phases", "projection 50%, retrain 50%", "--every", "3"], "--every belongs"),
    ] {
      let outcome = try compress(space, ["--compress", "*.weight: ternary()"] + more)
      #expect(outcome.code == 64 && outcome.errors.contains(text), "\(outcome.errors)")
    }
  }

  @Test func partialWritesItsOwnPlan() throws {
    let outcome = try compress(
      try Self.trained.get(),
      ["--method", "partial", "--strength", "1e-5", "--share", "25%", "--sides", "both"])
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("fc2.weight: partial(alpha=1e-05, rows=25%, columns=25%)"))
    #expect(outcome.errors.contains("without --output the compressed model is not kept"))
  }

  @Test(arguments: [
    (["--method", "projection", "--compress", "*: binary()", "--mu", "1"], "--mu belongs"),
    (
      ["--method", "retrain", "--compress", "*: binary()", "--every", "3"], "every must be left out"
    ),
    (["--method", "gradual", "--compress", "*: binary()"], "prune(keep="),
    (["--method", "partial"], "needs --strength"), (["--method", "lc"], "--compress is missing"),
    (["--compress", "*: binary()", "--share", "5%"], "--share belongs"),
    (["--method", "partial", "--strength", "1", "--share", "5"], "a share such as 50%"),
    (["--compress", "*: binary()", "--every", "1,2,3"], "that share them"),
    (["--method", "straight", "--compress", "*: binary()"], "straight-through"),
  ]) func mistakesAreToldPlainly(arguments: [String], text: String) throws {
    let outcome = try compress(try Self.trained.get(), arguments)
    #expect(outcome.code == 64 && outcome.errors.contains(text), "\(outcome.errors)")
  }

  private func recipe(_ space: Workspace, _ name: String, _ change: (String) -> String = { $0 })
    throws -> String
  {
    let text = """
      title: A test
      data: \(space.data)
      networks: [lenet300]
      reference: {max-steps: 20, batch-size: 16}
      compress: {steps: 1, batches-per-step: 8, batch-size: 16}
      methods: {lc: {mu: 0.01}, direct: }
      plans:
        Q+P: "joint(*.weight): quantize(k=2) + prune(keep={keep})"
      budgets: [20]
      """
    let path = space.path(name)
    try Data(change(text).utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test func outputsDoNotReplaceInputs() throws {
    let space = try Self.trained.get()
    let weights = space.path("r.safetensors")
    let before = try Data(contentsOf: URL(fileURLWithPath: weights))
    let over = try Program.run(
      "project", weights, "--compress", "*: binary()", "--output", space.path("./r.safetensors"))
    #expect(over.code == 64 && over.errors.contains("it is read"), "\(over.errors)")
    let twice = try Program.run(
      "project", weights, "--compress", "*: binary()", "--output", space.path("twice"), "--json",
      space.path("twice"))
    #expect(twice.code == 64 && twice.errors.contains("written twice"), "\(twice.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: weights)) == before)
  }

  @Test func aProjectedNetworkKnowsItself() throws {
    let space = try Self.trained.get()
    let model = space.path("projected.lcm")
    #expect(
      try Program.run(
        "project", space.path("r.safetensors"), "--compress", "*.weight: binary()", "--output",
        model
      ).code == 0)
    #expect(try Program.run("evaluate", model, "--data", space.data).code == 0)
    let again = try Program.run("project", model, "--compress", "*: binary()")
    #expect(again.code == 65 && again.errors.contains("lc export"), "\(again.errors)")
  }

  @Test func aGridOfFailuresSaysSo() throws {
    let space = try Workspace()
    let recipe = try recipe(space, "grid.yaml") {
      $0.replacingOccurrences(of: "batch-size: 16}\nmethods", with: "batch-size: 5000}\nmethods")
    }
    let outcome = try Program.run("table", recipe, "--output", space.path("grid"))
    #expect(outcome.code == 70 && outcome.errors.contains("cells failed"), "\(outcome.errors)")
    #expect(outcome.output.contains("failed"))
    // What is said of each names its log, which holds the reason; so does a log of a version before.
    let folder = space.path("grid/cells")
    let cell =
      "\(folder)/\(try #require(FileManager.default.contentsOfDirectory(atPath: folder).first))"
    func text(_ name: String) throws -> String {
      try String(contentsOfFile: "\(cell)/\(name)", encoding: .utf8)
    }
    let reason = try text("failed.txt").split(separator: "\n").map(String.init)
    #expect(outcome.errors.contains("failed: \(reason[0]) (\(cell)/log.txt)"), "\(outcome.errors)")
    #expect(try reason.count == 2 && text("log.txt").contains(reason[0]))
    #expect(outcome.output.contains(reason[0]) && !outcome.output.contains(reason[1]))
    try FileManager.default.removeItem(atPath: "\(cell)/failed.txt")
    try FileManager.default.removeItem(atPath: "\(cell)/log.txt")
    try Data("what was said before\n".utf8).write(to: URL(fileURLWithPath: "\(cell)/errors.txt"))
    #expect(try Program.run("table", recipe, "--output", space.path("grid")).code == 70)
    #expect(try text("log.txt").hasPrefix("what was said before\n"))
    #expect(try text("log.txt").contains(reason[0]) && text("failed.txt").hasPrefix(reason[0]))
    #expect(!FileManager.default.fileExists(atPath: "\(cell)/errors.txt"))
  }

  @Test func aGridRunsOnceAndWritesItsTables() throws {
    let space = try Workspace()
    let recipe = try recipe(space, "grid.yaml")
    let folder = space.path("grid")
    let first = try Program.run("table", recipe, "--output", folder, "--jobs", "2")
    #expect(first.code == 0, "\(first.errors)")
    #expect(first.output.contains("× | Q+P | lc |"))
    let table = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/table.csv"))
    for cell in try FileManager.default.contentsOfDirectory(atPath: "\(folder)/cells") {
      let log = try String(contentsOfFile: "\(folder)/cells/\(cell)/log.txt", encoding: .utf8)
      #expect(log.contains("direct compression: "))
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/cells/\(cell)/errors.txt"))
    }
    for name in ["table.md", "table.tex", "table.json", "report.html", "tradeoff-lenet300.dat"] {
      #expect(FileManager.default.fileExists(atPath: "\(folder)/\(name)"), "\(name)")
    }
    // What is done is not run again, and the tables are the same.
    let again = try Program.run("table", recipe, "--output", folder)
    #expect(again.code == 0 && !again.errors.contains("done"), "\(again.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/table.csv")) == table)
    // What a killed cell has left is removed, and the cell run again, with as many threads.
    let cells = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/cells")
    let killed = "\(folder)/cells/\(try #require(cells.first { $0.contains("-lc-") }))"
    try FileManager.default.removeItem(atPath: "\(killed)/result.json")
    try Data(count: 9).write(to: URL(fileURLWithPath: "\(killed)/.lc-part.tmp"))
    #expect(try Program.run("table", recipe, "--output", folder, "--jobs", "2").code == 0)
    #expect(!FileManager.default.fileExists(atPath: "\(killed)/.lc-part.tmp"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/table.csv")) == table)
    // What has been damaged or removed since is made again.
    let references = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/references")
    let weights = "\(folder)/references/\(references[0])/weights.safetensors"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: weights))
    bytes[bytes.count - 3] ^= 4
    try bytes.write(to: URL(fileURLWithPath: weights))
    try FileManager.default.removeItem(atPath: "\(killed)/compressed.lcm")
    let mended = try Program.run("table", recipe, "--output", folder)
    #expect(mended.code == 0 && mended.errors.contains("weights.safetensors is damaged or gone"))
    #expect(mended.errors.contains("compressed.lcm is damaged or gone"), "\(mended.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/table.csv")) == table)
    // A part of the cells, in a folder of its own.
    let part = try Program.run(
      "table", recipe, "--output", space.path("part"), "--shard", "2/2")
    #expect(part.code == 0 && part.output.contains("1 results are still open"), "\(part.errors)")
    let dry = try Program.run("table", recipe, "--output", space.path("dry"), "--dry-run")
    #expect(dry.code == 0 && dry.output.contains("lc compress"), "\(dry.errors)")
    #expect(!FileManager.default.fileExists(atPath: space.path("dry")))
    // Other data under the same name.
    try space.writeImages("t10k", count: 39)
    let changed = try Program.run("table", recipe, "--output", folder)
    #expect(changed.code == 75 && changed.errors.contains("was another one"), "\(changed.errors)")
  }

  /// A network of one's own with weights that are there: nothing is trained, and another file under the
  /// same name is noticed.
  @Test func aGridTakesAGivenReference() throws {
    let space = try Workspace()
    try #require(space.train("mine.safetensors").code == 0)
    let recipe = try recipe(space, "own.yaml") {
      $0.replacingOccurrences(of: "[lenet300]", with: "{mine: {reference: mine.safetensors}}")
    }
    let folder = space.path("own")
    let dry = try Program.run("table", recipe, "--output", folder, "--dry-run")
    #expect(dry.code == 0 && !dry.output.contains("lc train"), "\(dry.errors)")
    let first = try Program.run("table", recipe, "--output", folder)
    #expect(first.code == 0 && first.output.contains("| Q+P | lc |"), "\(first.errors)")
    #expect(!FileManager.default.fileExists(atPath: "\(folder)/references"))
    let again = try Program.run("table", recipe, "--output", folder)
    #expect(again.code == 0 && !again.errors.contains("done"), "\(again.errors)")
    // Weights of another seed.
    try #require(space.train("mine.safetensors", "--seed", "1").code == 0)
    let changed = try Program.run("table", recipe, "--output", folder)
    #expect(
      changed.code == 75 && changed.errors.contains("its reference")
        && changed.errors.contains("was another one"), "\(changed.errors)")
  }

  /// The file only says which network is trained.
  @Test func aGridTrainsANetworkOfAFile() throws {
    let space = try Workspace()
    try #require(space.train("mine.safetensors").code == 0)
    let recipe = try recipe(space, "trained.yaml") {
      $0.replacingOccurrences(of: "[lenet300]", with: "[mine.safetensors]")
    }
    let folder = space.path("trained")
    let first = try Program.run("table", recipe, "--output", folder)
    #expect(first.code == 0, "\(first.errors)")
    let references = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/references")
    #expect(references.count == 1 && references[0].hasPrefix("mine-s0-"))
    // The same name for another network.
    try #require(space.train("mine.safetensors", "--width", "0.5").code == 0)
    let changed = try Program.run("table", recipe, "--output", folder)
    #expect(
      changed.code == 75 && changed.errors.contains("its network, ")
        && changed.errors.contains("now lenet300-x0.5 ("), "\(changed.errors)")
    // Without a word on references it is said that those of the file are not taken.
    let silent = try self.recipe(space, "silent.yaml") {
      $0.replacingOccurrences(of: "[lenet300]", with: "[mine.safetensors]")
        .split(separator: "\n").filter { !$0.hasPrefix("reference:") }.joined(separator: "\n")
    }
    let dry = try Program.run("table", silent, "--output", space.path("silent"), "--dry-run")
    #expect(dry.errors.contains("'reference: mine.safetensors'"), "\(dry.errors)")
  }

  @Test(arguments: [
    ("[lenet300]", "{mine: {reference: none.npz}}", ":3: ", "none.npz: no such file"),
    ("[lenet300]", "[none.safetensors]", ":3: ", "none.safetensors: no such file"),
    ("[lenet300]", "{mine: {reference: bare.npz}}", ":3: ", "say 'network' beside 'reference'"),
    (
      "[lenet300]", "{lenet5: {network: lenet5, reference: r.safetensors}}", ":3: ",
      "'conv1.weight'"
    ),
    ("[lenet300]", "{mine: {network: r.safetensors, width: 2}}", ":3: ", "not to that of a file"),
    ("networks: [lenet300]", "networks: [lenet300]", ":4: ", "no such file"),
  ]) func wrongFilesOfNetworksAreToldWithTheirLine(
    old: String, new: String, line: String, text: String
  ) throws {
    let space = try Self.trained.get()
    if !FileManager.default.fileExists(atPath: space.path("bare.npz")) {
      try NPZFile.write(
        [TensorSource(name: "fc1.weight", shape: [1], floats: [1])], to: space.path("bare.npz"))
    }
    let recipe = try recipe(space, "\(UUID().uuidString).yaml") {
      let changed = $0.replacingOccurrences(of: old, with: new)
      return old == "[lenet300]"
        ? changed
        : changed.split(separator: "\n", omittingEmptySubsequences: false)
          .map { $0.hasPrefix("reference:") ? "reference: w.npz" : $0 }.joined(separator: "\n")
    }
    let outcome = try Program.run("table", recipe, "--output", space.path("refused"))
    #expect(outcome.code == 65, "\(outcome.errors)")
    #expect(
      outcome.errors.contains(".yaml\(line)") && outcome.errors.contains(text), "\(outcome.errors)")
  }

  @Test(arguments: [
    ("networks: [lenet300]", "networks: [lenet30]", ":3: ", "lenet5"),
    ("mu: 0.01", "mew: 0.01", ":6: ", "'mew'"),
    ("mu: 0.01", "multipliers: no", ":6: ", "'multipliers' takes a value"),
    ("batch-size: 16}\ncompress", "decay: yes}\ncompress", ":4: ", "'decay' takes a value"),
    ("mu: 0.01", "tolerance: ~", ":6: ", "one value was expected for 'tolerance'"),
    ("steps: 1,", "steps: one,", ":5: ", "one"),
    ("budgets: [20]", "budgets: [60]", ":9: ", "reaches 31."),
    ("mu: 0.01", "mu: -1", ":6: ", "mu must be above 0"),
    ("batch-size: 16}\ncompress", "batch-size: 0}\ncompress", ":4: ", "--batch-size must be 1"),
    ("{keep}", "{kept}", ":8: ", "{keep}"), ("data:", "date:", ":2: ", "date"),
  ]) func wrongRecipesAreRefusedBeforeAnythingRuns(
    old: String, new: String, line: String, text: String
  ) throws {
    let space = try Self.trained.get()
    let recipe = try recipe(space, "\(UUID().uuidString).yaml") {
      $0.replacingOccurrences(of: old, with: new)
    }
    let outcome = try Program.run("table", recipe, "--output", space.path("refused"))
    #expect(outcome.code == 65, "\(outcome.errors)")
    #expect(
      outcome.errors.contains(".yaml\(line)") && outcome.errors.contains(text), "\(outcome.errors)")
    #expect(!FileManager.default.fileExists(atPath: space.path("refused")))
  }
}
