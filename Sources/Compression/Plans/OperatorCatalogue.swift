/// The operators that the plan language knows, by name.
///
/// A value: a researcher's own operator is added with `adding`, and the new catalogue is handed to
/// the parser.
public struct OperatorCatalogue: Sendable {
  /// One operator of the language.
  public struct Entry: Sendable {
    /// The word before the parenthesis.
    public let name: String
    /// Such as `quantize(k=K)`.
    public let usage: String
    /// What it does, in a line for a help text.
    public let summary: String
    let parameters: [String]
    let make: @Sendable (inout OperatorArguments) throws -> any CompressionOperator
  }

  /// The operators, in the order in which they were added.
  public private(set) var entries: [Entry]

  /// The operator of that name, if there is one. O(entries).
  public func entry(named name: String) -> Entry? { entries.last { $0.name == name } }

  /// This catalogue and one more operator; it replaces one of the same name.
  ///
  /// - Parameters:
  ///   - parameters: all names of arguments: those that stand before `=`, and flags.
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
      "prune",
      usage:
        "prune(keep=1%|2662|N:M [, of=rows|columns|channels|kernels|BxC | along=row|inputs] [, bits=16 | k=K])",
      summary: "only the largest magnitudes kept: of weights, of N in each M, or of whole blocks",
      parameters: ["keep", "of", "along", "bits", "k"]
    ) { arguments in
      let values = try arguments.storedNumbers()
      if let (kept, run) = try arguments.runs("keep") {
        guard !arguments.has("of") else {
          throw CompressionError.invalidParameter(
            operator: "prune", parameter: "of", value: try arguments.text("of"),
            expected: "absent with keep=N:M")
        }
        return try RunPruning(
          keeping: kept, ofEach: run, along: arguments.choice("along", else: .row), values: values)
      }
      guard !arguments.has("along") else {
        throw CompressionError.invalidParameter(
          operator: "prune", parameter: "along", value: try arguments.text("along"),
          expected: "absent without keep=N:M")
      }
      let share = try arguments.share("keep")
      guard arguments.has("of") else { return try Pruning(keeping: share, values: values) }
      return try StructuredPruning(
        keeping: share, of: Structure(arguments.text("of"), operator: "prune"), values: values)
    }
    .adding(
      "l1ball", usage: "l1ball(radius=KAPPA)", summary: "magnitudes that sum to KAPPA at most",
      parameters: ["radius"]
    ) { try BallProjection(radius: $0.number("radius")) }
    .adding(
      "l0penalty", usage: "l0penalty(alpha=A)", summary: "A a weight that stays; hard threshold",
      parameters: ["alpha"]
    ) { try PenalisedPruning(strength: $0.number("alpha"), penalty: .count) }
    .adding(
      "l1penalty", usage: "l1penalty(alpha=A)", summary: "A times the magnitudes; soft threshold",
      parameters: ["alpha"]
    ) { try PenalisedPruning(strength: $0.number("alpha"), penalty: .magnitude) }
    .adding(
      "elastic", usage: "elastic(alpha=A, ridge=B)",
      summary: "A times the magnitudes, B/2 times the squares", parameters: ["alpha", "ridge"]
    ) {
      try PenalisedPruning(strength: $0.number("alpha"), penalty: .elastic($0.number("ridge")))
    }
    .adding(
      "grouplasso", usage: "grouplasso(alpha=A, of=rows|columns|channels|kernels|BxC [, single=S])",
      summary: "A times the groups' norms, a share S of it on single weights",
      parameters: ["alpha", "of", "single"]
    ) {
      try GroupLasso(
        strength: $0.number("alpha"), of: Structure($0.text("of"), operator: "grouplasso"),
        single: $0.has("single") ? $0.number("single") : 0)
    }
    .adding(
      "partial",
      usage:
        "partial(alpha=A, rows=50%, columns=50% [, width=W] [, single=S] [, step=subgradient])",
      summary: "A times the norms of the first rows, and of the first units' columns",
      parameters: ["alpha", "rows", "columns", "width", "single", "step"]
    ) {
      try PartialRegularisation(
        strength: $0.number("alpha"), rows: $0.has("rows") ? $0.share("rows") : nil,
        columns: $0.has("columns") ? $0.share("columns") : nil,
        width: $0.has("width") ? $0.integer("width") : 1,
        single: $0.has("single") ? $0.number("single") : 0,
        step: $0.choice("step", else: .proximal))
    }
    .adding(
      "lowrank",
      usage:
        "lowrank(r=R|10% | energy=90% | lambda=L [, cost=storage|flops] [, scheme=1|2|best] [, bits=16])",
      summary:
        "a matrix of rank R or that share of the full rank, of that energy, or of the rank that pays at L a number",
      parameters: ["r", "energy", "lambda", "cost", "scheme", "bits"]
    ) { arguments in
      let rules = ["r", "energy", "lambda"].filter(arguments.has)
      guard rules.count <= 1 else {
        throw CompressionError.invalidParameter(
          operator: "lowrank", parameter: rules[1], value: try arguments.text(rules[1]),
          expected: "absent with \(rules[0])")
      }
      let rank: LowRankApproximation.Rank
      switch rules.first {
      case "energy":
        guard case .fraction(let share) = try arguments.share("energy") else {
          throw CompressionError.invalidParameter(
            operator: "lowrank", parameter: "energy", value: try arguments.text("energy"),
            expected: "a share such as 90%")
        }
        rank = .energy(share)
      case "lambda":
        rank = .selected(
          try arguments.number("lambda"), try arguments.choice("cost", else: .storage))
      default:
        switch try arguments.share("r") {
        case .count(let count): rank = .fixed(count)
        case .fraction(let share): rank = .share(share)
        }
      }
      if arguments.has("cost"), !arguments.has("lambda") {
        throw CompressionError.invalidParameter(
          operator: "lowrank", parameter: "cost", value: try arguments.text("cost"),
          expected: "used with lambda")
      }
      return try LowRankApproximation(
        rank, scheme: arguments.choice("scheme", else: .one), numbers: arguments.storedNumbers())
    }
    .adding(
      "nuclear", usage: "nuclear(alpha=A [, rows=B])",
      summary: "A times the nuclear norm; singular values shrink, then rows by B",
      parameters: ["alpha", "rows"]
    ) {
      try NuclearNorm(
        strength: $0.number("alpha"), rows: $0.has("rows") ? $0.number("rows") : 0)
    }
}
