import ArgumentParser
import LearningCompression

/// Methods one after the other, each with its share of the steps: `straight-through 40%, lc 40%, retrain 20%`.
struct PhaseList: ExpressibleByArgument, CustomStringConvertible {
  let entries: [(method: Method, percent: Double)]

  init?(argument: String) {
    var entries: [(method: Method, percent: Double)] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let words = part.split(separator: " ")
      guard words.count == 2, let method = Method(rawValue: String(words[0])), method != .direct,
        words[1].hasSuffix("%"), let percent = Double(words[1].dropLast()), percent > 0,
        percent <= 100
      else { return nil }
      entries.append((method, percent))
    }
    guard abs(entries.reduce(0) { $0 + $1.percent } - 100) < 1e-6 else { return nil }
    self.entries = entries
  }

  var description: String {
    entries.map { "\($0.method.rawValue) \($0.percent)%" }.joined(separator: ", ")
  }

  /// What the run is called in its table.
  var name: String { entries.map(\.method.rawValue).joined(separator: " → ") }

  /// The steps of each, together as many as are given: what rounding down leaves goes to the first ones.
  ///
  /// - Throws: `Failure.usage` when there is less than a step for each.
  func steps(of total: Int) throws -> [Int] {
    var steps = entries.map { Int(Double(total) * $0.percent / 100) }
    var left = total - steps.reduce(0, +)
    for index in steps.indices where left > 0 {
      steps[index] += 1
      left -= 1
    }
    guard steps.allSatisfy({ $0 > 0 }) else {
      throw Failure.usage(
        "--phases needs a step for each of its \(entries.count) methods, found --steps \(total)")
    }
    return steps
  }

  /// What options of a method must not be given with it.
  ///
  /// - Throws: `ValidationError` for one that no phase heeds.
  func validate(method: Method, _ penalty: PenaltyOptions, every: String?) throws {
    guard method == .lc else { throw ValidationError("--phases and --method exclude each other") }
    guard penalty.retrainSteps == nil else {
      throw ValidationError(
        "--phases says how long each method is; retraining is one of them, not --retrain-steps")
    }
    guard !entries.contains(where: { $0.method == .lc }) else { return }
    let given: [(String, Bool)] = [
      ("--mu", penalty.mu != nil), ("--mu-growth", penalty.muGrowth != nil),
      ("--multipliers", penalty.multipliers != nil), ("--tolerance", penalty.tolerance != nil),
      ("--every", every != nil),
    ]
    if let wrong = given.first(where: \.1) {
      throw ValidationError("\(wrong.0) belongs to the phase lc, which --phases does not have")
    }
  }

  /// The phases of an alternation; `every` is heeded by `lc`, the others have periods of their own.
  ///
  /// - Throws: `Failure.usage` when there are too few steps.
  func phases(steps: Int, every: [Period], multipliers: Multipliers) throws -> [Phase] {
    try zip(entries, self.steps(of: steps)).compactMap { entry, steps in
      try entry.method.phase(
        steps: steps, every: entry.method == .lc ? every : [], multipliers: multipliers)
    }
  }
}

/// A phase of a run, for programs.
struct PhaseReport: Codable {
  let coupling: String
  let freedom: String
  let steps: Int

  init(_ phase: Phase) {
    coupling =
      switch phase.coupling {
      case .penalty: "penalty"
      case .replacement: "replacement"
      case .straightThrough: "straight-through"
      }
    freedom =
      switch phase.freedom {
      case .full: "full"
      case .fixed: "fixed"
      case .gradual: "gradual"
      }
    steps = phase.steps
  }
}
