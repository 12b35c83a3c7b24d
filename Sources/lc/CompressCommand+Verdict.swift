import LearningCompression

extension CompressCommand {
  /// What is said at the end of a run.
  ///
  /// - Parameter rule: of this run.
  func lastLines(_ result: AlternationResult, rule: ScheduleRule, learning: NetworkLearning) throws
    -> [String]
  {
    guard !result.steps.isEmpty else { return [] }
    let verdict = Verdict(
      reference: result.reference.trainLoss, direct: result.direct.trainLoss,
      compressed: result.compressed.trainLoss, distance: result.distance ?? 0)
    var lines = verdict.map { [$0.text(isDrivenByHand: penalty.firstMu != nil)] } ?? []
    if task.method == .lc, task.phases == nil, penalty.firstMu == nil {
      let auto = ScheduleRule(.auto, budget: rule.budget, steps: rule.steps)
      let phases = try auto.alternation(from: result.start, learning: learning).phases
      let text = phases.map { "\($0.methodName) for \($0.steps)" }.joined(separator: ", ")
      lines.append("--method auto would run \(text) of the \(rule.steps) steps")
    }
    return lines
  }
}

extension Phase {
  /// As `--method` calls it.
  fileprivate var methodName: String {
    let method: Method =
      switch (coupling, freedom) {
      case (.penalty, _): .lc
      case (.straightThrough, _): .straightThrough
      case (.replacement, .fixed): .retrain
      case (.replacement, .gradual): .gradual
      case (.replacement, .full): .projection
      }
    return method.rawValue
  }
}
