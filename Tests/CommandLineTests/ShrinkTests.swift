import Foundation
import ModelFiles
import Testing

/// `lc shrink`, and what the other commands make of its files.
@Suite struct ShrinkTests {
  private func report(_ space: Workspace, _ arguments: String...) throws -> [String: Any] {
    let json = UUID().uuidString
    let outcome = try Program.run(["shrink"] + arguments + ["--json", space.path(json)])
    try #require(outcome.code == 0, "\(outcome.errors)")
    return try space.json(json)
  }

  private func loss(_ report: [String: Any]?) -> Double? { report?["trainLoss"] as? Double }

  private func project(_ space: Workspace, _ plan: String, to output: String) throws {
    let projected = try Program.run(
      "project", space.path("r.safetensors"), "--compress", plan, "--output", space.path(output))
    try #require(projected.code == 0, "\(projected.errors)")
  }

  @Test func aNetworkOfPrunedRowsIsUsedByTheOtherCommands() throws {
    let space = try CommandLineTests.trained.get()
    let small = space.path("small.safetensors")
    try project(
      space, "fc1.weight: prune(keep=100, of=rows); fc2.weight: prune(keep=40, of=columns)",
      to: "rows.lcm")
    // 'project' does not know the network; the file of the weights does.
    let report = try report(
      space, space.path("rows.lcm"), "--network", space.path("r.safetensors"), "--data", space.data,
      "--output", small)
    let layers = try #require(report["layers"] as? [[String: Any]])
    let units = layers.compactMap { $0["unitsAfter"] as? Int }
    #expect(layers.compactMap { $0["unitsBefore"] as? Int } == [300, 100, 10])
    #expect(units.count == 3 && units[0] <= 40 && units[1...] == [100, 10])
    let count = units[0] * 785 + 100 * (units[0] + 1) + 1010
    #expect(report["parametersAfter"] as? Int == count)
    #expect(report["isEquivalent"] as? Bool == true)
    #expect(try #require(report["difference"] as? Double) < 1e-5)
    let before = try #require(loss(report["before"] as? [String: Any]))
    let after = try #require(loss(report["after"] as? [String: Any]))
    #expect(abs(before - after) < 1e-5)
    #expect(try SafetensorsFile(path: small).metadata["provenance"] != nil)

    let json = space.path("small.json")
    let evaluated = try Program.run("evaluate", small, "--data", space.data, "--json", json)
    #expect(evaluated.code == 0, "\(evaluated.errors)")
    let found = try #require(loss(space.json("small.json")))
    #expect(abs(found - after) < 1e-6)
    for command in [
      ["train", "--initial", small, "--max-steps", "1"],
      ["train", "--network", small, "--max-steps", "1"],
      [
        "compress", "--model", small, "--compress", "*.weight: binary()", "--steps", "1",
        "--batches-per-step", "1",
      ],
    ] {
      let outcome = try Program.run(command + ["--data", space.data, "--batch-size", "16"])
      #expect(outcome.code == 0, "\(command): \(outcome.errors)")
    }
  }

  @Test func lowRankBecomesTwoLayers() throws {
    let space = try CommandLineTests.trained.get()
    try project(space, "fc1.weight: lowrank(r=7)", to: "rank.lcm")
    let small = space.path("rank.safetensors")
    let report = try report(
      space, space.path("rank.lcm"), "--network", space.path("r.safetensors"), "--ranks",
      "--output", small)
    let layers = try #require(report["layers"] as? [[String: Any]])
    #expect(layers[0]["rank"] as? Int == 7)
    #expect(layers[0]["multiplicationsAfter"] as? Int == 7 * 1084)
    #expect(try #require(report["difference"] as? Double) < 1e-5)
    let file = try SafetensorsFile(path: small)
    #expect(try file.floats("fc1.0.weight").count == 7 * 784)
    let evaluated = try Program.run("evaluate", small, "--data", space.data)
    #expect(evaluated.code == 0, "\(evaluated.errors)")
  }

  @Test func energyAndThresholdsAreSaidToChangeTheScores() throws {
    let space = try CommandLineTests.trained.get()
    for option in [["--energy", "50%"], ["--threshold", "0.99"]] {
      let outcome = try Program.run(["shrink", space.path("r.safetensors")] + option)
      #expect(outcome.code == 0 && outcome.output.contains("change them"), "\(outcome.errors)")
    }
  }

  @Test(
    arguments: [
      (["nowhere.safetensors"], 66, "nowhere.safetensors"),
      (["r.safetensors", "--network", "lenet300"], 64, "--data"),
      (["r.safetensors", "--network", "lenet"], 64, "There are lenet300"),
      (["r.safetensors", "--network", "nowhere.lcm"], 66, "nowhere.lcm"),
      (["r.safetensors", "--threshold", "1"], 64, "--threshold"),
      (["r.safetensors", "--energy", "101%"], 64, "--energy"),
      (["r.safetensors", "--energy", "much"], 64, "energy"),
      (["r.safetensors", "--pad", "32"], 64, "--data"),
      (["r.safetensors", "--output", "/nowhere/s.safetensors"], 73, "/nowhere"),
    ] as [([String], Int32, String)])
  func mistakesAreToldPlainly(arguments: [String], code: Int32, text: String) throws {
    let space = try CommandLineTests.trained.get()
    let outcome = try Program.run(
      ["shrink", space.path(arguments[0])] + arguments.dropFirst().map { $0 })
    #expect(outcome.code == code && outcome.errors.contains(text), "\(outcome.errors)")
  }

  @Test func commandsThatLackANetworkSaySo() throws {
    let space = try CommandLineTests.trained.get()
    let outcome = try Program.run("train", "--data", space.data)
    #expect(outcome.code == 64 && outcome.errors.contains("--network"), "\(outcome.errors)")
  }
}
