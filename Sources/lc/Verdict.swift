import LearningCompression

/// How a run has ended.
enum Verdict: Equatable {
  /// w is that far from Δ(θ), so the loss was lowered for w.
  case away(distance: Double)
  /// So much of what direct compression loses is lost still, and the loss has not fallen lately.
  case stuck(share: Double)
  /// The loss fell by that share over the last quarter.
  case falling(share: Double)
  /// So much of what direct compression loses was won back.
  case done(share: Double)

  init(_ result: AlternationResult) {
    let (reference, direct) = (result.reference.trainLoss, result.direct.trainLoss)
    let lost = direct - reference
    let left = lost > 0 ? (result.compressed.trainLoss - reference) / lost : 0
    let losses = result.steps.compactMap { step in step.figures.map { (step.step, $0.trainLoss) } }
    let end = result.steps.last?.step ?? 0
    let before = losses.last { $0.0 <= end * 3 / 4 }?.1
    let fall = before.map { ($0 - result.compressed.trainLoss) / max($0, .leastNormalMagnitude) }
    if let distance = result.distance, distance > 0.1 {
      self = .away(distance: distance)
    } else if left > 0.9 {
      self = .stuck(share: left)
    } else if let fall, fall > 0.1, left > 0.02 {
      self = .falling(share: fall)
    } else {
      self = .done(share: 1 - left)
    }
  }

  /// One sentence, and what to change.
  func text(isDrivenByHand: Bool) -> String {
    func percent(_ share: Double) -> String { "\((100 * share).text(0)) %" }
    switch self {
    case .away(let distance):
      return
        "w ends at a distance of \(distance.text(2)) from Δ(θ) (‖w − Δ(θ)‖ / ‖w‖), so the loss was lowered for "
        + "w and not for the compressed network: give its last steps to --retrain-steps"
    case .stuck(let share):
      return
        "the run has stayed near direct compression: \(percent(share)) of what that adds to the training loss is "
        + "there still; " + (isDrivenByHand ? "make --mu smaller" : "give it more --epochs")
    case .falling(let share):
      return
        "the training loss still fell by \(percent(share)) in the last quarter: more --epochs will help"
    case .done(let share):
      return
        "the run was long enough: \(percent(min(1, share))) of what direct compression adds to the training loss "
        + "was won back"
    }
  }
}
