import CompressedInference
import Datasets
import Foundation
import LearningCompression
import LinearAlgebra
import ModelFiles
import NeuralNetwork

/// A network's figures, memory and time, by its compressed weights and by dense ones.
struct CompressedEvaluation: Codable {
  struct Way: Codable {
    let figures: Figures
    let weightBytes: Int
    /// Of training and test images together.
    let seconds: Double
  }

  let network: String
  let data: String
  let compressed: Way
  let dense: Way
  /// How many times less memory the compressed weights take.
  let memoryRatio: Double
  /// |L − L'| / L of the training losses.
  let relativeDifference: Double

  init(
    _ definition: NetworkDefinition, _ model: CompressedModel, _ weights: Arena, _ data: Dataset
  ) throws {
    let network = try CompressedNetwork(definition, model)
    let evaluator = try Evaluator(definition)
    compressed = try Self.measured(data, bytes: network.weightBytes) {
      network.evaluate($0, normalisation: data.normalisation)
    }
    dense = try Self.measured(data, bytes: 4 * weights.layout.count) {
      try evaluator.evaluate(weights, on: $0, normalisation: data.normalisation)
    }
    self.network = definition.name
    self.data = data.name
    memoryRatio = Double(dense.weightBytes) / Double(max(1, compressed.weightBytes))
    let loss = dense.figures.trainLoss
    let difference = abs(compressed.figures.trainLoss - loss)
    relativeDifference = loss > 0 ? difference / loss : difference
  }

  private static func measured(
    _ data: Dataset, bytes: Int, _ evaluate: (ImageSet) throws -> Evaluation
  ) throws -> Way {
    // Kernels are chosen and compiled at their first use.
    _ = try evaluate(data.test.first(min(1000, data.test.count)))
    let start = ContinuousClock.now
    let figures = try Figures(training: evaluate(data.training), test: evaluate(data.test))
    return Way(figures: figures, weightBytes: bytes, seconds: seconds(.now - start))
  }

  /// Itself, after it was printed.
  func printed() -> CompressedEvaluation {
    print("\(network) on \(data): \(compressed.figures)")
    var table = Table(["weights", "bytes", "train loss", "test error", "time"])
    for (name, way) in [("compressed", compressed), ("dense", dense)] {
      table.add([
        name, "\(way.weightBytes)", way.figures.trainLoss.text(6),
        way.figures.testErrorPercent.map { $0.text(2) + " %" } ?? "", way.seconds.text(3) + " s",
      ])
    }
    print(table.text)
    print(
      "\(memoryRatio.text(1))× less weight memory; the losses differ by "
        + "\(relativeDifference.scientific) of themselves")
    return self
  }
}
