import LinearAlgebra

// The plan language:
//
//   plan      = task { ";" task }
//   task      = selection ":" operator { "+" operator }
//   selection = list | view "(" list ")"                           view = joint, each, vector, matrix
//   list      = item { "," item }
//   item      = [ "!" ] pattern          quoted stretches of it stand for themselves: 'a', "b", 'it''s'
//   argument  = key "=" value | flag
//   operator  = name "(" [ argument { "," argument } ] ")"
//             | "sum" "(" operator { "+" operator } { "," key "=" number } ")"

extension CompressionPlan {
  /// Reads a plan.
  ///
  /// - Throws: `CompressionError.syntax`, which points at the character.
  public init(parsing text: String, catalogue: OperatorCatalogue = .standard) throws {
    var parser = PlanParser(text: text, catalogue: catalogue)
    self.init(try parser.plan())
  }
}

struct PlanParser {
  /// Sums in sums, and parts of a sum, that a compressed model can hold.
  private static let deepest = 4
  private static let widest = 64

  /// The plan on one line, so that the mark under a mistake stands where it should.
  private let text: String
  /// As it was given; names in quotes may hold ends of lines.
  let scalars: [Unicode.Scalar]
  /// The character of `text` that holds each of them.
  private let characters: [Int]
  private let catalogue: OperatorCatalogue
  var position = 0

  init(text: String, catalogue: OperatorCatalogue) {
    scalars = Array(text.unicodeScalars)
    var line = String.UnicodeScalarView()
    line.append(
      contentsOf: scalars.map { scalar in
        Self.isBlank(scalar)
          ? " " : scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar
      })
    self.text = String(line)
    characters =
      self.text.enumerated().flatMap { [Int](repeating: $0, count: $1.unicodeScalars.count) }
      + [self.text.count]
    self.catalogue = catalogue
  }

  mutating func plan() throws -> [CompressionTask] {
    var tasks = [try task()]
    while take(";") {
      skipBlanks()
      if position == scalars.count { break }
      tasks.append(try task())
    }
    guard position == scalars.count else {
      throw mistake("expected '+', ';' or the end, found \(found)")
    }
    return tasks
  }

  private mutating func task() throws -> CompressionTask {
    skipBlanks()
    let start = position
    let selection = try selection()
    guard take(":") else {
      throw mistake("expected ':' after the selection, found \(found)" + quotingHint(from: start))
    }
    skipBlanks()
    let first = position
    do {
      var operators = [try `operator`()]
      while take("+") { operators.append(try `operator`()) }
      let `operator` = operators.count == 1 ? operators[0] : CompressionSum(operators)
      try checkSize(`operator`, at: first)
      return CompressionTask(selection, `operator`)
    } catch let UnknownOperator.at(offset, message) {
      throw mistake(message + quotingHint(from: start), at: offset)
    }
  }

  private enum UnknownOperator: Error { case at(Int, String) }

  private mutating func `operator`(depth: Int = 0) throws -> any CompressionOperator {
    skipBlanks()
    let start = position
    let name = read { Self.isWord($0) || $0 == "-" }
    guard !name.isEmpty else {
      throw UnknownOperator.at(start, "expected an operator such as quantize(k=2)")
    }
    if name == "sum" { return try sum(depth: depth + 1) }
    guard let entry = catalogue.entry(named: name) else {
      throw UnknownOperator.at(
        start,
        "unknown operator '\(name)'"
          + choice(for: name, of: catalogue.entries.map(\.name) + ["sum"]))
    }
    let arguments = try arguments(of: entry)
    var readable = OperatorArguments(
      operator: name, plan: text, offset: characters[start], arguments: arguments)
    do {
      return try entry.make(&readable)
    } catch CompressionError.invalidParameter(_, let parameter, let value, let expected) {
      throw CompressionError.syntax(
        plan: text, offset: arguments[parameter]?.offset ?? characters[start],
        message: "\(name): \(parameter) must be \(expected), found \(value)")
    }
  }

  /// `sum(A + B, rounds=N, restarts=N)`: a sum with options of its own.
  private mutating func sum(depth: Int) throws -> any CompressionOperator {
    // The recursion is bounded before it is too deep for the stack.
    guard depth <= Self.deepest else {
      throw mistake("sums of sums may be \(Self.deepest) deep")
    }
    try expect("(", after: "sum")
    var parts = [try `operator`(depth: depth)]
    while take("+") { parts.append(try `operator`(depth: depth)) }
    var options = ["rounds": 50, "restarts": 0]
    while take(",") {
      skipBlanks()
      let start = position
      let key = read(while: Self.isWord)
      guard options[key] != nil, take("=") else {
        throw mistake("sum takes rounds=… and restarts=…", at: start)
      }
      skipBlanks()
      let valueStart = position
      let least = key == "rounds" ? 1 : 0
      guard let value = Int(decimal: value()), (least...10_000).contains(value) else {
        throw mistake("\(key) must be from \(least) to 10000", at: valueStart)
      }
      options[key] = value
    }
    try expect(")", after: "the sum")
    return CompressionSum(
      parts, rounds: options["rounds"] ?? 50, restarts: options["restarts"] ?? 0)
  }

  /// A compressed model holds no larger sums.
  private func checkSize(_ `operator`: any CompressionOperator, at offset: Int) throws {
    func depth(_ `operator`: any CompressionOperator) throws -> Int {
      guard let sum = `operator` as? CompressionSum else { return 0 }
      guard sum.parts.count <= Self.widest else {
        throw mistake("a sum may have \(Self.widest) parts, found \(sum.parts.count)", at: offset)
      }
      return 1 + (try sum.parts.map(depth).max() ?? 0)
    }
    guard try depth(`operator`) <= Self.deepest else {
      throw mistake("sums of sums may be \(Self.deepest) deep", at: offset)
    }
  }

  private mutating func arguments(of entry: OperatorCatalogue.Entry) throws -> [String:
    OperatorArguments.Argument]
  {
    var arguments: [String: OperatorArguments.Argument] = [:]
    guard take("(") else { return arguments }
    if take(")") { return arguments }
    repeat {
      skipBlanks()
      let start = position
      let key = read(while: Self.isWord)
      guard entry.parameters.contains(key) else {
        throw mistake(
          entry.parameters.isEmpty
            ? "\(entry.name) takes no parameters"
            : "\(entry.name) has no parameter '\(key)'; usage: \(entry.usage)", at: start)
      }
      var value = ""
      var valueStart = start
      // A word by itself is a flag, such as `exact`; whether it may be one the operator says.
      if take("=") {
        skipBlanks()
        valueStart = position
        value = self.value()
        guard !value.isEmpty else { throw mistake("expected a value for \(key)", at: valueStart) }
      }
      let argument = OperatorArguments.Argument(text: value, offset: characters[valueStart])
      guard arguments.updateValue(argument, forKey: key) == nil else {
        throw mistake("\(key) is given twice", at: start)
      }
    } while take(",")
    try expect(")", after: "the parameters")
    return arguments
  }

  /// What stands behind `=`; a `+` is part of it where a number's sign may stand, as in `1e+20`.
  private mutating func value() -> String {
    var last: Unicode.Scalar?
    return read { scalar in
      defer { last = scalar }
      if scalar == "+" { return last == nil || last == "e" || last == "E" }
      return ![",", ";", "(", ")"].contains(scalar)
    }
  }
}

// Letters and blanks.
extension PlanParser {
  static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || scalar == "\t" || Character(scalar).isNewline
  }

  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    let character = Character(scalar)
    return character.isLetter || character.isNumber || scalar == "_"
  }

  /// Characters as long as they fit, without blanks around them.
  private mutating func read(while fits: (Unicode.Scalar) -> Bool) -> String {
    skipBlanks()
    let start = position
    while position < scalars.count, fits(scalars[position]) { position += 1 }
    var end = position
    while end > start, Self.isBlank(scalars[end - 1]) { end -= 1 }
    var word = String.UnicodeScalarView()
    word.append(contentsOf: scalars[start..<end])
    return String(word)
  }

  mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard position < scalars.count, scalars[position] == scalar else { return false }
    position += 1
    return true
  }

  mutating func expect(_ scalar: Unicode.Scalar, after what: String) throws {
    guard take(scalar) else {
      throw mistake("expected '\(scalar)' after \(what), found \(found)")
    }
  }

  mutating func skipBlanks() {
    while position < scalars.count, Self.isBlank(scalars[position]) { position += 1 }
  }

  /// What stands here, for messages.
  var found: String {
    guard position < scalars.count else { return "the end" }
    let offset = characters[position]
    return "'\(text[text.index(text.startIndex, offsetBy: offset)])'"
  }

  func mistake(_ message: String, at offset: Int? = nil) -> CompressionError {
    .syntax(plan: text, offset: characters[offset ?? position], message: message)
  }
}
