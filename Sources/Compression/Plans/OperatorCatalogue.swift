/// The operators that the plan language knows, by name.
///
/// A value: a researcher's own operator is added with `adding`, and the new catalogue is handed to
/// the parser.
public struct OperatorCatalogue: Sendable {
  /// One operator of the language.
  public struct Entry: Sendable {
    public let name: String
    /// Such as `quantize(k=K)`.
    public let usage: String
    public let summary: String
    let parameters: [String]
    let make: @Sendable (inout OperatorArguments) throws -> any CompressionOperator
  }

  public private(set) var entries: [Entry]

  public func entry(named name: String) -> Entry? { entries.last { $0.name == name } }

  /// This catalogue and one more operator; it replaces one of the same name.
  ///
  /// - Parameters:
  ///   - parameters: the names that may stand before `=`.
  ///   - make: reads the arguments it needs and makes the operator.
  public func adding(
    _ name: String, usage: String, summary: String, parameters: [String],
    make: @escaping @Sendable (inout OperatorArguments) throws -> any CompressionOperator
  ) -> OperatorCatalogue {
    var copy = self
    copy.entries.removeAll { $0.name == name }
    copy.entries.append(
      Entry(name: name, usage: usage, summary: summary, parameters: parameters, make: make))
    return copy
  }

  /// The operators of this package.
  public static let standard = OperatorCatalogue(entries: [])
    .adding(
      "quantize", usage: "quantize(k=K [, exact | restarts=N | zero] [, per=row|G])",
      summary: "K learnt values (one-dimensional k-means)",
      parameters: ["k", "exact", "restarts", "zero", "per"]
    ) { arguments in
      let solver: AdaptiveQuantization.Solver =
        if try arguments.flag("exact") {
          .exact
        } else if arguments.has("restarts") {
          .restarts(try arguments.integer("restarts"))
        } else {
          .lloyd
        }
      return try AdaptiveQuantization(
        levels: arguments.integer("k"), solver: solver, keepsZero: arguments.flag("zero"),
        per: arguments.grouping())
    }
    .adding(
      "sign", usage: "sign()", summary: "−1 or 1", parameters: []
    ) { _ in SignQuantization() }
    .adding(
      "binary", usage: "binary([per=row|G])", summary: "−a or a, the scale a learnt",
      parameters: ["per"]
    ) { BinaryQuantization(per: try $0.grouping()) }
    .adding(
      "ternary", usage: "ternary([per=row|G])", summary: "−a, 0 or a, the scale a learnt",
      parameters: ["per"]
    ) { TernaryQuantization(per: try $0.grouping()) }
    .adding(
      "powers", usage: "powers(c=C [, top=E] [, per=row|G])",
      summary: "0 or ±2^E … ±2^(E−C), the exponent E learnt unless given",
      parameters: ["c", "top", "per"]
    ) {
      try PowerOfTwoQuantization(
        depth: $0.integer("c"), top: $0.has("top") ? $0.integer("top") : nil, per: $0.grouping())
    }
    .adding(
      "uniform", usage: "uniform(b=BITS [, affine] [, per=row|G])",
      summary: "equally spaced values: symmetric about 0, or affine with an offset",
      parameters: ["b", "affine", "per"]
    ) {
      try UniformQuantization(
        bits: $0.integer("b"), affine: $0.flag("affine"), per: $0.grouping())
    }
    .adding(
      "prune", usage: "prune(keep=1%) or prune(keep=2662)",
      summary: "only the largest magnitudes kept", parameters: ["keep"]
    ) { try Pruning(keeping: $0.share("keep")) }
    .adding(
      "lowrank", usage: "lowrank(r=R)", summary: "a matrix of rank R (truncated SVD)",
      parameters: ["r"]
    ) { try LowRankApproximation(rank: $0.integer("r")) }
}

/// The arguments that stand in an operator's parentheses.
public struct OperatorArguments {
  struct Argument {
    let text: String
    let offset: Int
  }
  let operation: String
  let plan: String
  /// Where the operator's name stands.
  let offset: Int
  let arguments: [String: Argument]

  /// The argument as a whole number.
  public func integer(_ name: String) throws -> Int {
    let argument = try self.argument(name)
    guard let value = Int(argument.text) else {
      throw wrong(argument, "\(name) must be a whole number, found '\(argument.text)'")
    }
    return value
  }

  /// The argument as a number.
  public func number(_ name: String) throws -> Double {
    let argument = try self.argument(name)
    guard let value = Double(argument.text), value.isFinite else {
      throw wrong(argument, "\(name) must be a number, found '\(argument.text)'")
    }
    return value
  }

  /// The argument as a count (`2662`) or a share (`1%`).
  public func share(_ name: String) throws -> Share {
    let argument = try self.argument(name)
    if argument.text.hasSuffix("%"), let percent = Double(argument.text.dropLast()),
      percent.isFinite
    {
      return .fraction(percent / 100)
    }
    guard let count = Int(argument.text) else {
      throw wrong(
        argument,
        "\(name) must be a share such as 1% or a count such as 2662, found '\(argument.text)'")
    }
    return .count(count)
  }

  /// Whether a word without a value, such as `exact`, is given.
  public func flag(_ name: String) throws -> Bool {
    guard let argument = arguments[name] else { return false }
    guard argument.text.isEmpty else {
      throw wrong(argument, "\(name) takes no value, found '\(argument.text)'")
    }
    return true
  }

  /// The argument `per`: `view`, `row` or a number of weights.
  public func grouping() throws -> Grouping {
    guard let argument = arguments["per"] else { return .view }
    switch argument.text {
    case "view": return .view
    case "row": return .row
    default: return .weights(try integer("per"))
    }
  }

  /// Whether the argument is given.
  public func has(_ name: String) -> Bool { arguments[name] != nil }

  private func argument(_ name: String) throws -> Argument {
    guard let argument = arguments[name] else {
      throw CompressionError.syntax(
        plan: plan, offset: offset, message: "\(operation) needs \(name)=…")
    }
    return argument
  }

  private func wrong(_ argument: Argument, _ message: String) -> CompressionError {
    .syntax(plan: plan, offset: argument.offset, message: message)
  }
}
