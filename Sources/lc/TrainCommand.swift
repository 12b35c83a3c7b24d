import ArgumentParser
import Datasets
import Foundation
import LinearAlgebra
import ModelFiles
import NeuralNetwork

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train a reference network.",
    discussion: """
      Example:
        lc train --network lenet300 --data fashion-mnist --epochs 30 --nesterov \\
          --output reference.safetensors

      The learning rate of epoch i, counted from 0, is LEARNING-RATE · DECAYⁱ; with milestones it \
      is multiplied by DECAY at each of them; with --schedule cosine it falls to 0 along half a \
      cosine. The output is a \
      safetensors file with PyTorch's names and layouts.
      """)

  @OptionGroup var network: NetworkOptions
  @OptionGroup var sgd: SGDOptions

  @Option(help: "How often all images are seen.")
  var epochs = 30

  @Option(
    parsing: .unconditional,
    help: "The learning rate is multiplied by this after each epoch, or at each milestone.")
  var decay: Float = 0.9

  enum Schedule: String, ExpressibleByArgument, CaseIterable {
    case exponential, steps, cosine
  }

  @Option(help: "How the learning rate falls: exponential, steps or cosine.")
  var schedule = Schedule.exponential

  @Option(
    parsing: .upToNextOption, help: "With --schedule steps: the epochs at which it is multiplied.")
  var milestones: [Int] = []

  @Option(help: "So many epochs in which the learning rate rises from 0.")
  var warmUp = 0

  private func learningRates() throws -> LearningRateSchedule {
    let shape: LearningRateSchedule.Shape =
      switch schedule {
      case .exponential: .exponential(factor: decay)
      case .steps: .steps(at: milestones, factor: decay)
      case .cosine: .cosine
      }
    return try LearningRateSchedule(shape, warmUpEpochs: warmUp)
  }

  @Option(help: ArgumentHelp("Begin with the weights of this file.", valueName: "file"))
  var initial: String?

  @Option(help: "Stop after this many mini-batches, and list each one's loss in the JSON.")
  var maxSteps: Int?

  @Option(help: ArgumentHelp("Where the weights go (.safetensors).", valueName: "file"))
  var output: String?

  @OptionGroup var common: RunOptions

  struct Epoch: Codable {
    let loss: Double
    let trainErrorPercent: Double
    let testErrorPercent: Double
    let seconds: Double
  }

  struct Report: Codable {
    let network: String
    let data: String
    let parameters: Int
    var epochs: [Epoch] = []
    var stepLosses: [Double]?
    var seconds = 0.0
  }

  func validate() throws {
    if epochs < 1 { throw ValidationError("--epochs must be 1 or more, found \(epochs)") }
    if !(decay > 0 && decay.isFinite) {
      throw ValidationError("--decay must be above 0, found \(decay)")
    }
    if let maxSteps, maxSteps < 1 {
      throw ValidationError("--max-steps must be 1 or more, found \(maxSteps)")
    }
  }

  func run() throws {
    try common.begin(outputs: output)
    let options = try sgd.trainingOptions()
    let rates = try learningRates()
    let (definition, data) = try network.load()
    let state = try initial.map { try Weights.load($0, for: definition) }
    let trainer = try Trainer(
      definition, data: data, options: options, initial: state?.weights,
      statistics: state?.statistics)
    var report = Report(
      network: definition.name, data: data.name, parameters: trainer.weights.layout.count)
    var line = ProgressLine()
    line.print("\(definition.name): \(report.parameters) parameters, \(data.summary)")

    let perEpoch = trainer.batchesPerEpoch
    let (all, overflow) = perEpoch.multipliedReportingOverflow(by: epochs)
    let total = min(overflow ? .max : all, maxSteps ?? .max)
    let start = ContinuousClock.now
    var losses: [Double] = []
    for epoch in 0..<epochs where trainer.batchesDone < total {
      func setLearningRate() {
        trainer.learningRate =
          options.learningRate
          * rates.factor(batch: trainer.batchesDone, batchesPerEpoch: perEpoch, epochs: epochs)
      }
      setLearningRate()
      let began = ContinuousClock.now
      let loss = try trainer.train(batches: min(perEpoch, total - trainer.batchesDone)) { loss in
        setLearningRate()
        if maxSteps != nil { losses.append(loss) }
        let done = trainer.batchesDone
        line.update(
          Double(done) / Double(total),
          "epoch \(epoch + 1)/\(epochs)  batch \((done - 1) % perEpoch + 1)/\(perEpoch)  "
            + "loss \(loss.text(4))")
      }
      let took = seconds(.now - began)
      let training = try trainer.evaluate(trainer.weights, on: data.training)
      let test = try trainer.evaluate(trainer.weights, on: data.test)
      report.epochs.append(
        Epoch(
          loss: loss, trainErrorPercent: training.errorPercent, testErrorPercent: test.errorPercent,
          seconds: took))
      line.print(
        "epoch \(epoch + 1)/\(epochs)  loss \(loss.text(4))  "
          + "train error \(training.errorPercent.text(2)) %  "
          + "test error \(test.errorPercent.text(2)) %  \(took.text(2)) s")
    }
    report.seconds = seconds(.now - start)
    if maxSteps != nil { report.stepLosses = losses }
    if let output {
      try Weights.save(
        trainer.weights, statistics: trainer.statistics, of: definition, to: output)
    }
    try common.write(report)
  }
}
