import Foundation
import ModelFiles
import Testing

@Suite struct CommandLineTests {
  let plan = "joint(*.weight): quantize(k=2) + prune(keep=1%)"

  /// A workspace with a trained network, for the tests that only read it.
  static let trained = Result {
    let space = try Workspace()
    let outcome = try space.train("r.safetensors", "--max-steps", "1")
    try #require(outcome.code == 0, "\(outcome.errors)")
    return space
  }

  @Test func trainsCompressesEvaluatesAndExports() throws {
    let space = try Workspace()
    let trained = try space.train("r.safetensors")
    #expect(trained.code == 0, "\(trained.errors)")
    let epochs = try #require(space.json("train.json")["epochs"] as? [[String: Any]])
    #expect(epochs.count == 2)
    for key in ["loss", "trainErrorPercent", "testErrorPercent", "seconds"] {
      #expect(epochs[1][key] is NSNumber)
    }

    let compressed = try space.compress(plan)
    #expect(compressed.code == 0, "\(compressed.errors)")
    let report = try space.json("compress.json")
    for part in ["reference", "direct", "compressed"] {
      let figures = try #require(report[part] as? [String: Any])
      for key in ["trainLoss", "trainErrorPercent", "testErrorPercent"] {
        #expect(figures[key] is NSNumber)
      }
    }
    let steps = try #require(report["steps"] as? [[String: Any]])
    #expect(steps.count == 2)
    for key in [
      "step", "mu", "loss", "distance", "trainErrorPercent", "testErrorPercent", "lSeconds",
      "cSeconds",
    ] { #expect(steps[1][key] is NSNumber) }
    #expect(report["referenceBits"] as? Int == 32 * 266_200)
    let size = try FileManager.default.attributesOfItem(atPath: space.path("c.lcm"))[.size] as? Int
    #expect(report["fileBytes"] as? Int == size)
    let bits = try #require(report["bits"] as? Int)
    // Beside θ the file holds 410 biases and the metadata.
    #expect(abs((size ?? 0) - 4 * 410 - bits / 8) <= bits / 800 + 4096)
    #expect((report["ratio"] as? Double ?? 0) > 22)

    func evaluate(_ file: String) throws -> [String: Any] {
      let outcome = try Program.run(
        "evaluate", space.path(file), "--data", space.data, "--json", space.path("e.json"))
      #expect(outcome.code == 0, "\(outcome.errors)")
      return try space.json("e.json")
    }
    let packed = try evaluate("c.lcm")
    #expect(
      try Program.run(
        "export", space.path("c.lcm"), "--output", space.path("d.safetensors")
      ).code == 0)
    let dense = try evaluate("d.safetensors")
    for key in ["trainLoss", "trainErrorPercent", "testErrorPercent"] {
      #expect(packed[key] as? Double == dense[key] as? Double)
      #expect(
        packed[key] as? Double == (report["compressed"] as? [String: Any])?[key] as? Double)
    }
    let info = try Program.run("info", space.path("c.lcm"))
    #expect(info.code == 0 && info.output.contains(plan))
  }

  @Test func theSameSeedGivesTheSameBits() throws {
    let space = try Workspace()
    for name in ["r", "s"] {
      #expect(try space.train("\(name).safetensors", "--seed", "7").code == 0)
    }
    func bytes(_ name: String) throws -> Data {
      try Data(contentsOf: space.folder.appendingPathComponent(name))
    }
    #expect(try bytes("r.safetensors") == bytes("s.safetensors"))
    for name in ["a.lcm", "b.lcm"] { #expect(try space.compress(plan, output: name).code == 0) }
    #expect(try bytes("a.lcm") == bytes("b.lcm"))
    #expect(try space.train("t.safetensors", "--seed", "8").code == 0)
    #expect(try bytes("r.safetensors") != bytes("t.safetensors"))
  }

  /// The images of weights that do not say it are normalised as --network's file says, and other data than
  /// the file names are noticed.
  @Test func evaluationKnowsItsData() throws {
    let space = try Workspace()
    try #require(space.train("r.safetensors", "--normalise", "standard").code == 0)
    func evaluate(_ words: String...) throws -> Program.Outcome {
      try Program.run(
        ["evaluate", space.path(words[0]), "--data", space.path(words[1])] + words.dropFirst(2))
    }
    let own = try evaluate("r.safetensors", "data")
    #expect(own.code == 0 && own.errors.isEmpty)
    let file = try SafetensorsFile(path: space.path("r.safetensors"))
    try SafetensorsFile.write(
      file.tensors.map {
        TensorSource(
          name: $0.name, dtype: $0.dtype, shape: $0.shape, bytes: try file.bytes($0.name))
      }, metadata: [:], to: space.path("bare.safetensors"))
    let bare = try evaluate("bare.safetensors", "data", "--network", space.path("r.safetensors"))
    #expect(bare.output == own.output, "\(bare.output) \(bare.errors)")
    let said = try evaluate(
      "bare.safetensors", "data", "--network", space.path("r.safetensors"), "--normalise", "mean")
    #expect(said.code == 0 && said.output != own.output)

    try FileManager.default.copyItem(atPath: space.data, toPath: space.path("other"))
    var labels = try Data(
      contentsOf: space.folder.appendingPathComponent("other/t10k-labels-idx1-ubyte"))
    labels[labels.count - 1] ^= 1
    try labels.write(
      to: space.folder.appendingPathComponent("other/t10k-labels-idx1-ubyte"))
    let other = try evaluate("r.safetensors", "other")
    #expect(other.code == 0 && other.errors.contains("was trained on data ("), "\(other.errors)")
  }

  @Test func maxStepsListsEachLoss() throws {
    let space = try Workspace()
    let outcome = try space.train("r.safetensors", "--max-steps", "11", "--no-shuffle")
    #expect(outcome.code == 0)
    #expect((try space.json("train.json")["stepLosses"] as? [Double])?.count == 11)
    // Going on from a file begins where it ended.
    #expect(
      try space.train(
        "s.safetensors", "--max-steps", "1", "--initial", space.path("r.safetensors")
      ).code == 0)
  }

  @Test func recipesSayWhatOptionsSay() throws {
    let space = try Workspace()
    #expect(try space.train("r.safetensors", "--max-steps", "1").code == 0)
    func project(_ recipe: String, _ more: String...) throws -> Program.Outcome {
      try Data(recipe.utf8).write(to: URL(fileURLWithPath: space.path("r.yaml")))
      return try Program.run(
        ["project", space.path("r.safetensors"), "--recipe", space.path("r.yaml")] + more)
    }
    let recipe = """
      compress:
        - tensors: ["fc1.weight", fc2.weight]
          view: joint
          operators: [{quantize: {k: 2, zero: yes}}, prune(keep=1%)]
        - tensors: fc3.weight
          operators: binary()
      output: "\(space.path("a.lcm"))"
      """
    let outcome = try project(recipe)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let plan =
      "joint(fc1.weight, fc2.weight): quantize(k=2, zero) + prune(keep=1%); fc3.weight: binary()"
    let same = try Program.run(
      "project", space.path("r.safetensors"), "--compress", plan, "--output", space.path("b.lcm"))
    #expect(same.code == 0)
    // The commands in their provenance differ, the models do not.
    let models = try ["a.lcm", "b.lcm"].map { try CompressedModel(path: space.path($0)) }
    #expect(models[0].parts.map(\.form) == models[1].parts.map(\.form))
    #expect(models[0].parts.map(\.operator) == models[1].parts.map(\.operator))
    #expect(try project(recipe + "\nentropy: no").code == 0)
    // The command line replaces it.
    #expect(
      try project(recipe, "--compress", "*: binary()", "--mu", "2").output.contains("fc1.bias"))

    for (text, code, message) in [
      ("mu: 1\nspeed: 3", 64, "r.yaml:2: 'lc project' has no option 'speed'"),
      ("compress: '*: binary()'\nmu: x", 64, "r.yaml:2: The value 'x' is invalid for '--mu"),
      ("compress: [{tensors: a, operators: binary(), k: 2}]", 65, "r.yaml:1: tensors, view and"),
      ("mu: 1\ncompress: '*: binray()'", 64, "r.yaml:2: plan, character 4: "),
      ("mu: 1\ncompress: 'fc9: binary()'", 64, "r.yaml:2: the pattern 'fc9' fits no parameter"),
      (
        "mu: 1\ncompress:\n  - tensors: [\"*\", \"!fc1.*\"]\n    operators: [lowrank(r=11)]", 64,
        "fc3.weight [10, 100]: lowrank: r"
      ),
      ("mu: 1\nmu: 2", 65, "r.yaml"), ("- a", 65, "'option: value' were expected"),
      ("a: [", 65, "this is not YAML"), ("mu: [1, 2]", 65, "one value was expected for 'mu'"),
      ("mu: 1\ncompress: '*: binary()'\noutput: true", 64, "r.yaml:3: 'output' takes a value"),
      ("compress: '*: binary()'\nmu: no", 64, "r.yaml:2: 'mu' takes a value"),
      ("compress: '*: binary()'\nentropy: 1", 64, "r.yaml:2: "),
      ("mu:", 65, "r.yaml:1: one value was expected for 'mu'"),
    ] {
      let outcome = try project(text)
      #expect(outcome.code == code && outcome.errors.contains(message), "\(outcome.errors)")
    }
    // What the command line says is not the file's mistake.
    let other = try project(recipe, "--compress", "fc9: binary()")
    #expect(other.code == 64 && !other.errors.contains("r.yaml"), "\(other.errors)")
  }

  @Test func projectsAFile() throws {
    let space = try Workspace()
    #expect(try space.train("r.safetensors", "--max-steps", "1").code == 0)
    let outcome = try Program.run(
      "project", space.path("r.safetensors"), "--compress",
      "fc[12].weight: lowrank(r=3); fc3.*: binary()",
      "--output", space.path("p.lcm"), "--json", space.path("p.json"))
    #expect(outcome.code == 0, "\(outcome.errors)")
    let report = try space.json("p.json")
    let tensors = try #require(report["tensors"] as? [[String: Any]])
    #expect(
      tensors.map { $0["name"] as? String } == [
        "fc1.weight", "fc2.weight", "fc3.weight", "fc3.bias",
      ])
    for key in ["relativeError", "bits", "ratio", "seconds"] {
      #expect(tensors[0][key] is NSNumber)
    }
    #expect(tensors[0]["operator"] as? String == "lowrank(r=3)")
    #expect(tensors[0]["shape"] as? [Int] == [300, 784])
    #expect(report["total"] is [String: Any])
    let model = try CompressedModel(path: space.path("p.lcm"))
    #expect(model.order.count == 6 && model.plain.count == 2)
  }

  /// Every mistake gives one clear line, its exit code, and no output file.
  @Test(arguments: [
    (["--compress", "*.wait: binary()"], 64, "*.wait"),
    (["--compress", "*.weight: binary(); fc1.weight: binary()"], 64, "claimed twice"),
    (["--compress", "*.weight: quantize(k=0)"], 64, "k must be from 1"),
    (["--compress", "fc3.bias: quantize(k=11)"], 64, "at most the 10 weights"),
    (["--compress", "*.weight: prune(keep=0%)"], 64, "keep must be"),
    (["--compress", "*.weight: prune(keep=150%)"], 64, "keep must be"),
    (["--compress", "*.weight: lowrank(r=0)"], 64, "r must be 1 or more"),
    (["--compress", "*.weight: lowrank(r=11)"], 64, "at most 10 for fc3.weight"),
    (["--mu", "0"], 64, "mu must be above 0"), (["--mu", "-1"], 64, "mu must be above 0"),
    (["--batch-size", "121"], 64, "120 training images"),
    (["--batch-size", "0"], 64, "batch size"),
    (["--output", "/nowhere/c.lcm"], 73, "/nowhere/c.lcm"),
    (["--data", "/nowhere"], 66, "/nowhere"),
    (["--model", "/nowhere.safetensors"], 66, "no such file"),
    (["--network", "lenet"], 64, "lenet300"), (["--steps", "-1"], 64, "steps"),
    (["--learning-rate", "0"], 64, "learning rate"), (["--every", "0"], 64, "--every"),
    (["--momentum", "1.5"], 64, "momentum"), (["--tolerance", "-1"], 64, "tolerance"),
    (["--learning-rate", "1e30", "--mu", "1e-30"], 70, "try a smaller learning rate"),
  ]) func mistakesOfCompressAreToldPlainly(arguments: [String], code: Int32, text: String) throws {
    let space = try Self.trained.get()
    let output = space.path(UUID().uuidString)
    var all = [
      "compress", "--network", "lenet300", "--data", space.data, "--model",
      space.path("r.safetensors"), "--compress", plan, "--batch-size", "16", "--steps", "2",
      "--epochs-per-step", "1", "--output", output,
    ]
    for pair in stride(from: 0, to: arguments.count, by: 2) {
      if let place = all.firstIndex(of: arguments[pair]) {
        all[place + 1] = arguments[pair + 1]
      } else {
        all += arguments[pair..<pair + 2]
      }
    }
    let outcome = try Program.run(all)
    #expect(outcome.code == code, "\(outcome.errors)")
    #expect(outcome.errors.contains(text), "\(outcome.errors)")
    #expect(!FileManager.default.fileExists(atPath: output))
  }

  @Test func brokenFilesAreToldPlainly() throws {
    let space = try Workspace()
    #expect(try space.train("r.safetensors", "--max-steps", "1").code == 0)
    let whole = try Data(contentsOf: space.folder.appendingPathComponent("r.safetensors"))
    func project(_ bytes: Data, _ plan: String = "*: binary()") throws -> Program.Outcome {
      try bytes.write(to: space.folder.appendingPathComponent("x.safetensors"))
      return try Program.run(
        "project", space.path("x.safetensors"), "--compress", plan, "--output", space.path("x.lcm"))
    }
    var nan = whole
    nan.replaceSubrange(nan.count - 4..<nan.count, with: [0, 0, 0xC0, 0x7F])
    for bytes in [
      whole.dropLast(10), whole.prefix(4), Data(), Data([255, 255, 255, 255, 255, 255, 255, 255]),
      nan,
      Data("not a file of tensors".utf8),
    ] {
      let outcome = try project(Data(bytes))
      #expect(outcome.code == 65, "\(outcome.errors)")
      #expect(outcome.errors.hasPrefix("lc: ") && outcome.errors.count { $0.isNewline } == 1)
      #expect(!FileManager.default.fileExists(atPath: space.path("x.lcm")))
    }
    // Shapes that are not the network's, and a file that is no compressed model.
    try whole.write(to: space.folder.appendingPathComponent("y.safetensors"))
    let tensors = [TensorSource(name: "fc1.weight", shape: [2, 2], floats: [1, 2, 3, 4])]
    try SafetensorsFile.write(tensors, to: space.path("small.safetensors"))
    let wrong = try space.train("z.safetensors", "--initial", space.path("small.safetensors"))
    #expect(wrong.code == 65 && wrong.errors.contains("[300, 784]"))
    let export = try Program.run(
      "export", space.path("y.safetensors"), "--output", space.path("z.safetensors"))
    #expect(export.code == 65 && export.errors.contains("not a compressed model"))
    try Data(repeating: 7, count: 100).write(
      to: space.folder.appendingPathComponent("data/train-images-idx3-ubyte"))
    let data = try space.train("z.safetensors")
    #expect(data.code == 65 && data.errors.contains("train-images"))
    #expect(!FileManager.default.fileExists(atPath: space.path("z.safetensors")))
  }

  @Test func helpIsThereForEverything() throws {
    for command in ["train", "compress", "project", "evaluate", "info", "export"] {
      let outcome = try Program.run(command, "--help")
      #expect(outcome.code == 0 && outcome.output.contains("xample"))
    }
    #expect(try Program.run("--help").output.contains("lc train"))
    #expect(try Program.run("trane").code == 64)
  }
}
