import Foundation
import Testing

@Suite struct CompressedEvaluationTests {
  @Test func takesLessMemoryAndFindsTheSame() throws {
    let space = try CommandLineTests.trained.get()
    let model = space.path("evaluated.lcm")
    let projected = try Program.run(
      "project", space.path("r.safetensors"), "--compress",
      "joint(*.weight): quantize(k=2) + prune(keep=1%)", "--output", model)
    try #require(projected.code == 0, "\(projected.errors)")
    let outcome = try Program.run(
      "evaluate", model, "--network", "lenet300", "--data", space.data, "--compressed", "--json",
      space.path("evaluated.json"))
    #expect(outcome.code == 0, "\(outcome.errors)")
    let report = try space.json("evaluated.json")
    #expect(try #require(report["memoryRatio"] as? Double) >= 8)
    #expect(try #require(report["relativeDifference"] as? Double) <= 1e-5)
    for way in ["compressed", "dense"] {
      let way = try #require(report[way] as? [String: Any])
      #expect(way["seconds"] is NSNumber && way["weightBytes"] is Int)
    }
  }

  @Test func needsACompressedModel() throws {
    let space = try CommandLineTests.trained.get()
    let outcome = try Program.run(
      "evaluate", space.path("r.safetensors"), "--data", space.data, "--compressed")
    #expect(outcome.code == 65 && outcome.errors.contains("compressed model"))
  }
}
