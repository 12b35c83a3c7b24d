import ArgumentParser
import Compression
import LearningCompression
import NeuralNetwork

extension Method: ExpressibleByArgument {}

/// The penalty μ of the first step: a number, or what follows from the run.
enum MuOption: Equatable, ExpressibleByArgument, CustomStringConvertible {
  case auto
  case value(Double)

  init?(argument: String) {
    if argument == "auto" {
      self = .auto
    } else if let value = Double(argument) {
      self = .value(value)
    } else {
      return nil
    }
  }

  var description: String {
    switch self {
    case .auto: "auto"
    case .value(let value): "\(value)"
    }
  }
}

/// The quadratic penalty of the LC algorithm.
struct PenaltyOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The penalty μ of the first step; auto: it and all that is not given here follow from the run's length and "
        + "from what direct compression costs, see --explain (default: auto).", valueName: "mu|auto"
    ))
  var mu: MuOption?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "μ is multiplied by this after each step (default: with a number for --mu "
        + "\(PenaltySchedule.usualGrowth)).",
      valueName: "factor"))
  var muGrowth: Double?

  @Option(
    help: ArgumentHelp(
      "Multipliers λ: on (augmented Lagrangian), off (quadratic penalty), or damped: they move less "
        + "where few mini-batches lie between two C steps (default: with a number for --mu on).",
      valueName: "off|on|damped"))
  var multipliers: Multipliers?

  @Option(parsing: .unconditional, help: "Stop when ‖w − Δ(θ)‖ / ‖w‖ is no more than this.")
  var tolerance: Double?

  @Option(
    whole: """
      The last so many of the steps go on from w = Δ(θ) with codes, places and ranks fixed, as \
      --method retrain does (default: with a number for --mu 0).
      """)
  var retrainSteps: Int?

  /// Where the penalty is driven by hand.
  var firstMu: Double? { if case .value(let mu) = mu { mu } else { nil } }
  var growth: Double { muGrowth ?? PenaltySchedule.usualGrowth }
  /// The relative distance of w from Δ(θ) at which a result counts as feasible.
  var nearEnough: Double { max(tolerance ?? 0, 0.01) }

  func validate(for method: Method) throws {
    if retrainSteps != nil, method == .direct || method == .retrain {
      throw ValidationError(
        "--retrain-steps belongs to a method that is followed by retraining, found --method \(method.rawValue)"
      )
    }
    guard method != .lc else { return }
    // Direct compression by an operator with a cost needs μ.
    let given: [(String, Bool)] = [
      ("--mu", firstMu != nil && method != .direct), ("--mu-growth", muGrowth != nil),
      ("--multipliers", multipliers != nil), ("--tolerance", tolerance != nil),
    ]
    if let wrong = given.first(where: \.1) {
      throw ValidationError("\(wrong.0) belongs to --method lc, found --method \(method.rawValue)")
    }
  }

  var description: [String: String] {
    var all = ["--mu": "\(mu ?? .auto)", "--tolerance": "\(tolerance ?? 0)"]
    if firstMu != nil || muGrowth != nil { all["--mu-growth"] = "\(growth)" }
    if firstMu != nil || multipliers != nil {
      all["--multipliers"] = (multipliers ?? .on).rawValue
    }
    if let retrainSteps { all["--retrain-steps"] = "\(retrainSteps)" }
    return all
  }
}

/// What `--method partial` penalises, where no plan says it.
struct PartialOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: "With --method partial and no plan: the strength α of the penalty.")
  var strength: Double?

  @Option(help: "The share of each hidden layer's units that is penalised (default: 50%).")
  var share: String?

  @Option(help: "Which of their weights: incoming, outgoing, both (default: incoming).")
  var sides: PartialSides?

  @Option(
    parsing: .unconditional,
    help: "The share of the penalty on single weights: 0 group lasso, 1 ℓ₁ (default: 0).")
  var single: Double?

  @Option(help: "The step along the penalty: proximal or subgradient (default: proximal).")
  var partialStep: PartialRegularisation.Step?

  func validate(for method: Method, hasPlan: Bool) throws {
    let given: [(String, Bool)] = [
      ("--strength", strength != nil), ("--share", share != nil), ("--sides", sides != nil),
      ("--single", single != nil), ("--partial-step", partialStep != nil),
    ]
    if let extra = given.first(where: \.1), method != .partial || hasPlan {
      throw ValidationError("\(extra.0) belongs to --method partial without --compress")
    }
    if !hasPlan, method != .partial || strength == nil {
      throw ValidationError(
        method == .partial
          ? "--method partial needs --strength, or --compress with a plan"
          : "--compress is missing: what is compressed, and how")
    }
    if let share, parsedShare == nil {
      throw ValidationError("--share must be a share such as 50%, found '\(share)'")
    }
  }

  private var parsedShare: Share? {
    guard let share else { return .fraction(0.5) }
    guard share.hasSuffix("%"), let percent = Double(share.dropLast()), percent > 0, percent <= 100
    else { return nil }
    return .fraction(percent / 100)
  }

  func plan(for definition: NetworkDefinition) throws -> CompressionPlan {
    try .partial(
      for: definition, strength: strength ?? 0, share: parsedShare ?? .fraction(0.5),
      sides: sides ?? .incoming, single: single ?? 0, step: partialStep ?? .proximal)
  }
}

extension Multipliers: ExpressibleByArgument {}
extension PartialSides: ExpressibleByArgument {}
extension PartialRegularisation.Step: ExpressibleByArgument {}
