import ArgumentParser
import LearningCompression

/// Methods one after the other, each with its share of the steps: `straight-through 40%, lc 40%, retrain 20%`.
struct PhaseList: ExpressibleByArgument, CustomStringConvertible {
  let shares: [MethodShare]

  init?(argument: String) {
    var shares: [MethodShare] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let words = part.split(separator: " ")
      guard words.count == 2, let method = Method(rawValue: String(words[0])),
        method != .direct, method != .auto, words[1].hasSuffix("%"),
        let percent = Double(words[1].dropLast()), percent > 0,
        percent <= 100
      else { return nil }
      shares.append(MethodShare(method, percent / 100))
    }
    guard abs(shares.reduce(0) { $0 + $1.share } - 1) < 1e-8 else { return nil }
    self.shares = shares
  }

  var description: String {
    shares.map { "\($0.method.rawValue) \((1e10 * $0.share).rounded() / 1e8)%" }.joined(
      separator: ", ")
  }

  /// What the run is called in its table.
  var name: String { shares.map(\.method.rawValue).joined(separator: " → ") }

  /// - Throws: `Failure.usage` when there is less than a step for each.
  func check(steps: Int) throws {
    guard shares.steps(of: steps).allSatisfy({ $0 > 0 }) else {
      throw Failure.usage(
        "--phases needs a step for each of its \(shares.count) methods, found \(steps) steps")
    }
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
    guard !shares.contains(where: { $0.method == .lc }) else { return }
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
    try check(steps: steps)
    return try zip(shares, shares.steps(of: steps)).compactMap { entry, steps in
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
