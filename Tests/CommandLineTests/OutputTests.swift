import Foundation
import Testing

/// What is read is not written over, by whatever name.
@Suite struct OutputTests {
  private let space: Workspace

  init() throws {
    space = try Workspace(training: 20, test: 10)
    #expect(try space.train("r.safetensors", "--max-steps", "1").code == 0)
  }

  /// Each file of the workspace, by its path.
  private func contents() throws -> [String: Data] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: space.folder.path)
    return Dictionary(
      uniqueKeysWithValues: names.compactMap { name in
        (try? Data(contentsOf: space.folder.appendingPathComponent(name))).map { (name, $0) }
      })
  }

  /// Runs a command, of whose words those in brackets are paths, and expects its refusal.
  private func expectRefusal(_ command: String, _ part: String = "it is read") throws {
    let before = try contents()
    let words = command.split(separator: " ").map {
      $0.hasPrefix("[") ? space.path(String($0.dropFirst().dropLast())) : String($0)
    }
    let outcome = try Program.run(words)
    #expect(outcome.code == 64 && outcome.errors.contains(part), "\(command): \(outcome.errors)")
    #expect(try contents() == before, "\(command)")
  }

  @Test(arguments: [
    "data/train-images-idx3-ubyte", "data/train-labels-idx1-ubyte",
    "./data/../data/t10k-images-idx3-ubyte",
    "hard", "soft", "r.safetensors", "network.safetensors",
  ]) func inputsAreNotWrittenOver(output: String) throws {
    let manager = FileManager.default
    let images = space.path("data/train-images-idx3-ubyte")
    try manager.linkItem(atPath: images, toPath: space.path("hard"))
    try manager.createSymbolicLink(atPath: space.path("soft"), withDestinationPath: images)
    try manager.copyItem(
      atPath: space.path("r.safetensors"), toPath: space.path("network.safetensors"))
    let run = "--network [network.safetensors] --data [data] --max-steps 1"
    for option in ["output", "json", "log"] {
      try expectRefusal("train \(run) --initial [r.safetensors] --\(option) [\(output)]")
    }
    try expectRefusal(
      "compress --network [network.safetensors] --data [data] --model [r.safetensors] --steps 1 "
        + "--compress *.weight:sign() --log [\(output)]")
    try expectRefusal(
      "evaluate [r.safetensors] --network [network.safetensors] --data [data] --json [\(output)]")
    try expectRefusal(
      "shrink [r.safetensors] --network [network.safetensors] --data [data] --output [\(output)]")
  }

  @Test(arguments: ["d.npz", "d.tar"]) func dataInOneFileIsNotWrittenOver(name: String) throws {
    try Data([1]).write(to: space.folder.appendingPathComponent(name))
    try expectRefusal("profile --network lenet300 --data [\(name)] --json [\(name)]")
  }

  @Test func everyOutputHasItsOwnFile() throws {
    try FileManager.default.createSymbolicLink(
      atPath: space.path("link"), withDestinationPath: "./new")
    try FileManager.default.createSymbolicLink(
      atPath: space.path("other"), withDestinationPath: space.path("link"))
    let run = "train --network lenet300 --data [data] --max-steps 1"
    try expectRefusal("\(run) --output [link] --json [new]", "written twice")
    try expectRefusal("\(run) --log [data/../new] --json [other]", "written twice")
  }

  @Test func aGridDoesNotWriteOverItsFiles() throws {
    let recipe = """
      data: \(space.data)
      networks: [lenet300]
      plans: {A: "*.weight: sign()"}
      """
    try Data(recipe.utf8).write(to: space.folder.appendingPathComponent("table.md"))
    try expectRefusal("table [table.md] --output [.]")
  }
}
