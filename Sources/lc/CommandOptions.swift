import ArgumentParser
import LinearAlgebra

/// Which options a command has, and which of them take a value; by its help.
struct CommandOptions {
  let command: String
  private let help: String

  /// None for a word that is no command.
  init?(of command: String?) {
    let found = LC.configuration.subcommands.first {
      $0.configuration.commandName == command
    }
    guard let command, let found else { return nil }
    self.command = command
    help = LC.helpMessage(for: found, columns: 1000)
  }

  /// Of its options, without the dashes.
  var names: [String] {
    help.split(separator: "\n").filter { $0.hasPrefix("  -") }.flatMap { line in
      line.split(whereSeparator: { " ,".contains($0) }).prefix(2).filter { $0.hasPrefix("--") }
        .map { String($0.dropFirst(2)) }
    }
  }

  /// What was perhaps meant by an option that it does not have.
  func advice(on option: String, dashes: String = "--") -> String {
    let guess = closestWords(to: option, of: names).first.map { "; did you mean '\(dashes)\($0)'?" }
    return (guess ?? ";") + " 'lc help \(command)' lists them"
  }

  /// Of an option in a recipe: whether the command has it, and takes what the recipe says.
  ///
  /// - Parameter isSwitched: whether that is true, yes, false or no, for flags only.
  /// - Returns: what is wrong.
  func objection(to option: String, isSwitched: Bool) -> String? {
    let takesValue = help.contains("--\(option) <")
    guard takesValue || help.contains("--\(option) ") || help.contains("--\(option)\n") else {
      return "'lc \(command)' has no option '\(option)'" + advice(on: option, dashes: "")
    }
    return takesValue && isSwitched
      ? "'\(option)' takes a value; true, yes, false and no are for flags, or stand in quotes" : nil
  }
}
