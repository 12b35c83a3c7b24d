import ArgumentParser
import Compression
import Datasets
import Foundation
import LearningCompression
import LinearAlgebra
import ModelFiles
import NeuralNetwork

struct CompressCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compress",
    abstract: "Compress a trained network, by the LC algorithm or another method.",
    discussion: """
      Example:
        lc compress --data fashion-mnist --model reference.safetensors \\
          --compress 'joint(*.weight): quantize(k=2) + prune(keep=1%)' \\
          --nesterov --output compressed.lcm

      Each step i, counted from 0, trains with the penalty MU · MU-GROWTHⁱ and the learning rate \
      LEARNING-RATE · DECAYⁱ, times what --schedule says within the step, which is clipped at 1/μ. \
      The C step runs at the end of each step, or \
      at the period of --every. If the result stays near direct compression, make --mu smaller.

      Other methods, at the same budget of --steps and --epochs-per-step:
        projection        SGD, and w ← Δ(θ) every so often, by default each step
        proximal          the same with a penalised operator, each epoch
        partial           the same on a part of the units, each mini-batch
        direct            θ ← Π(w), and no training
        retrain           direct, then training with codes, places, ranks fixed
        gradual           pruning that grows over three quarters of the run
        straight-through  the gradient at Δ(θ) moves the weights

      'lc help plans' says how plans are written, 'lc help operators' lists the operators.
      """)

  @OptionGroup(title: "Network and data") var network: NetworkOptions
  @OptionGroup(title: "What is compressed, and how") var task: TaskOptions
  @OptionGroup(title: "Steps and penalty") var pace: StepOptions
  @OptionGroup(title: "Steps and penalty") var penalty: PenaltyOptions
  @OptionGroup(title: "Training within a step") var sgd: SGDOptions
  @OptionGroup(title: "Training within a step") var learningOptions: LearningOptions
  @OptionGroup(title: "Partial regularisation") var partial: PartialOptions
  @OptionGroup(title: "Checkpoints") var checkpoints: CheckpointOptions
  @OptionGroup(title: "Reports and threads") var records: RecordOptions
  @OptionGroup(title: "Reports and threads") var common: RunOptions

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
      epoch = Double((step.step + 1) * course.batchesPerStep) / Double(course.batchesPerEpoch)
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

  /// What the steps' epochs and learning rates follow from.
  struct Course {
    let batchesPerStep: Int
    let batchesPerEpoch: Int
    let learningRate: Float
    let decay: Float
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
    let plan: String
    /// All that the results depend on, given or not.
    let settings: [String: String]
    let reference: Figures
    let direct: Figures
    let compressed: Figures
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
    let seconds: Double
  }

  func validate() throws {
    // What mini-batches make of epochs is known with the data.
    if case .epochs(let epochs) = pace.budget {
      try learningOptions.milestones.check(within: Double(epochs))
    }
    try task.phases?.validate(method: task.method, penalty, every: pace.every)
    try penalty.validate(for: task.method)
    try partial.validate(for: task.method, hasPlan: task.compress != nil)
  }

  func alternation() throws -> Alternation {
    if let phases = task.phases {
      return try Alternation(
        phases.phases(
          steps: pace.steps, every: pace.every.flatMap(Period.list) ?? [],
          multipliers: penalty.multipliers ?? .on),
        schedule: .exponential(
          initial: penalty.firstMu, growth: penalty.growth, steps: pace.steps),
        budget: pace.budget, tolerance: penalty.tolerance ?? 0,
        evaluateEvery: pace.evaluateEvery)
    }
    return try task.method.alternation(
      schedule: .exponential(
        initial: penalty.firstMu, growth: penalty.growth, steps: pace.steps),
      budget: pace.budget, every: pace.every.flatMap(Period.list) ?? [],
      multipliers: penalty.multipliers ?? .on, tolerance: penalty.tolerance ?? 0,
      retrainSteps: penalty.retrainSteps ?? 0, evaluateEvery: pace.evaluateEvery)
  }

  /// What can be said of the options without the network and the data.
  func check() throws {
    _ = try alternation()
    try sgd.check()
  }

  func run() throws {
    let written = try task.compress.map { try CompressionPlan(parsing: $0) }
    let alternation = try alternation()
    let recorder = checkpoints.begin()
    try common.begin(inputs: network.files + [task.model], outputs: [task.output, records.log])
    var options = try sgd.trainingOptions()
    var provenance = Provenance.ofThisCommand(seed: sgd.seed)
    let (definition, data) = try network.load(orOf: task.model)
    let plan = try written ?? partial.plan(for: definition)
    let reference = try NetworkFile(task.model).network(definition)
    try warnOfOtherData(NetworkFile(task.model), than: data)
    let resolved = try ResolvedPlan(
      plan, for: reference.weights.layout, positions: definition.uses())
    options.precision = try sgd.precision(
      definition, data, recorder: recorder, sharedIn: records.knownFigures)
    let trainer = try Trainer(
      definition, data: data, options: options, initial: reference.weights,
      statistics: reference.statistics)
    let learning = try learningOptions.learning(
      trainer, learningRate: options.learningRate, length: pace.budget)
    learning.known = try records.knownFigures.map {
      var context = try runFingerprint(definition, data)
      context["--precision"] = "\(options.precision)"
      return KnownFigures(folder: $0, context: context)
    }
    let settings = try runOptions(
      definition, data, plan: plan, model: reference, computedIn: options.precision)
    provenance.settings = settings
    let saved = try recorder?.start(settings, provenance: &provenance)
    let run =
      try saved.map {
        try AlternationRun(alternation, resolved, learning: learning, from: AlternationState($0))
      } ?? AlternationRun(alternation, resolved, learning: learning)

    let course = Course(
      batchesPerStep: pace.budget.batches(perEpoch: trainer.batchesPerEpoch),
      batchesPerEpoch: trainer.batchesPerEpoch, learningRate: options.learningRate,
      decay: learningOptions.decay)
    let log = try StepLog(records.log, run.records.map { Step($0, course) })
    if task.output == nil { warn("without --output the compressed model is not kept") }
    var line = ProgressLine()
    line.print("\(definition.name): \(plan); \(data.summary)")
    var last = "direct compression"
    var left: TimeLeft?
    func timeLeft(_ total: Int, _ steps: Int) -> TimeLeft {
      // Evaluations go forward only, through all images.
      TimeLeft(
        batchesPerStep: total, steps: steps, guess: Double(course.batchesPerEpoch) / 3,
        at: line.elapsed)
    }
    let start = ContinuousClock.now
    /// Seconds of the processes before this one.
    let before: Double = try saved?.state.value("seconds") ?? 0
    func checkpoint() throws -> Checkpoint {
      var checkpoint = try run.state.checkpoint()
      try checkpoint.state.store(before + seconds(.now - start), as: "seconds")
      return checkpoint
    }
    let result: AlternationResult
    do {
      result = try run.finish { progress in
        switch progress {
        case .direct(let figures):
          line.print("direct compression: \(figures)")
          try recorder?.save(checkpoint())
        case .batch(let step, let done, let total, let steps):
          var now = left ?? timeLeft(total, steps)
          now.batchDone(done, ofStep: step, at: line.elapsed)
          left = now
          line.update(
            left: now.left(at: line.elapsed),
            "step \(step + 1)/\(steps)  batch \(done)/\(total)  \(last)")
          try recorder?.batchDone(checkpoint)
        case .step(let step, let steps):
          left?.stepDone(step.step, at: line.elapsed)
          try log.append(Step(step, course)) { try recorder?.save(checkpoint()) }
          let coupling =
            step.change.map { "change \($0.text(6)) a mini-batch" }
            ?? (alternation.coupling(ofStep: step.step).isSoft
              ? "μ \(step.mu.threeDigits)  " : "")
            + "distance \(step.distance.text(5))"
          last = "loss \(step.loss.text(4))  \(coupling)  \(step.figures.map { "\($0)" } ?? "")"
          line.print("step \(step.step + 1)/\(steps)  \(last)")
          try recorder?.stepDone(checkpoint)
        }
      }
      // What is written below can then fail and be repeated.
      try recorder?.save(checkpoint())
    } catch {
      line.clear()
      throw error
    }
    let took = before + seconds(.now - start)

    let compressed = try result.model(of: learning, provenance: provenance)
    let entropy = task.entropy ? try compressed.packed.entropyCoded() : nil
    let file = entropy?.model ?? compressed.packed
    let bytes = try task.output.map { try file.write(to: $0) } ?? file.fileSize()
    let uses = try definition.uses()
    let operations = compressed.parts.reduce(Operations()) { $0 + $1.operations(uses: uses) }
    print(
      try Self.table(
        result, reference: reference.weights, direct: result.directModel(of: learning),
        compressed: compressed,
        bytes: bytes, name: task.method == .direct ? nil : task.resultName))
    entropy.map { print(entropyText($0.before, $0.after)) }
    if let distance = result.distance, distance > 0.1 {
      warn(
        "w ends at a distance of \(distance.text(2)) from Δ(θ) (‖w − Δ(θ)‖ / ‖w‖), so the loss was lowered for w "
          + "and not for the compressed network: give it more --steps, a larger --mu or --mu-growth, or its last "
          + "steps to --retrain-steps")
    }
    try common.write(
      Report(
        network: definition.name, data: data.name, dataChecksum: fingerprint(of: data),
        modelChecksum: fingerprint(of: reference), method: task.method,
        phases: alternation.phases.map(PhaseReport.init), plan: plan.description,
        settings: settings, reference: result.reference, direct: result.direct,
        compressed: result.compressed,
        steps: result.steps.map { Step($0, course) }, distance: result.distance,
        feasible: result.distance.map { $0 <= penalty.nearEnough }, bits: compressed.bits,
        referenceBits: compressed.referenceBits, ratio: compressed.ratio,
        networkRatio: compressed.networkRatio, multiplications: operations.multiplications,
        additions: operations.additions, fileBytes: bytes,
        provenanceBytes: bytes - file.fileSize(without: Provenance.key),
        entropy: entropy.map { EntropyReport(codeBytes: $0.before, entropyCodedBytes: $0.after) },
        seconds: took))
  }

  /// What the run's results depend on.
  private func runOptions(
    _ definition: NetworkDefinition, _ data: Dataset, plan: CompressionPlan, model: TrainedNetwork,
    computedIn precision: Precision
  ) throws -> [String: String] {
    var all = try runFingerprint(definition, data)
      .merging(sgd.description(computedIn: precision)) { $1 }
      .merging(learningOptions.description) { $1 }
    all["--model"] = fingerprint(of: model)
    all["--compress"] = plan.description
    all["--method"] = task.method.rawValue
    if let phases = task.phases { all["--phases"] = "\(phases)" }
    all.merge(pace.description) { $1 }
    all.merge(penalty.description) { $1 }
    return all
  }

  private static func table(
    _ result: AlternationResult, reference: Arena, direct: CompressedModel,
    compressed: CompressedModel, bytes: Int, name: String?
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
    guard let name else { return table.text }
    row(
      name, result.compressed, bits: compressed.bits,
      ratio: compressed.ratio,
      networkRatio: compressed.networkRatio, bytes: bytes)
    return table.text
  }
}

extension Period {
  /// `10`, or `10,100,1epoch`.
  static func list(_ argument: String) -> [Period]? {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
      .map { Period(argument: $0.trimmingCharacters(in: .whitespaces)) }
    return parts.contains { $0 == nil } ? nil : parts.compactMap { $0 }
  }

  /// `10`, `10batches`, `1batch`, `2epochs`, `1epoch`.
  init?(argument: String) {
    let (number, unit) = argument.numberAndUnit
    guard let count = Int(decimal: number), count > 0 else { return nil }
    switch unit {
    case "", "batch", "batches": self = .batches(count)
    case "epoch", "epochs": self = .epochs(count)
    default: return nil
    }
  }
}
