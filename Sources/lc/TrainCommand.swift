import ArgumentParser
import Datasets
import Foundation
import LearningCompression
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

  static let usualEpochs = 30

  @Option(whole: "How often all images are seen.")
  var epochs = TrainCommand.usualEpochs

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
    parsing: .upToNextOption,
    help: "With --schedule steps: the epochs at which it is multiplied, such as 15,25.")
  var milestones: [Epochs] = []

  @Option(whole: "So many epochs in which the learning rate rises from 0.")
  var warmUp = 0

  private func learningRates() throws -> LearningRateSchedule {
    let shape: LearningRateSchedule.Shape =
      switch schedule {
      case .exponential: .exponential(factor: decay)
      case .steps: .steps(at: milestones.flatMap(\.numbers), factor: decay)
      case .cosine: .cosine
      }
    return try LearningRateSchedule(shape, warmUpEpochs: warmUp)
  }

  @Option(help: ArgumentHelp("Begin with the weights of this file.", valueName: "file"))
  var initial: String?

  @Option(whole: "Evaluate after every so many epochs, and after the last one.")
  var evaluateEvery = 1

  @Option(whole: "Stop after this many mini-batches, and list each one's loss in the JSON.")
  var maxSteps: Int?

  @Option(help: ArgumentHelp("Where the weights go (.safetensors).", valueName: "file"))
  var output: String?

  @Option(help: logHelp)
  var log: String?

  @OptionGroup var checkpoints: CheckpointOptions
  @OptionGroup var common: RunOptions

  struct Epoch: Codable {
    /// Counted from 1; none in checkpoints of older versions.
    var epoch: Int?
    /// Of its first mini-batch.
    var learningRate: Float?
    let loss: Double
    let trainErrorPercent: Double?
    let testErrorPercent: Double?
    let seconds: Double
  }

  struct Report: Codable {
    let network: String
    let data: String
    /// Of all images and labels.
    let dataChecksum: String
    /// All that the results depend on, given or not.
    let settings: [String: String]
    let parameters: Int
    let batchesPerEpoch: Int
    let epochs: [Epoch]
    let stepLosses: [Double]?
    let seconds: Double
  }

  func validate() throws {
    if evaluateEvery < 1 {
      throw ValidationError("--evaluate-every must be 1 or more, found \(evaluateEvery)")
    }
    if epochs < 1 { throw ValidationError("--epochs must be 1 or more, found \(epochs)") }
    if !(decay > 0 && decay.isFinite) {
      throw ValidationError("--decay must be above 0, found \(decay)")
    }
    if (schedule == .steps) == milestones.isEmpty {
      throw ValidationError("--schedule steps and --milestones need each other")
    }
    try milestones.check(within: Double(epochs))
    if !(0..<epochs).contains(warmUp) {
      throw ValidationError(
        "--warm-up must be from 0 to fewer than the \(epochs) epochs, found \(warmUp)")
    }
    if let maxSteps, maxSteps < 1 {
      throw ValidationError("--max-steps must be 1 or more, found \(maxSteps)")
    }
  }

  /// The figures so far.
  private struct Course: Codable {
    var epochs: [Epoch] = []
    /// Σ of the losses of the present epoch's mini-batches.
    var loss = 0.0
    var seconds = 0.0
    /// With --max-steps: each mini-batch's.
    var stepLosses: [Double] = []
  }

  /// What can be said of the options without the network and the data.
  func check() throws {
    _ = try learningRates()
    try sgd.check()
  }

  func run() throws {
    let recorder = checkpoints.begin()
    try common.begin(inputs: network.files + [initial], outputs: [output, log])
    var options = try sgd.trainingOptions()
    let rates = try learningRates()
    var provenance = Provenance.ofThisCommand(seed: sgd.seed)
    let (definition, data) = try network.load(orOf: initial)
    options.precision = try sgd.precision(definition, data, recorder: recorder)
    let initialNetwork = try initial.map { try NetworkFile($0).network(definition) }
    let trainer = try Trainer(
      definition, data: data, options: options, initial: initialNetwork?.weights,
      statistics: initialNetwork?.statistics)
    if output == nil { warn("without --output the weights are not kept") }
    var line = ProgressLine()
    line.print(
      "\(definition.name): \(trainer.weights.layout.count) parameters, \(data.summary)")

    var course = Course()
    func checkpoint() throws -> Checkpoint {
      var state = Snapshot()
      state.store(try trainer.state, as: "learning")
      try state.store(course, as: "course")
      return Checkpoint(state: state)
    }
    let settings = try runOptions(
      definition, data, initial: initialNetwork, computedIn: options.precision)
    provenance.settings = settings
    if let recorder {
      if let saved = try recorder.start(settings, provenance: &provenance) {
        try trainer.restore(saved.state.part("learning"))
        course = try saved.state.value("course")
      } else {
        try recorder.save(checkpoint())
      }
    }

    let log = try StepLog(log, course.epochs)
    let perEpoch = trainer.batchesPerEpoch
    let (all, overflow) = perEpoch.multipliedReportingOverflow(by: epochs)
    let total = min(overflow ? .max : all, maxSteps ?? .max)
    // Evaluations go forward only, through all images.
    var left = TimeLeft(
      batchesPerStep: min(perEpoch, total), steps: min(epochs, (total - 1) / perEpoch + 1),
      guess: Double(perEpoch) / 3, at: line.elapsed)
    while course.epochs.count < epochs {
      let epoch = course.epochs.count
      let first = epoch * perEpoch
      guard first < total, trainer.batchesDone >= first else { break }
      let count = min(perEpoch, total - first)
      let end = first + count
      func setLearningRate() {
        trainer.learningRate =
          options.learningRate
          * rates.factor(
            batch: trainer.batchesDone, batchesPerEpoch: perEpoch, epochs: Float(epochs))
      }
      setLearningRate()
      let learningRate =
        options.learningRate
        * rates.factor(batch: first, batchesPerEpoch: perEpoch, epochs: Float(epochs))
      var began = ContinuousClock.now
      do {
        try trainer.train(batches: max(0, end - trainer.batchesDone)) { loss in
          setLearningRate()
          if maxSteps != nil { course.stepLosses.append(loss) }
          course.loss += loss
          course.seconds += seconds(.now - began)
          began = .now
          let done = trainer.batchesDone
          left.batchDone(done - first, ofStep: epoch, at: line.elapsed)
          line.update(
            left: left.left(at: line.elapsed),
            "epoch \(epoch + 1)/\(epochs)  batch \(done - first)/\(perEpoch)  "
              + "loss \(loss.text(4))")
          try recorder?.batchDone(isStep: true, checkpoint)
        }
      } catch NeuralNetworkError.diverged(let batch, let learningRate) {
        line.clear()
        throw Failure.diverged(
          "epoch \(epoch + 1)/\(epochs), batch \(batch - first)/\(perEpoch): "
            + NeuralNetworkError.divergence(learningRate: learningRate)
            + "; try a smaller --learning-rate")
      }
      let isEvaluated = (epoch + 1) % evaluateEvery == 0 || end == total
      func error(on images: ImageSet) throws -> Double? {
        isEvaluated ? try trainer.evaluate(trainer.weights, on: images).errorPercent : nil
      }
      let record = Epoch(
        epoch: epoch + 1, learningRate: learningRate,
        loss: course.loss / Double(count), trainErrorPercent: try error(on: data.training),
        testErrorPercent: try error(on: data.test), seconds: course.seconds)
      left.stepDone(epoch, at: line.elapsed)
      course.epochs.append(record)
      (course.loss, course.seconds) = (0, 0)
      try log.append(record) { try recorder?.save(checkpoint()) }
      line.print(
        "epoch \(epoch + 1)/\(epochs)  loss \(record.loss.text(4))  "
          + (record.trainErrorPercent.map { "train error \($0.text(2)) %  " } ?? "")
          + (record.testErrorPercent.map { "test error \($0.text(2)) %  " } ?? "")
          + "\(record.seconds.text(2)) s")
    }
    // What is written below can then fail and be repeated.
    try recorder?.save(checkpoint())
    if let output { try trainer.network.write(to: output, provenance: provenance) }
    try common.write(
      Report(
        network: definition.name, data: data.name, dataChecksum: fingerprint(of: data),
        settings: settings, parameters: trainer.weights.layout.count,
        batchesPerEpoch: perEpoch, epochs: course.epochs,
        stepLosses: maxSteps == nil ? nil : course.stepLosses,
        seconds: course.epochs.reduce(0) { $0 + $1.seconds }))
  }

  /// What the run's results depend on.
  private func runOptions(
    _ definition: NetworkDefinition, _ data: Dataset, initial: TrainedNetwork?,
    computedIn precision: Precision
  ) throws -> [String: String] {
    var all = try runFingerprint(definition, data)
      .merging(sgd.description(computedIn: precision)) { $1 }
    all["--epochs"] = "\(epochs)"
    all["--decay"] = "\(decay)"
    all["--schedule"] = "\(schedule)"
    all["--milestones"] = "\(milestones.flatMap(\.numbers))"
    all["--warm-up"] = "\(warmUp)"
    all["--initial"] = initial.map(fingerprint(of:)) ?? "none"
    all["--max-steps"] = maxSteps.map { "\($0)" } ?? "none"
    return all
  }
}
