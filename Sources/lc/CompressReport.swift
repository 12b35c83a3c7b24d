import ArgumentParser
import Compression
import Foundation
import LearningCompression
import LinearAlgebra
import ModelFiles

/// What the steps' epochs and learning rates follow from.
struct Course {
  let budget: Budget
  let steps: Int
  let batchesPerEpoch: Int
  let learningRate: Float
  let decay: Float

  /// Of the whole run.
  var epochs: Double {
    Double(budget.batches(before: steps, of: steps, perEpoch: batchesPerEpoch))
      / Double(batchesPerEpoch)
  }
}

extension CompressCommand {
  struct Step: Codable {
    let step: Int
    /// Of all mini-batches so far.
    let epoch: Double
    /// Of the step's first mini-batch.
    let learningRate: Float
    let mu: Float
    let loss: Double
    let distance: Double
    let changePerBatch: Double?
    let trainLoss: Double?
    let trainErrorPercent: Double?
    let testErrorPercent: Double?
    let lSeconds: Double
    let cSeconds: Double

    init(_ step: AlternationStep, _ course: Course) {
      self.step = step.step
      let batches = course.budget.batches(
        before: step.step + 1, of: course.steps, perEpoch: course.batchesPerEpoch)
      epoch = Double(batches) / Double(course.batchesPerEpoch)
      learningRate = course.learningRate * pow(course.decay, Float(step.step))
      mu = step.mu
      loss = step.loss
      distance = step.distance
      changePerBatch = step.change
      trainLoss = step.figures?.trainLoss
      trainErrorPercent = step.figures?.trainErrorPercent
      testErrorPercent = step.figures?.testErrorPercent
      lSeconds = seconds(step.learningTime)
      cSeconds = seconds(step.compressionTime)
    }
  }

  struct Report: Codable {
    let network: String
    let data: String
    /// Of all images and labels; of the weights and statistics that were compressed.
    let dataChecksum: String
    let modelChecksum: String
    let method: Method
    /// What the run did, one after the other: with one method a single phase, but for retraining at its end.
    let phases: [PhaseReport]
    /// The settings that were given or that followed.
    let schedule: ScheduleReport
    let plan: String
    /// All that the results depend on, given or not.
    let settings: [String: String]
    let reference: Figures
    let direct: Figures
    let compressed: Figures
    /// Bit i mod 8 of byte i / 8, from the lowest: whether Δ(θ) gets test image i wrong.
    let testMistakes: Data
    let steps: [Step]
    /// ‖w − Δ(θ)‖ / ‖w‖ at the end, and whether that is as small as it was to be; not of direct compression.
    let distance: Double?
    let feasible: Bool?
    let bits: Int
    let referenceBits: Int
    let ratio: Double
    let networkRatio: Double
    let multiplications: Int
    let additions: Int
    let fileBytes: Int
    let provenanceBytes: Int
    let entropy: EntropyReport?
    let comparisons: [Comparison]?
    let seconds: Double
  }

  /// Another method from the same start with the same budget.
  struct Comparison: Codable {
    /// A method, or `reference`: the network without compression, trained as much longer.
    let method: String
    let trainLoss: Double
    let trainErrorPercent: Double?
    let testErrorPercent: Double?
    let ratio: Double
    let seconds: Double
    /// For the table.
    let bits: Int
    let networkRatio: Double
    let fileBytes: Int

    var figures: Figures {
      Figures(
        trainLoss: trainLoss, trainErrorPercent: trainErrorPercent,
        testErrorPercent: testErrorPercent)
    }
  }

  static func table(
    _ result: AlternationResult, reference: Arena, direct: CompressedModel,
    compressed: CompressedModel, bytes: Int, name: String?, comparisons: [Comparison]
  ) throws -> String {
    var table = Table([
      "", "train loss", "train error", "test error", "bits", "ratio", "network", "file",
    ])
    func row(
      _ name: String, _ figures: Figures, bits: Int, ratio: Double, networkRatio: Double, bytes: Int
    ) {
      func percent(_ value: Double?) -> String { value.map { $0.text(2) + " %" } ?? "" }
      table.add([
        name, figures.trainLoss.text(4), percent(figures.trainErrorPercent),
        percent(figures.testErrorPercent), "\(bits)", ratio.text(1) + "×",
        networkRatio.text(1) + "×", "\((Double(bytes) / 1024).text(1)) KiB",
      ])
    }
    row(
      "reference", result.reference, bits: compressed.referenceBits, ratio: 1, networkRatio: 1,
      bytes: 4 * reference.layout.count)
    row(
      "direct compression", result.direct, bits: direct.bits, ratio: direct.ratio,
      networkRatio: direct.networkRatio, bytes: try direct.fileSize())
    if let name {
      row(
        name, result.compressed, bits: compressed.bits, ratio: compressed.ratio,
        networkRatio: compressed.networkRatio, bytes: bytes)
    }
    for other in comparisons {
      row(
        other.method == "reference" ? "reference, trained on" : other.method, other.figures,
        bits: other.bits, ratio: other.ratio, networkRatio: other.networkRatio,
        bytes: other.fileBytes)
    }
    return table.text
  }
}
