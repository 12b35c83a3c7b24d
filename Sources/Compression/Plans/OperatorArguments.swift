import LinearAlgebra

/// The arguments that stand in an operator's parentheses.
public struct OperatorArguments {
  struct Argument {
    let text: String
    let offset: Int
  }
  let `operator`: String
  let plan: String
  /// Where the operator's name stands.
  let offset: Int
  let arguments: [String: Argument]

  /// The argument as a whole number.
  public func integer(_ name: String) throws -> Int {
    let argument = try self.argument(name)
    guard let value = Int(decimal: argument.text) else {
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
    guard let count = Int(decimal: argument.text) else {
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

  /// The argument as it stands.
  public func text(_ name: String) throws -> String { try argument(name).text }

  /// The argument as one of a type's cases, by their raw values.
  public func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, else other: Choice
  ) throws -> Choice where Choice.RawValue == String {
    guard let argument = arguments[name] else { return other }
    guard let choice = Choice(rawValue: argument.text) else {
      let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw wrong(argument, "\(name) must be one of \(all), found '\(argument.text)'")
    }
    return choice
  }

  /// The arguments `bits` (16 or 32) and `k`: how numbers are stored.
  public func storedNumbers() throws -> StoredNumbers {
    if let levels = arguments["k"] {
      guard !has("bits") else { throw wrong(levels, "bits and k exclude each other") }
      return .levels(try integer("k"))
    }
    guard let argument = arguments["bits"] else { return .float32 }
    switch argument.text {
    case "16": return .float16
    case "32": return .float32
    default: throw wrong(argument, "bits must be 16 or 32, found '\(argument.text)'")
    }
  }

  /// The argument as `N:M`; none where it has no colon.
  func runs(_ name: String) throws -> (Int, Int)? {
    let argument = try self.argument(name)
    let parts = argument.text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count > 1 else { return nil }
    guard parts.count == 2, let kept = Int(parts[0]), let run = Int(parts[1]) else {
      throw wrong(argument, "\(name) must be N:M such as 2:4, found '\(argument.text)'")
    }
    return (kept, run)
  }

  /// Whether the argument is given.
  public func has(_ name: String) -> Bool { arguments[name] != nil }

  private func argument(_ name: String) throws -> Argument {
    guard let argument = arguments[name] else {
      throw CompressionError.syntax(
        plan: plan, offset: offset, message: "\(`operator`) needs \(name)=…")
    }
    return argument
  }

  private func wrong(_ argument: Argument, _ message: String) -> CompressionError {
    .syntax(plan: plan, offset: argument.offset, message: message)
  }
}
