import Compression
import Datasets
import Foundation
import LearningCompression
import LinearAlgebra
import ModelFiles
import NeuralNetwork
import Recipes

/// A kind of input: how it is made, and what is done with it.
struct Subject {
  let name: String
  var isHostile: Bool { name.hasPrefix("hostile") }
  let make: (inout RandomGenerator) -> [UInt8]
  /// How long reading one may take.
  var seconds = 1
  /// Given the path of the file and its bytes.
  let read: (String, [UInt8]) throws -> Void

  static func all(_ corpus: Corpus) throws -> [Subject] {
    let hostile = Hostile(corpus)
    let archives = try ImageArchives()
    try writeTestImages()
    return [
      Subject(name: "tensors") { random in
        Mutation.apply(to: random.pick(corpus.tensorFiles), using: &random)
      } read: { path, _ in
        try readTensors(path)
      },
      Subject(name: "model") { random in
        sealed(Mutation.apply(to: random.pick(corpus.models), using: &random), using: &random)
      } read: { path, _ in
        try readModel(path)
      },
      Subject(name: "checkpoint") { random in
        sealed(Mutation.apply(to: random.pick(corpus.checkpoints), using: &random), using: &random)
      } read: { path, _ in
        try readCheckpoint(path, corpus)
      },
      Subject(name: "images") { random in
        var bytes = images(count: 3)
        if random.below(2) == 0 { bytes = Corpus.gzip(bytes) }
        return Mutation.apply(to: bytes, using: &random)
      } read: { path, _ in
        try readImages(path)
      },
      Subject(name: "plan") { random in
        Mutation.apply(to: Array(random.pick(corpus.plans).utf8), using: &random)
      } read: { _, bytes in
        let plan = try CompressionPlan(parsing: String(decoding: bytes, as: UTF8.self))
        _ = try ResolvedPlan(plan, for: corpus.layout)
      },
      Subject(name: "image records", make: archives.records) { _, _ in try archives.readRecords() },
      Subject(name: "image archive", make: archives.archive) { _, _ in try archives.readArchive() },
      Subject(name: "image arrays", make: archives.arrays) { _, _ in try archives.readArrays() },
      Subject(name: "recipe") { random in
        Mutation.apply(to: Array(random.pick(corpus.recipes).utf8), using: &random)
      } read: { path, _ in
        _ = try RecipeReader(path: path).options()
      },
      Subject(name: "hostile tensors", make: hostile.tensors) { path, _ in try readTensors(path) },
      Subject(name: "hostile model", make: hostile.model) { path, _ in try readModel(path) },
      Subject(name: "hostile images", make: hostile.images) { path, _ in try readImages(path) },
      Subject(name: "hostile image records", make: archives.hostileRecords) { _, _ in
        try archives.readRecords()
      },
      Subject(name: "hostile image archive", make: archives.hostileArchive) { _, _ in
        try archives.readArchive()
      },
      Subject(name: "hostile recipe", make: hostile.recipe) { path, _ in
        _ = try RecipeReader(path: path).options()
      },
      Subject(name: "hostile plan", make: hostile.plan) { _, bytes in
        let plan = try CompressionPlan(parsing: String(decoding: bytes, as: UTF8.self))
        _ = try ResolvedPlan(plan, for: corpus.layout)
      },
    ]
  }

  /// Most of them with the checksum that belongs to the damaged bytes, so that reading goes on.
  private static func sealed(_ bytes: [UInt8], using random: inout RandomGenerator) -> [UInt8] {
    guard bytes.count > 4, random.below(4) > 0 else { return bytes }
    let sum = bytes.dropLast(4).withUnsafeBytes(checksum(of:))
    return bytes.dropLast(4) + Corpus.little(Int(sum), 4)
  }

  private static func readTensors(_ path: String) throws {
    let file = try openTensorFile(path)
    for tensor in file.tensors {
      do { _ = try file.floats(tensor.name) } catch ModelFileError.notNumeric {}
      _ = try file.bytes(tensor.name)
    }
  }

  private static func readModel(_ path: String) throws {
    let model = try CompressedModel(path: path)
    _ = model.decompressed()
    for tensor in model.plain { _ = try tensor.converted(to: .f16) }
    _ = try model.fileSize()
    // Forms are unfolded once more; those of the largest size take their time already.
    if model.referenceBits < 1 << 28 {
      let source = try SafetensorsFile(path: path)
      _ = try ModelComparison(CompressedFile(source), with: source)
    }
    for part in model.parts { _ = part.operations() }
    if let text = model.metadata["network"] {
      if let network = try? JSONDecoder().decode(NetworkDefinition.self, from: Data(text.utf8)) {
        try removeUnits(of: network)
      }
    }
  }

  /// Of a network without any weights that are not zero; all of it is constant.
  private static func removeUnits(of network: NetworkDefinition) throws {
    let layout = try network.layout()
    guard layout.count <= 1 << 14, network.outputCount <= 1 << 10 else { return }
    _ = try TrainedNetwork(
      network, weights: Arena(layout), statistics: Initialisation.statistics(of: network)
    ).removingUnits()
  }

  private static func readCheckpoint(_ path: String, _ corpus: Corpus) throws {
    let state = try AlternationState(Checkpoint(path: path))
    let alternation = try Alternation(
      schedule: .exponential(initial: 0.1, growth: 2, steps: 2), budget: .each(.batches(3)))
    let plan = try ResolvedPlan(CompressionPlan(parsing: corpus.plans[1]), for: corpus.layout)
    let run = try AlternationRun(alternation, plan, learning: corpus.learning(), from: state)
    _ = try run.finish()
  }

  private static func images(count: Int) -> [UInt8] {
    [0, 0, 8, 3] + Corpus.big(count) + Corpus.big(2) + Corpus.big(2)
      + (0..<4 * count).map { UInt8($0 & 255) }
  }

  private static func writeTestImages() throws {
    let labels: [UInt8] = [0, 0, 8, 1] + Corpus.big(3) + [0, 1, 2]
    try Data(labels).write(to: URL(fileURLWithPath: "t10k-labels-idx1-ubyte"))
    try Data(images(count: 3)).write(to: URL(fileURLWithPath: "t10k-images-idx3-ubyte"))
  }

  /// The input as images, with good labels, and as labels, with good images.
  private static func readImages(_ path: String) throws {
    var first: (any Error)?
    for (images, labels) in [
      (path, "t10k-labels-idx1-ubyte"), ("t10k-images-idx3-ubyte", path),
    ] {
      do {
        _ = try ImageSet(imagesAt: images, labelsAt: labels, classes: 10)
      } catch { first = first ?? error }
    }
    if let first { throw first }
  }
}
