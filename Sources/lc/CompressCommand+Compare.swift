import Compression
import LearningCompression
import ModelFiles

extension CompressCommand {
  /// Runs another method from the same start, with the same budget and data.
  ///
  /// - Parameter name: a method, or `reference`.
  func compare(
    _ name: String, _ plan: ResolvedPlan, _ learning: NetworkLearning, _ course: Course,
    settings: [String: String],
    referenceBits: Int, beside recorder: CheckpointRecorder?, _ line: inout ProgressLine
  ) throws -> Comparison {
    let method = Method(rawValue: name)
    let (steps, evaluateEvery) = pace.counts(perEpoch: course.batchesPerEpoch)
    var provenance = Provenance.ofThisCommand(seed: sgd.seed)
    let recorder = recorder?.within(name)
    let saved = try recorder?.start(settings, provenance: &provenance)
    let state = try saved.map { try AlternationState($0) }
    let run: AlternationRun<NetworkLearning>
    if method == .lc || method == .auto, let method {
      let rule = ScheduleRule(
        method, budget: pace.budget, steps: steps, evaluateEvery: evaluateEvery)
      run = try AlternationRun(plan, learning: learning, from: state) {
        try rule.alternation(from: $0, learning: learning)
      }
    } else {
      // Without anything to compress, replacing weights by themselves leaves plain training.
      let alternation = try (method ?? .projection).alternation(
        schedule: .noPenalty(steps: steps), budget: pace.budget, evaluateEvery: evaluateEvery)
      let plan = method == nil ? .ofNothing : plan
      run =
        try state.map { try AlternationRun(alternation, plan, learning: learning, from: $0) }
        ?? AlternationRun(alternation, plan, learning: learning)
    }
    let (result, took) = try CompressionRun(
      run: run, course: course, recorder: recorder, log: StepLog(nil, []),
      before: saved?.state.value("seconds") ?? 0, prefix: "\(name): "
    ).finish(&line)
    let figures = result.compressed
    let model = method == nil ? nil : try result.model(of: learning)
    return Comparison(
      method: name, trainLoss: figures.trainLoss, trainErrorPercent: figures.trainErrorPercent,
      testErrorPercent: figures.testErrorPercent, ratio: model?.ratio ?? 1, seconds: took,
      bits: model?.bits ?? referenceBits, networkRatio: model?.networkRatio ?? 1,
      fileBytes: try model?.fileSize() ?? 4 * learning.weights.layout.count)
  }
}
