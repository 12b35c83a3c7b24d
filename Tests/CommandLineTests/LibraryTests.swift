import Compression
import Datasets
import Foundation
import LearningCompression
import LinearAlgebra
import ModelFiles
import NeuralNetwork
import Testing

/// What the library writes is what the program reads.
@Suite struct LibraryTests {
  @Test(arguments: [true, false]) func theProgramReadsTheLibrarysModels(hasNorm: Bool) throws {
    let space = try Workspace()
    let data = try Dataset.load(space.data)
      .normalised(by: hasNorm ? .standard : .mean)
    let definition = try NetworkDefinition(
      name: "mine", input: data.training.shape,
      layers: [.linear("fc1", 12)] + (hasNorm ? [.batchNorm("bn1")] : [])
        + [.relu, .linear("fc2", data.classes)])
    var options = TrainingOptions(optimiser: try SGD())
    options.batchSize = 20
    let trainer = try Trainer(definition, data: data, options: options)
    try trainer.train(batches: 30)
    try trainer.network.write(to: space.path("mine.safetensors"))
    let reference = try Figures(
      training: trainer.evaluate(trainer.weights, on: data.training),
      test: trainer.evaluate(trainer.weights, on: data.test))

    let plan = try ResolvedPlan(
      CompressionPlan(parsing: "joint(fc*.weight): quantize(k=2) + prune(keep=5%)"),
      for: trainer.weights.layout)
    let learning = NetworkLearning(trainer, learningRate: 0.05, decay: 1, statistics: .reestimated)
    let result = try Alternation(
      schedule: .exponential(initial: 0.01, growth: 1.5, steps: 3), budget: .each(.batches(10))
    ).run(plan, learning: learning)
    try result.model(of: learning).write(to: space.path("mine.lcm"))

    for (name, figures) in [("mine.safetensors", reference), ("mine.lcm", result.compressed)] {
      let outcome = try Program.run(
        "evaluate", space.path(name), "--data", space.data, "--json", space.path("figures.json"))
      #expect(outcome.code == 0, "\(outcome.errors)")
      let found = try space.json("figures.json")
      let loss = try #require(found["trainLoss"] as? Double)
      #expect(abs(loss - figures.trainLoss) <= 1e-6 * (1 + figures.trainLoss))
      #expect(found["testErrorPercent"] as? Double == figures.testErrorPercent)

      let read = try TrainedNetwork(contentsOf: space.path(name))
      #expect(read.definition == definition)
      #expect(read.normalisation == data.normalisation.kind)
      #expect(read.statistics.layout.count == (hasNorm ? 24 : 0))
    }
    let read = try TrainedNetwork(contentsOf: space.path("mine.lcm"))
    #expect(read.weights.floats.elementsEqual(result.weights.floats))
    let info = try Program.run("info", space.path("mine.lcm"))
    #expect(info.code == 0 && info.output.contains("quantize(k=2) + prune(keep=5%)"))
    let other = try Program.run(
      "evaluate", space.path("mine.lcm"), "--data", space.data, "--normalise",
      hasNorm ? "mean" : "standard")
    #expect(other.code == 64)
  }

  @Test func whatIsNoNetworkIsSaid() throws {
    let space = try Workspace()
    let path = space.path("w.safetensors")
    try SafetensorsFile.write([TensorSource(name: "w", shape: [2], floats: [1, 2])], to: path)
    #expect(throws: ModelFileError.self) { try TrainedNetwork(contentsOf: path) }
    let definition = try NetworkDefinition(name: "n", input: [1, 1, 1], layers: [.linear("a", 1)])
    #expect(throws: NeuralNetworkError.self) {
      try TrainedNetwork(contentsOf: path, definition: definition)
    }
    try SafetensorsFile.write(
      [TensorSource(name: "w", shape: [2], floats: [1, 2])], metadata: ["network": "{\"name\": 3}"],
      to: path)
    let error = #expect(throws: ModelFileError.self) { try NetworkFile(path).definition }
    #expect("\(try #require(error))".contains("describes no network"))
  }
}
