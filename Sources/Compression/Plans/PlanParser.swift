// The plan language:
//
//   plan      = task { ";" task }
//   task      = selection ":" operator { "+" operator }
//   selection = pattern | view "(" pattern { "," pattern } ")"     view = joint, each, vector, matrix
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

private struct PlanParser {
  let text: String
  let characters: [Character]
  let catalogue: OperatorCatalogue
  var position = 0

  init(text: String, catalogue: OperatorCatalogue) {
    // One line, so that the mark under a mistake stands where it should.
    self.text = String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
    characters = Array(self.text)
    self.catalogue = catalogue
  }

  mutating func plan() throws -> [CompressionTask] {
    var tasks = [try task()]
    while take(";") {
      skipBlanks()
      if position == characters.count { break }
      tasks.append(try task())
    }
    guard position == characters.count else {
      throw mistake("expected '+', ';' or the end, found '\(characters[position])'")
    }
    return tasks
  }

  private mutating func task() throws -> CompressionTask {
    let selection = try selection()
    try expect(":", after: "the selection")
    var operations = [try operation()]
    while take("+") { operations.append(try operation()) }
    return CompressionTask(
      selection, operations.count == 1 ? operations[0] : CompressionSum(operations))
  }

  private mutating func selection() throws -> Selection {
    skipBlanks()
    let start = position
    let word = read { !":;,()+".contains($0) }
    if position < characters.count, characters[position] == "(" {
      guard let view = Selection.View(rawValue: word) else {
        if let tensors = word.split(separator: " ").first, tensors.count < word.count {
          throw mistake("':' was expected between '\(tensors)' and the operator", at: start)
        }
        throw mistake(
          "unknown view '\(word)'; there are: "
            + Selection.View.allCases.map(\.rawValue).joined(separator: ", "), at: start)
      }
      position += 1
      var patterns: [NamePattern] = []
      repeat { patterns.append(try pattern(read { !":;,()+".contains($0) })) } while take(",")
      try expect(")", after: "the patterns")
      return Selection(view, patterns)
    }
    return Selection(.each, [try pattern(word)])
  }

  private func pattern(_ word: String) throws -> NamePattern {
    guard !word.isEmpty else {
      throw mistake("expected a parameter's name or a pattern such as *.weight")
    }
    return NamePattern(word)
  }

  private mutating func operation() throws -> any CompressionOperator {
    skipBlanks()
    let start = position
    let name = read { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
    guard !name.isEmpty else { throw mistake("expected an operator such as quantize(k=2)") }
    if name == "sum" { return try sum() }
    guard let entry = catalogue.entry(named: name) else {
      throw mistake(
        "unknown operator '\(name)'; there are: "
          + catalogue.entries.map(\.name).joined(separator: ", "), at: start)
    }
    let arguments = try arguments(of: entry)
    var readable = OperatorArguments(
      operation: name, plan: text, offset: start, arguments: arguments)
    do {
      return try entry.make(&readable)
    } catch CompressionError.invalidParameter(_, let parameter, let value, let expected) {
      throw mistake(
        "\(name): \(parameter) must be \(expected), found \(value)",
        at: arguments[parameter]?.offset ?? start)
    }
  }

  /// `sum(A + B, rounds=N, restarts=N)`: a sum with options of its own.
  private mutating func sum() throws -> any CompressionOperator {
    try expect("(", after: "sum")
    var parts = [try operation()]
    while take("+") { parts.append(try operation()) }
    var options = ["rounds": 50, "restarts": 0]
    while take(",") {
      skipBlanks()
      let start = position
      let key = read { $0.isLetter }
      guard options[key] != nil, take("=") else {
        throw mistake("sum takes rounds=… and restarts=…", at: start)
      }
      skipBlanks()
      let valueStart = position
      let least = key == "rounds" ? 1 : 0
      guard let value = Int(read { $0.isNumber }), (least...10_000).contains(value) else {
        throw mistake("\(key) must be from \(least) to 10000", at: valueStart)
      }
      options[key] = value
    }
    try expect(")", after: "the sum")
    return CompressionSum(
      parts, rounds: options["rounds"] ?? 50, restarts: options["restarts"] ?? 0)
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
      let key = read { $0.isLetter || $0.isNumber || $0 == "_" }
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
        value = read { !",;()+".contains($0) }
        guard !value.isEmpty else { throw mistake("expected a value for \(key)", at: valueStart) }
      }
      guard arguments.updateValue(.init(text: value, offset: valueStart), forKey: key) == nil else {
        throw mistake("\(key) is given twice", at: start)
      }
    } while take(",")
    try expect(")", after: "the parameters")
    return arguments
  }

  /// Characters as long as they fit, without blanks around them.
  private mutating func read(while fits: (Character) -> Bool) -> String {
    skipBlanks()
    let start = position
    while position < characters.count, fits(characters[position]) { position += 1 }
    var end = position
    while end > start, characters[end - 1] == " " { end -= 1 }
    return String(characters[start..<end])
  }

  private mutating func take(_ character: Character) -> Bool {
    skipBlanks()
    guard position < characters.count, characters[position] == character else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Character, after what: String) throws {
    guard take(character) else {
      let found = position < characters.count ? "'\(characters[position])'" : "the end"
      throw mistake("expected '\(character)' after \(what), found \(found)")
    }
  }

  private mutating func skipBlanks() {
    while position < characters.count, characters[position] == " " { position += 1 }
  }

  private func mistake(_ message: String, at offset: Int? = nil) -> CompressionError {
    .syntax(plan: text, offset: offset ?? position, message: message)
  }
}
