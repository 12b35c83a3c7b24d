import LearningCompression

/// How a run has ended.
enum Verdict: Equatable {
  /// w is that far from Δ(θ), so the loss was lowered for w.
  case away(distance: Double)
  /// The training loss ended above that of direct compression.
  case worse(loss: Double, direct: Double)
  /// So much of what direct compression loses is lost still.
  case stuck(share: Double)
  /// So much of what direct compression loses was won back, which is not most of it.
  case short(share: Double)
  /// So much of what direct compression loses was won back.
  case done(share: Double)
  /// Direct compression loses nothing.
  case nothingLost

  /// - Parameters:
  ///   - reference: the training loss of w at the beginning; `direct` and `compressed`, of Δ(θ) there and at the end.
  ///   - distance: ‖w − Δ(θ)‖ / ‖w‖ at the end.
  /// - Returns: none where a loss is not finite.
  init?(reference: Double, direct: Double, compressed: Double, distance: Double) {
    guard reference.isFinite, direct.isFinite, compressed.isFinite else { return nil }
    let lost = direct - reference
    let left = lost > 0 ? (compressed - reference) / lost : 0
    if distance > 0.1 {
      self = .away(distance: distance)
    } else if compressed > 1.1 * max(direct, reference) {
      self = .worse(loss: compressed, direct: direct)
    } else if lost <= 0 {
      self = .nothingLost
    } else if left > 0.9 {
      self = .stuck(share: left)
    } else if left > 0.2 {
      self = .short(share: 1 - left)
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
        + "w and not for the compressed network: give its last steps to retraining "
        + "(--retrain-steps)"
    case .worse(let loss, let direct):
      return
        "the training loss ended at \(loss.threeDigits), above the \(direct.threeDigits) of direct compression: try a "
        + "smaller --learning-rate"
    case .stuck(let share):
      return
        "the run has stayed near direct compression: \(percent(share)) of what that adds to the training loss is "
        + "there still; "
        + (isDrivenByHand ? "make --mu smaller" : "give it a longer run (--epochs)")
    case .short(let share):
      return "\(percent(share)) of what direct compression adds to the training loss was won back; "
        + "a longer run (--epochs) may win more"
    case .done(let share):
      return
        "the run was long enough: \(percent(min(1, share))) of what direct compression adds to "
        + "the training loss was won back"
    case .nothingLost:
      return "direct compression adds nothing to the training loss: a stronger plan may do as well"
    }
  }
}
