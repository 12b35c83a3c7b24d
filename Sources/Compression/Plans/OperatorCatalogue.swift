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
      "quantize", usage: "quantize(k=K)", summary: "K learnt values (one-dimensional k-means)",
      parameters: ["k"]
    ) { try AdaptiveQuantization(levels: $0.integer("k")) }
    .adding(
      "binary", usage: "binary()", summary: "two values −a and a, the scale a learnt",
      parameters: []
    ) { _ in BinaryQuantization() }
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
