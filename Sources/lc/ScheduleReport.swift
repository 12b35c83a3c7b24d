import LearningCompression

/// The settings of a run, given or found, for programs and for people.
struct ScheduleReport: Codable {
  struct Ends: Codable {
    let first: Float
    let last: Float
  }

  /// Of the steps with a penalty; none without one.
  let mu: Ends?
  /// The mini-batches or epochs between two C steps with a penalty, as --every has them.
  let every: String?
  let multipliers: String?
  let steps: Int
  let phases: [PhaseReport]
  /// h of L(Δ) = L(w) + h/2·‖w − Δ‖² for direct compression Δ; none where it loses nothing.
  let curvature: Double?
  /// μ that balances the operators' prices, where it was sought; none elsewhere.
  let balance: Double?
  /// How far all mini-batches go along a constant gradient of length 1.
  let reach: Double

  init(_ alternation: Alternation, _ start: Start, reach: Double) {
    steps = alternation.schedule.steps
    phases = alternation.phases.map(PhaseReport.init)
    curvature = start.curvature
    balance = start.balance
    self.reach = reach
    let penalised = (0..<steps).filter { alternation.coupling(ofStep: $0).isSoft }
    mu =
      if let first = penalised.first, let last = penalised.last {
        Ends(first: alternation.mu(step: first), last: alternation.mu(step: last))
      } else {
        nil
      }
    let phase = alternation.phases.first { $0.coupling.isSoft && $0.steps > 0 }
    every = phase.map {
      $0.every.isEmpty ? "each step" : $0.every.map(\.description).joined(separator: ",")
    }
    multipliers = phase.flatMap {
      if case .penalty(let multipliers) = $0.coupling { multipliers.rawValue } else { nil }
    }
  }

  /// What --explain prints.
  ///
  /// - Parameter epochs: of the whole run, where the settings follow from it.
  func explanation(_ start: Start, epochs: Double?) -> String {
    var lines: [String] = []
    let way = start.squaredDistance.squareRoot()
    let share = start.squaredNorm > 0 ? way / start.squaredNorm.squareRoot() : 0
    let (before, after) = (start.reference.trainLoss, start.direct.trainLoss)
    lines.append(
      "direct compression moves the weights by \(way.threeDigits), \((100 * share).threeDigits) % of their length, "
        + "and the training loss from \(before.threeDigits) to \(after.threeDigits)")
    if let balance {
      lines.append(
        "a price is weighed at μ = \(balance.threeDigits), where it balances the loss's curvature"
          + (curvature.map { ", here h = \($0.threeDigits)" } ?? ""))
    } else if let h = curvature {
      lines.append(
        "so the loss's curvature on the way is h = \(h.threeDigits), in which μ is measured")
    } else {
      lines.append("so it loses nothing, and μ is measured in 1/T, T = \(reach.threeDigits)")
    }
    if let epochs {
      lines.append(
        "for a run of \(epochs.threeDigits) epochs with operators of this kind follow")
    }
    for phase in phases {
      lines.append(
        "\(phase.steps) of \(steps) steps: \(phase.coupling), "
          + (phase.freedom == "full" ? "all of θ is free" : "\(phase.freedom) structure"))
    }
    if let mu, let every, let multipliers {
      let ends = mu.first == mu.last ? [mu.first] : [mu.first, mu.last]
      let absolute = ends.map(\.threeDigits).joined(separator: " to ")
      let relative =
        (balance == nil ? curvature : nil).map { h in
          ", " + ends.map { "\((Double($0) / h).threeDigits)·h" }.joined(separator: " to ")
        } ?? ""
      lines.append(
        (ends.count > 1 ? "μ from " : "μ ") + "\(absolute)\(relative); a C step "
          + (every == "each step" ? every : "every \(every)") + "; multipliers \(multipliers)")
    }
    return lines.joined(separator: "\n")
  }
}
