import Foundation
import ModelFiles
import Testing

/// Networks with batch norm from training to the compressed file.
@Suite struct ConvolutionalTests {
  @Test(arguments: ["gathered", "reestimated"])
  func aResidualNetworkKeepsItsStatistics(statistics: String) throws {
    let space = try Workspace(training: 20, test: 10)
    let trained = try Program.run(
      "train", "--network", "resnet20", "--data", space.data, "--pad", "32", "--epochs", "2",
      "--batch-size", "8", "--max-steps", "3", "--schedule", "cosine", "--warm-up", "1",
      "--shift", "2", "--flip", "--weight-decay", "0.0005", "--decay-weights-only",
      "--label-smoothing", "0.1", "--precision", "bf16", "--output", space.path("r.safetensors"),
      "--json", space.path("train.json"))
    #expect(trained.code == 0, "\(trained.errors)")
    let file = try SafetensorsFile(path: space.path("r.safetensors"))
    let means = try file.floats("stage1.block0.bn1.running_mean")
    #expect(means.count == 16 && means.contains { $0 != 0 })

    let compressed = try Program.run(
      "compress", "--network", "resnet20", "--data", space.data, "--pad", "32", "--model",
      space.path("r.safetensors"), "--compress", "joint(*conv*.weight): quantize(k=4)",
      "--batch-size", "8", "--steps", "1", "--batches-per-step", "1", "--statistics", statistics,
      "--output",
      space.path("c.lcm"), "--json", space.path("compress.json"))
    #expect(compressed.code == 0, "\(compressed.errors)")
    let report = try space.json("compress.json")
    let figures = try #require(report["compressed"] as? [String: Any])
    // An addition for each weight of a kernel and each place that it is applied at.
    #expect(report["additions"] as? Int == 40_255_488)
    let evaluated = try Program.run(
      "evaluate", space.path("c.lcm"), "--data", space.data, "--pad", "32", "--json",
      space.path("evaluate.json"))
    #expect(evaluated.code == 0, "\(evaluated.errors)")
    let loss = try #require(try space.json("evaluate.json")["trainLoss"] as? Double)
    let expected = try #require(figures["trainLoss"] as? Double)
    #expect(abs(loss - expected) < 1e-5 * (1 + expected))

    // Without the padding the images do not fit.
    let unpadded = try Program.run("evaluate", space.path("c.lcm"), "--data", space.data)
    #expect(unpadded.code == 64)
    #expect(unpadded.errors.contains("[1, 32, 32]") && unpadded.errors.contains("[1, 28, 28]"))
  }

  @Test func theProfileNamesEveryKindOfOperation() throws {
    let space = try Workspace(training: 20, test: 10)
    let outcome = try Program.run(
      "profile", "--network", "resnet20", "--data", space.data, "--batch-size", "4",
      "--repetitions", "1", "--json", space.path("profile.json"))
    #expect(outcome.code == 0, "\(outcome.errors)")
    for kind in ["convolution", "linear", "batch norm", "pooling", "together"] {
      #expect(outcome.output.contains(kind))
    }
    let kinds = try #require(try space.json("profile.json")["kinds"] as? [[String: Any]])
    #expect(kinds.first?["kind"] as? String == "convolution")
    #expect(try #require(kinds.first?["forwardWork"] as? Double) > 0)
    for wrong in [["--batch-size", "21"], ["--batch-size", "0"], ["--repetitions", "0"]] {
      let outcome = try Program.run(
        ["profile", "--network", "lenet5", "--data", space.data] + wrong)
      #expect(outcome.code == 64, "\(wrong)")
    }
  }

  @Test func imagesThatAreTooSmallAreAnError() throws {
    let space = try Workspace()
    let outcome = try Program.run(
      "train", "--network", "vgg11", "--data", space.data, "--max-steps", "1", "--batch-size", "8")
    #expect(outcome.code == 64)
    #expect(outcome.errors.contains("[512, 1, 1]") && outcome.errors.contains("maxPool"))
    #expect(outcome.errors.contains("images padded to 32 × 32 do: --pad 32"))
  }

  @Test func wrongSchedulesAreErrors() throws {
    let space = try Workspace()
    for wrong in [
      ["--schedule", "exponential"], ["--schedule", "steps", "--step-decay", "0.1"],
      ["--schedule", "steps", "--milestones", "1"], ["--step-decay", "0.5"],
      ["--schedule", "cosine", "--step-decay", "0.5"], ["--milestones", "2"],
      ["--schedule", "linear"], ["--statistics", "none"],
      ["--schedule", "exponential", "--step-decay", "0"],
      ["--schedule", "steps", "--step-decay", "0.5", "--milestones", "0"],
      ["--schedule", "steps", "--step-decay", "0.5", "--milestones", "1"],
    ] {
      try #require(space.train("r.safetensors", "--max-steps", "1").code == 0)
      let outcome = try Program.run(
        [
          "compress", "--network", "lenet300", "--data", space.data, "--model",
          space.path("r.safetensors"), "--compress", "*.weight: binary()", "--steps", "1",
          "--batches-per-step", "1", "--batch-size", "8",
        ] + wrong)
      #expect(outcome.code == 64, "\(wrong): \(outcome.code) \(outcome.errors)")
    }
  }

  @Test func wrongOptionsAreErrors() throws {
    let space = try Workspace()
    for wrong in [
      ["--shift", "99"], ["--label-smoothing", "1"], ["--schedule", "steps"], ["--pad", "5"],
      ["--warm-up=-1"], ["--precision", "fp8"],
    ] {
      let outcome = try Program.run(
        [
          "train", "--network", "lenet5", "--data", space.data, "--batch-size", "8", "--max-steps",
          "1",
        ]
          + wrong)
      #expect([64, 65].contains(outcome.code), "\(wrong): \(outcome.code) \(outcome.errors)")
    }
  }
}
