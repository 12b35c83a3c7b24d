import Compression
import Foundation
import LearningCompression
import LinearAlgebra
import ModelFiles
import Testing

@testable import lc

/// What the program says of words that it does not know, and what it explains.
@Suite struct WordsTests {
  @Test(arguments: [
    ("compres", "'compres' is no command of lc; did you mean 'compress'? There are train, "),
    ("help compres", "did you mean 'compress'?"), ("help operator", "did you mean 'operators'?"),
    ("trian --help", "did you mean 'train'?"),
    ("zzz", "'zzz' is no command of lc; there are train"),
    ("--verison", "lc has no option '--verison'; did you mean '--version'?"),
    // Also where something else is missing.
    (
      "compress --dta x",
      "'lc compress' has no option '--dta'; did you mean '--data'? 'lc help compress' lists them"
    ),
    ("train --learningrate=3 --data d", "did you mean '--learning-rate'?"),
    ("info x --xyzzy", "'lc info' has no option '--xyzzy'; 'lc help info' lists them"),
    (
      "compress --data d --model m --method strait-through",
      "--method must be one of lc, projection, proximal, partial, direct, retrain, gradual, "
        + "straight-through, auto, found 'strait-through'; did you mean 'straight-through'?"
    ),
    (
      "compress --data d --model m --multipliers dampd",
      "--multipliers must be one of off, on, damped, found 'dampd'; did you mean 'damped'?"
    ),
    ("train --data d --precision fp23", "did you mean 'fp32'?"),
    ("train --data d --schedule xyz", "must be one of exponential, steps, cosine, found 'xyz'"),
    (
      "train --data d --network lenet30",
      "unknown network 'lenet30'; did you mean 'lenet300'? There are"
    ),
    ("train --data d --network resnet50", "did you mean 'resnet20'?"),
  ]) func unknownWordsComeWithTheClosest(words: String, text: String) throws {
    let outcome = try Program.run(words.split(separator: " ").map(String.init))
    #expect(outcome.code == 64, "\(outcome.errors)")
    #expect(outcome.errors.hasPrefix("lc: ") && outcome.errors.contains(text), "\(outcome.errors)")
    // On one line.
    #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
  }

  @Test func unknownDataComeWithTheClosest() throws {
    let outcome = try Program.run("train", "--network", "lenet300", "--data", "fashion-mnst")
    #expect(
      outcome.code == 66 && outcome.errors.contains("did you mean 'fashion-mnist'? Known names"),
      "\(outcome.errors)")
  }

  /// A network as JSON, without the fields that have a usual value.
  @Test func aNetworkIsDescribedByJSON() throws {
    let space = try Workspace()
    func write(_ layers: String) throws {
      let text = #"{"name": "mine", "input": [1, 28, 28], "layers": [\#(layers)]}"#
      try Data(text.utf8).write(to: URL(fileURLWithPath: space.path("mine.json")))
    }
    func train() throws -> Program.Outcome {
      try Program.run(
        "train", "--network", space.path("mine.json"), "--data", space.data, "--epochs", "1",
        "--batch-size", "16", "--output", space.path("mine.safetensors"))
    }
    try write(
      #"{"convolution": {"name": "c", "channels": 2, "kernel": 5}}, "relu", {"maxPool": {"size": 4}}, "#
        + #"{"linear": {"name": "f", "outputs": 10}}"#)
    let outcome = try train()
    #expect(
      outcome.code == 0 && outcome.errors.contains("mine: 782 parameters"), "\(outcome.errors)")
    #expect(
      try Program.run("evaluate", space.path("mine.safetensors"), "--data", space.data).code == 0)
    try write(
      #"{"residual": {"name": "r", "body": ["rleu"]}}, {"linear": {"name": "f", "outputs": 10}}"#)
    let wrong = try train()
    #expect(
      wrong.code == 65
        && wrong.errors.contains(
          "mine.json: the file describes no network: layers[0].residual.body[0]: unknown layer 'rleu'; "
            + "did you mean 'relu'? There are linear, convolution"),
      "\(wrong.errors)")
    try Data("{".utf8).write(to: URL(fileURLWithPath: space.path("mine.json")))
    #expect(try train().errors.contains("the file describes no network: it is not JSON"))
    try Data(count: 1 << 21).write(to: URL(fileURLWithPath: space.path("mine.json")))
    #expect(try train().errors.contains("at most 1048576 bytes were expected"))
  }

  /// Counted as the line of progress counts, with its advice once.
  @Test func divergenceIsToldOnce() throws {
    let space = try Workspace()
    try #require(space.train("r.safetensors", "--max-steps", "9").code == 0)
    // Harmless until the second epoch of 8 mini-batches.
    let train = try space.train(
      "z.safetensors", "--schedule", "steps", "--milestones", "1", "--decay", "1e30",
      "--learning-rate", "1e-6")
    #expect(train.code == 70)
    #expect(
      train.errors.contains("\nlc: epoch 2/2, batch ") && train.errors.contains("epoch 1/2  loss"),
      "\(train.errors)")
    let compress = try space.compress(
      "*.weight: binary()", ["--learning-rate", "1e30", "--mu", "1e-25"])
    #expect(compress.code == 70)
    #expect(compress.errors.contains("\nlc: step 1/2, batch "), "\(compress.errors)")
    #expect(compress.errors.contains(", μ 1e-25 diverged: the "), "\(compress.errors)")
    let direct = try space.compress(
      "*.weight: binary()", ["--learning-rate", "1e30", "--method", "retrain"])
    #expect(direct.code == 70 && !direct.errors.contains("mu-growth"), "\(direct.errors)")
    for outcome in [train, compress, direct] {
      #expect(
        outcome.errors.components(separatedBy: "try a smaller").count == 2, "\(outcome.errors)")
    }
  }

  /// The file's names with shapes, the likely ones first, few of many.
  @Test func aMissingTensorComesWithThoseOfTheFile() throws {
    let space = try Workspace()
    func write(_ tensors: [(String, [Int])]) throws {
      try SafetensorsFile.write(
        tensors.map { name, shape in
          TensorSource(
            name: name, shape: shape, floats: Array(repeating: 0, count: shape.reduce(1, *)))
        }, to: space.path("w.safetensors"))
    }
    func evaluate() throws -> String {
      let outcome = try Program.run(
        "evaluate", space.path("w.safetensors"), "--network", "lenet300", "--data", space.data)
      #expect(outcome.code == 65)
      return outcome.errors
    }
    try write([("a", [2]), ("dense_1", [300, 784]), ("fc1.weights", [3, 1]), ("z", [])])
    #expect(
      try evaluate().contains(
        "weights 'fc1.weight': expected shape [300, 784] for network 'lenet300', found no such tensor in "
          + "\(space.path("w.safetensors")), which holds 'fc1.weights' [3, 1], 'dense_1' [300, 784], 'a' [2], 'z' []\n"
      ))
    try write((0..<50).map { ("layer\($0)", [$0 + 1]) })
    let errors = try evaluate()
    #expect(
      errors.contains("which holds 'layer0' [1], ") && errors.contains(" and 44 more"), "\(errors)")
    #expect(errors.split(separator: "\n").count == 1)
  }

  @Test func penaltiesAreToldWithThreeDigits() throws {
    let space = try Workspace()
    try #require(space.train("r.safetensors", "--max-steps", "9").code == 0)
    let outcome = try space.compress("*.weight: binary()", ["--mu", "0.0034567"])
    #expect(outcome.errors.contains("  μ 0.00346  distance "), "\(outcome.errors)")
    #expect(outcome.errors.contains("  μ 0.00398  distance "), "\(outcome.errors)")
    #expect(Float(1_234_567).threeDigits == "1.23e+06" && Float(12).threeDigits == "12")
  }

  @Test(arguments: [
    ("trian", "train"), ("TRAIN", "train"), ("exprt", "export"), ("strai", "straight-through"),
    ("lenet3000", "lenet300"),
  ]) func theClosestWordIsFound(word: String, closest: String) {
    let known = ["train", "export", "straight-through", "lenet300", "lenet5"]
    #expect(closestWords(to: word, of: known).first == closest)
    #expect(closestWords(to: "quite another", of: known).isEmpty)
    #expect(closestWords(to: "", of: known).isEmpty && closestWords(to: "a", of: ["b"]).isEmpty)
  }

  /// Every operator of the plan language, each with an example that is one.
  @Test func theOperatorsAreExplained() throws {
    let outcome = try Program.run("help", "operators")
    #expect(outcome.code == 0)
    let lines = outcome.output.split(separator: "\n").map(String.init)
    for entry in OperatorCatalogue.standard.entries {
      let place = try #require(lines.firstIndex(of: "  \(entry.usage)"), "\(entry.name)")
      #expect(lines[place + 1] == "      \(entry.summary)")
      let example = try #require(HelpTopic.examples[entry.name], "\(entry.name)")
      #expect(lines[place + 2] == "      \(example)")
      #expect(example.contains(": \(entry.name)("))
    }
    let names = OperatorCatalogue.standard.entries.map(\.name) + ["sum"]
    #expect(Set(HelpTopic.examples.keys) == Set(names))
    let layout = try ArenaLayout([("fc1.weight", [6, 8]), ("fc2.weight", [4, 6])])
    for example in HelpTopic.examples.values {
      _ = try ResolvedPlan(CompressionPlan(parsing: example), for: layout)
    }
    let plans = try Program.run("help", "plans")
    #expect(plans.code == 0 && plans.output.contains("joint(PATTERN"))
    for line in plans.output.split(separator: "\n") where line.hasPrefix("  ") {
      _ = try CompressionPlan(parsing: line.trimmingCharacters(in: .whitespaces))
    }
  }

  /// Alone, it says what there is on less than a screen.
  @Test func aloneItSaysWhatThereIs() throws {
    let outcome = try Program.run()
    let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(outcome.code == 0 && outcome.errors.isEmpty)
    #expect(lines.count < 24 && lines.allSatisfy { $0.count <= 80 }, "\(outcome.output)")
    for command in LC.commands {
      #expect(lines.contains { $0.hasPrefix("  \(command) ") }, "\(command)")
    }
    #expect(outcome.output.contains("lc help COMMAND"))
    let plans = try Program.run("help", "plans").output.split(separator: "\n")
    #expect(plans.allSatisfy { $0.count <= 80 })
  }

  /// Whoever finds a mistake, the program or its parser of arguments.
  @Test(arguments: ["train --data d --epochs 0", "compress", "info", "train --data d --epochs x"])
  func mistakesBeginWithTheProgramsName(words: String) throws {
    let outcome = try Program.run(words.split(separator: " ").map(String.init))
    #expect(outcome.code == 64 && outcome.errors.hasPrefix("lc: "), "\(outcome.errors)")
    #expect(outcome.errors.contains("--help' for more information"), "\(outcome.errors)")
  }

  @Test func theOptionsOfCompressAreInGroups() throws {
    let help = try Program.run("compress", "--help").output
    let heads = [
      "NETWORK AND DATA:", "--data <data>", "WHAT IS COMPRESSED, AND HOW:", "--compress <plan>",
      "STEPS AND PENALTY:", "--mu <mu|auto>", "TRAINING WITHIN A STEP:", "--learning-rate",
      "PARTIAL REGULARISATION:", "--strength", "CHECKPOINTS:", "--resume", "REPORTS AND THREADS:",
      "--threads",
    ]
    var rest = help[...]
    for head in heads {
      let place = try #require(
        rest.range(of: "\n" + (head.hasPrefix("-") ? "  " : "") + head), "\(head)")
      rest = rest[place.upperBound...]
    }
    // Examples stand as they are typed.
    let wide = help.split(separator: "\n").filter { $0.count > 80 }
    #expect(wide.isEmpty && help.contains("--model reference.safetensors \\\n"), "\(wide)")
  }
}
