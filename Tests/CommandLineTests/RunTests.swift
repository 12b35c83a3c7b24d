import Foundation
import ModelFiles
import Testing

/// Runs that are killed, stopped and resumed.
@Suite struct RunTests {
  private let train = [
    "train", "--network", "lenet300", "--epochs", "2", "--batch-size", "16", "--nesterov",
  ]
  private let compress = [
    "compress", "--network", "lenet300", "--compress",
    "joint(fc[23].weight): quantize(k=2) + prune(keep=1%)", "--batch-size", "16", "--steps", "2",
    "--epochs-per-step", "1", "--every", "3", "--schedule", "cosine",
  ]

  private func bytes(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path))
  }

  private func start(_ arguments: [String]) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Program.path)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// Waits until that many checkpoints were written, or the process has ended.
  private func wait(for process: Process, checkpoints: Int, in folder: String) {
    let name = String(format: "checkpoint-%06d.safetensors", checkpoints)
    func hasCome() -> Bool {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      return names.contains { $0.hasPrefix("checkpoint-") && $0 >= name }
    }
    while process.isRunning, !hasCome() { sched_yield() }
  }

  /// Three kills at different places, then to the end.
  @Test(arguments: ["train", "compress"]) func killedRunsEndInTheSameBits(command: String) throws {
    let space = try Workspace()
    var arguments = command == "train" ? train : compress
    arguments += ["--data", space.data]
    if command == "compress" {
      try #require(space.train("r.safetensors", "--max-steps", "9").code == 0)
      arguments += ["--model", space.path("r.safetensors")]
    }
    let undisturbed = try Program.run(arguments + ["--output", space.path("a")])
    try #require(undisturbed.code == 0, "\(undisturbed.errors)")

    arguments += ["--output", space.path("b"), "--checkpoint-every", "2batches"]
    for (kill, checkpoints) in [2, 4, 6].enumerated() {
      let process = try start(
        arguments + [kill == 0 ? "--checkpoint" : "--resume", space.path("run")])
      wait(for: process, checkpoints: checkpoints, in: space.path("run"))
      end(process, SIGKILL)
      #expect(process.terminationReason == .uncaughtSignal)
    }
    let last = try Program.run(arguments + ["--resume", space.path("run")])
    #expect(last.code == 0, "\(last.errors)")
    #expect(last.errors.contains("going on from"))
    #expect(try bytes(space.path("a")) == bytes(space.path("b")))
    // Once more, from the end.
    #expect(try Program.run(arguments + ["--resume", space.path("run")]).code == 0)
    #expect(try bytes(space.path("a")) == bytes(space.path("b")))
  }

  private func end(_ process: Process, _ signal: Int32) {
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
  }

  @Test(arguments: [SIGINT, SIGTERM]) func stopsAfterACheckpoint(signal: Int32) throws {
    let space = try Workspace()
    let arguments = train + ["--data", space.data]
    #expect(try Program.run(arguments + ["--output", space.path("a")]).code == 0)
    let process = try start(arguments + ["--checkpoint", space.path("run")])
    wait(for: process, checkpoints: 1, in: space.path("run"))
    end(process, signal)
    #expect(process.terminationReason == .exit && process.terminationStatus == 128 + signal)
    let resumed = try Program.run(
      arguments + ["--resume", space.path("run"), "--output", space.path("b")])
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(try bytes(space.path("a")) == bytes(space.path("b")))
  }

  @Test func theRunDirectoryIsForOneRunAndOneProcess() throws {
    let space = try Workspace()
    let arguments = train + ["--data", space.data]
    let run = space.path("run")
    let process = try start(arguments + ["--epochs", "100000", "--checkpoint", run])
    wait(for: process, checkpoints: 1, in: run)
    let second = try Program.run(arguments + ["--resume", run])
    #expect(second.code == 73 && second.errors.contains("another process"))
    end(process, SIGKILL)
    let anew = try Program.run(arguments + ["--checkpoint", run])
    #expect(anew.code == 73 && anew.errors.contains("resume it"))
    let other = try Program.run(arguments + ["--resume", run, "--seed", "3"])
    #expect(other.code == 75)
    #expect(other.errors.contains("--epochs was 100000, now 2; --seed was 0, now 3"))
    #expect(try Program.run(arguments + ["--resume", space.path("none")]).code == 66)
    #expect(
      try Program.run(arguments + ["--resume", run, "--checkpoint", run]).code == 64)
  }

  @Test func aDamagedCheckpointIsPassedOver() throws {
    let space = try Workspace()
    let run = space.path("run")
    let arguments = train + ["--data", space.data, "--checkpoint-every", "5steps"]
    #expect(
      try Program.run(arguments + ["--checkpoint", run, "--output", space.path("a")]).code == 0)
    func checkpoints() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: run).filter { $0 != "lock" }.sorted()
    }
    let newest = try "\(run)/\(#require(checkpoints().last))"
    var damaged = try bytes(newest)
    damaged[damaged.count / 2] ^= 4
    try damaged.write(to: URL(fileURLWithPath: newest))
    let outcome = try Program.run(arguments + ["--resume", run, "--output", space.path("b")])
    #expect(outcome.code == 0)
    #expect(outcome.errors.contains("damaged") && outcome.errors.contains("the checkpoint before"))
    #expect(try bytes(space.path("a")) == bytes(space.path("b")))

    for name in try checkpoints() {
      try Data("?".utf8).write(to: URL(fileURLWithPath: "\(run)/\(name)"))
    }
    let lost = try Program.run(arguments + ["--resume", run])
    #expect(lost.code == 65 && lost.errors.contains("checkpoint-"))
  }

  @Test func modelsKeepTheirNormalisation() throws {
    let space = try Workspace()
    try #require(
      space.train("s.safetensors", "--max-steps", "9", "--normalise", "standard").code == 0)
    try #require(space.train("m.safetensors", "--max-steps", "9").code == 0)
    #expect(try SafetensorsFile(path: space.path("m.safetensors")).metadata["normalisation"] == nil)
    let compressed = try Program.run(
      compress + [
        "--data", space.data, "--model", space.path("s.safetensors"), "--output",
        space.path("s.lcm"), "--json", space.path("compress.json"),
      ])
    try #require(compressed.code == 0, "\(compressed.errors)")
    let projected = try Program.run(
      "project", space.path("s.safetensors"), "--compress", "*.weight: quantize(k=2)", "--output",
      space.path("p.lcm"))
    #expect(projected.code == 0)
    for file in ["s.safetensors", "s.lcm", "p.lcm"] {
      let metadata = try SafetensorsFile(path: space.path(file)).metadata
      #expect(metadata["normalisation"] == "standard", "\(file)")
    }

    func evaluate(_ file: String, _ more: String...) throws -> Program.Outcome {
      try Program.run(
        ["evaluate", space.path(file), "--data", space.data, "--json", space.path("e.json")] + more)
    }
    // Evaluated as it was trained, without a word.
    #expect(try evaluate("s.lcm").code == 0)
    let loss = try #require(try space.json("e.json")["trainLoss"] as? Double)
    let figures = try #require(try space.json("compress.json")["compressed"] as? [String: Any])
    let expected = try #require(figures["trainLoss"] as? Double)
    #expect(abs(loss - expected) < 1e-5 * (1 + expected))
    #expect(try evaluate("s.lcm", "--normalise", "standard").code == 0)
    for (file, other) in [
      ("s.safetensors", "mean"), ("s.lcm", "mean"), ("m.safetensors", "standard"),
    ] {
      let outcome = try evaluate(file, "--normalise", other)
      #expect(outcome.code == 64 && outcome.errors.contains("was trained with"), "\(file)")
    }
    #expect(
      try space.train("x", "--normalise", "mean", "--initial", space.path("s.safetensors")).code
        == 64)
    #expect(try space.train("x", "--normalise", "none").code == 64)
  }

  @Test func filesSayWhereTheyComeFrom() throws {
    let space = try Workspace()
    try #require(space.train("r.safetensors", "--max-steps", "1", "--seed", "5").code == 0)
    let info = try Program.run("info", space.path("r.safetensors"))
    for text in ["lc train --network lenet300", "seed: 5", "OpenBLAS", "oneDNN", "thread", "0.1.0"]
    {
      #expect(info.output.contains(text))
    }
    #expect(!info.output.contains("--output"))
    let provenance = try #require(space.json("train.json")["provenance"] as? [String: Any])
    #expect(provenance["threads"] is Int && provenance["processor"] is String)
  }
}
