import LinearAlgebra

/// What the program does not know of its arguments, on one line, with what was perhaps meant.
enum Mistyped {
  /// - Throws: `Failure.usage` for a first word that is no command, also behind `help`.
  static func checkCommand(of words: [String]) throws {
    let isHelp = words.first == "help"
    let known = LC.commands + (isHelp ? HelpTopic.names : ["help"])
    guard let word = isHelp ? words.dropFirst().first : words.first, !word.hasPrefix("-"),
      !known.contains(word)
    else { return }
    let what = isHelp ? "neither a command nor a topic of lc" : "no command of lc"
    throw Failure.usage("'\(word)' is \(what)\(choice(for: word, of: known))")
  }

  /// What the argument parser finds wrong with a word; none where its own message says it as well.
  static func failure(behind error: any Error, in words: [String]) -> Failure? {
    guard LC.exitCode(for: error) == .validationFailure else { return nil }
    return unknownOption(in: words) ?? unknownValue(LC.message(for: error)).map(Failure.usage)
  }

  /// Told first, for the parser speaks of options that are missing before those that it does not know.
  private static func unknownOption(in words: [String]) -> Failure? {
    if let first = words.first, first.hasPrefix("-") {
      let guess = closestWords(to: first, of: ["--help", "--version", "-h"]).first
      return guess.map { .usage("lc has no option '\(first)'; did you mean '\($0)'?") }
    }
    guard let command = CommandOptions(of: words.first) else { return nil }
    let names = words.dropFirst().filter { $0.hasPrefix("--") && $0 != "--" }
      .map { String($0.dropFirst(2).prefix { $0 != "=" }) }
    return names.first { !command.names.contains($0) }
      .map { .usage("'lc \(command.command)' has no option '--\($0)'" + command.advice(on: $0)) }
  }

  /// Of a choice between words: which there are, on one line.
  static func unknownValue(_ message: String) -> String? {
    let parts = message.split(separator: "'", omittingEmptySubsequences: false)
    guard message.contains("The value '"), let choices = message.range(of: "Please provide "),
      parts.count > 3, let option = parts[3].split(separator: " ").first
    else { return nil }
    let rest = message[choices.upperBound...]
    let lines = rest.split(separator: "\n").filter { $0.hasPrefix("  - ") }.map { $0.dropFirst(4) }
    let quoted = rest.prefix { $0 != "\n" }.split(
      separator: "'", omittingEmptySubsequences: false)
    let words =
      (lines.isEmpty ? quoted.enumerated().filter { $0.offset % 2 == 1 }.map(\.element) : lines)
      .map(String.init)
    guard !words.isEmpty else { return nil }
    return "\(option) must be one of \(words.joined(separator: ", ")), found '\(parts[1])'"
      + suggestion(for: String(parts[1]), of: words)
  }

  /// The parser's message on one line.
  static func message(for error: any Error) -> String {
    let message = LC.message(for: error).replacing("Error: ", with: "")
    if let text = unknownValue(message) { return text }
    return message.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
  }
}
