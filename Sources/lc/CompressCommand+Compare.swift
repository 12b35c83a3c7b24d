import Compression
import LearningCompression
import ModelFiles

extension CompressCommand {
  /// Runs another method from the same start, with the same budget and data.
  ///
  /// - Parameter name: a method, or `reference`.
  func compare(
    _ name: String, _ plan: ResolvedPlan, _ learning: NetworkLearning, _ course: Course,
    settings: [String: String], beside recorder: CheckpointRecorder?, _ line: inout ProgressLine
  ) throws -> Comparison {
    let method = Method(rawValue: name)
    let (steps, evaluateEvery) = pace.counts(perEpoch: course.batchesPerEpoch)
    let rule = ScheduleRule(
      // Without anything to compress, replacing weights by themselves leaves plain training.
      method ?? .projection, budget: pace.budget, steps: steps, evaluateEvery: evaluateEvery)
    var provenance = Provenance.ofThisCommand(seed: sgd.seed)
    let recorder = recorder?.within(name)
    let saved = try recorder?.start(settings, provenance: &provenance)
    let run = try AlternationRun(
      method == nil ? .ofNothing : plan, learning: learning,
      from: saved.map { try AlternationState($0) }
    ) {
      try rule.alternation(from: $0, learning: learning)
    }
    let (result, took) = try CompressionRun(
      run: run, course: course, recorder: recorder, log: StepLog(nil, []),
      before: saved?.state.value("seconds") ?? 0, prefix: "\(name): "
    ).finish(&line)
    let figures = result.compressed
    let model = method == nil ? nil : try result.model(of: learning)
    let size = 32 * learning.weights.layout.count
    return Comparison(
      method: name, trainLoss: figures.trainLoss, trainErrorPercent: figures.trainErrorPercent,
      testErrorPercent: figures.testErrorPercent, ratio: model?.ratio ?? 1, seconds: took,
      bits: model?.bits ?? size, networkRatio: model?.networkRatio ?? 1,
      fileBytes: try model?.fileSize() ?? size / 8)
  }
}
