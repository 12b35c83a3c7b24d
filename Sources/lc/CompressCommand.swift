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
          --epochs 30 --nesterov --output compressed.lcm

      The run's length is all that it needs; --explain prints the settings that follow. With a number \
      for --mu you choose: step i, counted from 0, trains with the penalty MU · MU-GROWTHⁱ and the \
      learning rate LEARNING-RATE · DECAYⁱ, times what --schedule says within the step, clipped at 1/μ. \
      The C step runs at the end of each step, or at the period of --every.

      Other methods, at the same budget:
        auto              straight-through, then retrain; for low rank without codes retrain, with a few
                          weights beside it in long runs lc, as with a price
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

  func validate() throws {
    // What mini-batches make of epochs, and epochs of a whole run of steps, is known with the data.
    if case .each(.epochs(let epochs)) = pace.budget {
      try learningOptions.milestones.check(within: Double(epochs))
    }
    try task.phases?.validate(method: task.method, penalty, every: pace.every)
    try penalty.validate(for: task.method)
    try partial.validate(for: task.method, hasPlan: task.compress != nil)
    if task.method == .auto, let every = pace.every {
      throw ValidationError("--method auto finds the periods itself, found --every \(every)")
    }
  }

  private var every: [Period] { pace.every.flatMap(Period.list) ?? [] }

  /// What follows from where the run begins.
  func rule(perEpoch: Int) -> ScheduleRule {
    let (steps, evaluateEvery) = pace.counts(perEpoch: perEpoch)
    var rule = ScheduleRule(
      task.method, budget: pace.budget, steps: steps, evaluateEvery: evaluateEvery)
    rule.shares = task.phases?.shares
    rule.growth = penalty.muGrowth
    rule.every = every
    rule.multipliers = penalty.multipliers
    rule.retrainSteps = penalty.retrainSteps
    rule.tolerance = penalty.tolerance ?? 0
    return rule
  }

  /// The alternation where nothing follows: μ is driven by hand, or there is none.
  func alternation(perEpoch: Int) throws -> Alternation? {
    let (steps, evaluateEvery) = pace.counts(perEpoch: perEpoch)
    guard let mu = penalty.firstMu else {
      guard task.phases == nil, ![.lc, .auto, .direct].contains(task.method) else { return nil }
      return try task.method.alternation(
        schedule: .noPenalty(steps: steps), budget: pace.budget, every: every,
        retrainSteps: penalty.retrainSteps ?? 0, evaluateEvery: evaluateEvery)
    }
    let schedule = PenaltySchedule.exponential(initial: mu, growth: penalty.growth, steps: steps)
    if let phases = task.phases {
      return try Alternation(
        phases.phases(steps: steps, every: every, multipliers: penalty.multipliers ?? .on),
        schedule: schedule, budget: pace.budget, tolerance: penalty.tolerance ?? 0,
        evaluateEvery: evaluateEvery)
    }
    return try task.method.alternation(
      schedule: schedule, budget: pace.budget, every: every,
      multipliers: penalty.multipliers ?? .on, tolerance: penalty.tolerance ?? 0,
      retrainSteps: penalty.retrainSteps ?? 0, evaluateEvery: evaluateEvery)
  }

  /// What can be said of the options without the network and the data.
  func check() throws {
    try checkSchedule()
    try sgd.check()
  }

  private func checkSchedule() throws {
    // How many steps a run of epochs has is known with the data.
    guard pace.hasKnownSteps else { return }
    let perEpoch = 1 << 30
    if try alternation(perEpoch: perEpoch) == nil { try rule(perEpoch: perEpoch).validate() }
    try task.phases?.check(steps: pace.counts(perEpoch: perEpoch).steps)
  }

  func run() throws {
    let written = try task.compress.map { try CompressionPlan(parsing: $0) }
    try checkSchedule()
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
    if task.compare?.names.contains(Method.gradual.rawValue) == true, !resolved.isGradual {
      throw Failure.usage("--compare gradual needs a plan with prune(keep=…), found \(plan)")
    }
    options.precision = try sgd.precision(
      definition, data, recorder: recorder, sharedIn: records.knownFigures)
    let settings = try runOptions(
      definition, data, plan: plan, model: reference, computedIn: options.precision)
    provenance.settings = settings
    func learning() throws -> NetworkLearning {
      let trainer = try Trainer(
        definition, data: data, options: options, initial: reference.weights,
        statistics: reference.statistics)
      let learning = try learningOptions.learning(
        trainer, learningRate: options.learningRate, budget: pace.budget,
        steps: pace.counts(perEpoch: trainer.batchesPerEpoch).steps)
      learning.known = try records.knownFigures.map {
        var context = try runFingerprint(definition, data)
        context["--precision"] = "\(options.precision)"
        return KnownFigures(folder: $0, context: context)
      }
      return learning
    }
    let main = try learning()
    let perEpoch = main.batchesPerEpoch
    let (steps, _) = pace.counts(perEpoch: perEpoch)
    let course = Course(
      budget: pace.budget, steps: steps, batchesPerEpoch: perEpoch,
      learningRate: options.learningRate,
      decay: learningOptions.decay(pace.budget, steps: steps))
    let saved = try recorder?.start(settings, provenance: &provenance)
    let run = try begin(resolved, main, from: saved)
    if task.output == nil { warn("without --output the compressed model is not kept") }
    var line = ProgressLine()
    line.print("\(definition.name): \(plan); \(data.summary)")
    let rule = rule(perEpoch: perEpoch)
    func report(_ start: Start) -> ScheduleReport {
      ScheduleReport(run.alternation, start, reach: rule.reach(of: main))
    }
    if let start = run.start, records.explain {
      explain(report(start), start, epochs: course.epochs)
    }
    let (result, took) = try CompressionRun(
      run: run, course: course, recorder: recorder,
      log: StepLog(records.log, run.records.map { Step($0, course) }),
      before: saved?.state.value("seconds") ?? 0
    ).finish(&line) { start in
      RankAdvice.lines(resolved, run.directForms).forEach(warn)
      if records.explain { explain(report(start), start, epochs: course.epochs) }
    }
    let compressed = try result.model(of: main, provenance: provenance)
    let entropy = task.entropy ? try compressed.packed.entropyCoded() : nil
    let file = entropy?.model ?? compressed.packed
    let bytes = try task.output.map { try file.write(to: $0) } ?? file.fileSize()
    let comparisons = try task.compare?.names.compactMap { name -> Comparison? in
      do {
        return try compare(
          name, resolved, learning(), course, settings: settings,
          referenceBits: compressed.referenceBits, beside: recorder, &line)
      } catch let error as LearningCompressionError {
        // What the run itself has found is not lost.
        warn("\(name) is not compared: \(error)")
        return nil
      }
    }
    let uses = try definition.uses()
    let operations = compressed.parts.reduce(Operations()) { $0 + $1.operations(uses: uses) }
    print(
      try Self.table(
        result, reference: reference.weights, direct: result.directModel(of: main),
        compressed: compressed, bytes: bytes, name: result.steps.isEmpty ? nil : task.resultName,
        comparisons: comparisons ?? []))
    entropy.map { print(entropyText($0.before, $0.after)) }
    for line in try lastLines(result, rule: rule, learning: main) { print(line) }
    try common.write(
      Report(
        network: definition.name, data: data.name, dataChecksum: fingerprint(of: data),
        modelChecksum: fingerprint(of: reference), method: task.method,
        phases: run.alternation.phases.map(PhaseReport.init), schedule: report(result.start),
        plan: plan.description,
        settings: settings, reference: result.reference, direct: result.direct,
        compressed: result.compressed,
        testMistakes: main.testMistakes(of: result.weights),
        steps: result.steps.map { Step($0, course) }, distance: result.distance,
        feasible: result.distance.map { $0 <= penalty.nearEnough }, bits: compressed.bits,
        referenceBits: compressed.referenceBits, ratio: compressed.ratio,
        networkRatio: compressed.networkRatio, multiplications: operations.multiplications,
        additions: operations.additions, fileBytes: bytes,
        provenanceBytes: bytes - file.fileSize(without: Provenance.key),
        entropy: entropy.map { EntropyReport(codeBytes: $0.before, entropyCodedBytes: $0.after) },
        comparisons: comparisons, seconds: took))
  }

  /// Prints the settings before anything else happens.
  private func explain(_ schedule: ScheduleReport, _ start: Start, epochs: Double) {
    print(schedule.explanation(start, epochs: penalty.firstMu == nil ? epochs : nil))
    fflush(nil)
  }

  /// The run of this command, or the rest of it.
  private func begin(_ plan: ResolvedPlan, _ learning: NetworkLearning, from saved: Checkpoint?)
    throws -> AlternationRun<NetworkLearning>
  {
    let perEpoch = learning.batchesPerEpoch
    let state = try saved.map { try AlternationState($0) }
    if let alternation = try alternation(perEpoch: perEpoch) {
      return try state.map {
        try AlternationRun(alternation, plan, learning: learning, from: $0)
      } ?? AlternationRun(alternation, plan, learning: learning)
    }
    let rule = rule(perEpoch: perEpoch)
    try task.phases?.check(steps: rule.steps)
    return try AlternationRun(plan, learning: learning, from: state) {
      try rule.alternation(from: $0, learning: learning)
    }
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
}
