import ModelFiles
import Testing

/// OpenMP may be told to give fewer threads than are asked for.
@Suite struct ThreadTests {
  @Test func fewerThreadsThanWereAskedForComputeTheSame() throws {
    let space = try Workspace(training: 64, test: 10)
    func run(_ name: String, _ arguments: [String], _ environment: [String: String]) throws {
      let outcome = try Program.run(arguments, environment: environment)
      #expect(outcome.code == 0, "\(name): \(outcome.errors)")
    }
    func weights(_ name: String, threads: Int, _ environment: [String: String]) throws -> [Float] {
      let trained = space.path("\(name).safetensors")
      let compressed = space.path("\(name).lcm")
      try run(
        name,
        [
          "train", "--network", "lenet5", "--data", space.data, "--batch-size", "32",
          "--max-steps", "3", "--seed", "1", "--threads", "\(threads)", "--output", trained,
        ], environment)
      // A sort of more weights than one thread takes, and products of matrices.
      try run(
        name,
        [
          "project", trained, "--compress", "fc1.weight: quantize(k=4); fc2.weight: lowrank(r=3)",
          "--threads", "\(threads)", "--output", compressed,
        ], environment)
      return try CompressedModel(path: compressed).decompressed().flatMap { $0.floats ?? [] }
    }
    let alone = try weights("alone", threads: 1, [:])
    #expect(
      try weights("limited", threads: 3, ["OMP_THREAD_LIMIT": "1", "OMP_DYNAMIC": "true"]) == alone)
    let together = try weights("together", threads: 2, [:])
    #expect(try weights("dynamic", threads: 2, ["OMP_DYNAMIC": "true"]) == together)
  }
}
