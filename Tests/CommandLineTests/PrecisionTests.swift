import Foundation
import LinearAlgebra
import ModelFiles
import NeuralNetwork
import Testing

@testable import lc

/// In which precision `--precision bf16` computes; times are made up.
@Suite struct PrecisionTests {
  private struct Unwanted: Error {}
  private let slower = PrecisionTrial(float32: 0.141, bfloat16: 0.227)
  private let faster = PrecisionTrial(float32: 0.141, bfloat16: 0.1)

  /// What is chosen, and what is said of it.
  private func choose(
    _ wanted: Precision = .bfloat16, evenIfSlow: Bool = false, isSupported: Bool = true,
    recorded: String? = nil, trial: PrecisionTrial?
  ) throws -> (Precision, [String]) {
    var said: [String] = []
    var choice = PrecisionChoice(wanted: wanted, evenIfSlow: evenIfSlow)
    choice.isSupported = { $0 == .float32 || isSupported }
    choice.say = { said.append($0) }
    let precision = try choice.precision(recorded: recorded) {
      guard let trial else { throw Unwanted() }
      return trial
    }
    return (precision, said)
  }

  @Test func itIsTakenWhereItIsFaster() throws {
    #expect(try choose(trial: faster) == (.bfloat16, []))
    let (precision, said) = try choose(trial: slower)
    #expect(precision == .float32)
    #expect(said.count == 1)
    #expect(said[0].contains("227 ms in bf16 and 141 ms in fp32 here; computing in fp32"))
  }

  @Test func nothingIsMeasuredWhereItDecidesNothing() throws {
    #expect(try choose(.float32, trial: nil) == (.float32, []))
    #expect(try choose(evenIfSlow: true, trial: nil) == (.bfloat16, []))
    let (precision, said) = try choose(evenIfSlow: true, isSupported: false, trial: nil)
    #expect(
      precision == .float32
        && said == ["this processor cannot compute in bfloat16; computing in fp32"])
  }

  /// A run that goes on computes as it began, whatever a measurement would say now.
  @Test(arguments: [Precision.float32, .bfloat16]) func aResumedRunIsNotMeasuredAgain(
    precision: Precision
  ) throws {
    let folder = NSTemporaryDirectory() + "lc-precision-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var provenance = Provenance.ofThisCommand()
    let options = [PrecisionChoice.key: precision.rawValue]
    do {
      let first = CheckpointRecorder(folder, every: .steps(1), resumes: false)
      #expect(try first.recorded(PrecisionChoice.key) == nil)
      #expect(try first.start(options, provenance: &provenance) == nil)
      try first.save(Checkpoint(state: Snapshot()))
    }
    let second = CheckpointRecorder(folder, every: .steps(1), resumes: true)
    let recorded = try second.recorded(PrecisionChoice.key)
    #expect(recorded == precision.rawValue)
    #expect(try choose(recorded: recorded, trial: nil) == (precision, []))
    #expect(try second.start(options, provenance: &provenance) != nil)
    // What is recorded is compared, too.
    let third = CheckpointRecorder(folder, every: .steps(1), resumes: true)
    #expect(throws: (any Error).self) {
      _ = try third.start([PrecisionChoice.key: "other"], provenance: &provenance)
    }
  }

  @Test func theCellsOfAGridShareAMeasurement() throws {
    let folder = NSTemporaryDirectory() + "lc-precision-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func trial(_ context: [String], _ found: PrecisionTrial?) throws -> PrecisionTrial {
      try SharedTrial.trial(of: context, in: folder) {
        guard let found else { throw Unwanted() }
        return found
      }
    }
    #expect(try trial(["a", "b"], slower) == slower)
    #expect(try trial(["a", "b"], nil) == slower)
    #expect(try trial(["a", "c"], faster) == faster)
    // A damaged one is as none.
    for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
      try Data("{".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(file)"))
    }
    #expect(try trial(["a", "b"], faster) == faster)
  }

  /// The program as a whole: what it computed in is in its settings, and a resumed run agrees.
  @Test func theSettingsSayWhatWasComputedIn() throws {
    let space = try Workspace()
    let outcome = try space.train(
      "r.safetensors", "--precision", "bf16", "--checkpoint", space.path("run"))
    #expect(outcome.code == 0, "\(outcome.errors)")
    let settings = try #require(space.json("train.json")["settings"] as? [String: String])
    let used = try #require(settings["computed in"].flatMap(Precision.init(rawValue:)))
    #expect(settings["--precision"] == "bf16")
    #expect((used == .float32) == outcome.errors.contains("computing in fp32"), "\(outcome.errors)")
    let again = try space.train(
      "again.safetensors", "--precision", "bf16", "--resume", space.path("run"))
    #expect(again.code == 0, "\(again.errors)")
    func bytes(_ name: String) throws -> Data {
      try Data(contentsOf: URL(fileURLWithPath: space.path(name)))
    }
    #expect(try bytes("r.safetensors") == bytes("again.safetensors"))
    let plain = try space.train("plain.safetensors")
    #expect(plain.code == 0)
    let others = try #require(space.json("train.json")["settings"] as? [String: String])
    #expect(others["computed in"] == nil)
    let evaluated = try Program.run(
      "evaluate", space.path("r.safetensors"), "--data", space.data, "--precision", "bf16")
    #expect(evaluated.code == 0 && evaluated.output.contains("test error"), "\(evaluated.errors)")
  }
}
