import ArgumentParser
import Foundation
import ModelFiles
import Yams

/// A YAML file that holds what options can say:
///
///     network: lenet300
///     data: fashion-mnist
///     nesterov: true
///     mu: 0.003
///     compress:
///       - tensors: "*.weight"
///         view: joint
///         operators: [quantize(k=2), {prune: {keep: 1%}}]
///
/// `compress` may be a plan in its own language, too. Options of the command line go before.
struct Recipe {
  let path: String
  /// The options that the file says, in its order, and the line that each stands on.
  private let options: [(name: String, value: String?, line: Int)]

  /// The recipe that the arguments name, if they name one.
  ///
  /// - Throws: `ModelFileError` when it cannot be read, `Failure.badInput` when it is no recipe.
  init?(namedIn arguments: [String]) throws {
    guard let place = arguments.firstIndex(where: { $0 == "--recipe" || $0.hasPrefix("--recipe=") })
    else { return nil }
    if arguments[place] == "--recipe" {
      guard place + 1 < arguments.count else { return nil }
      path = arguments[place + 1]
    } else {
      path = String(arguments[place].dropFirst("--recipe=".count))
    }
    let text = try readText(path)
    options = try RecipeReader(path: path).options(in: text)
    let command = LC.configuration.subcommands.first {
      $0.configuration.commandName == arguments.first
    }
    guard let command else { return }
    let help = LC.helpMessage(for: command, columns: 1000)
    for option in options
    where !help.contains("--\(option.name) ") && !help.contains("--\(option.name)\n") {
      throw Failure.usage(
        "\(path):\(option.line): 'lc \(arguments[0])' has no option '\(option.name)'; "
          + "'lc help \(arguments[0])' lists them")
    }
  }

  /// The arguments with the file's options after the command's name, unless given themselves.
  func expanded(_ arguments: [String]) -> [String] {
    let given = Set(
      arguments.map { $0.split(separator: "=", maxSplits: 1).first.map(String.init) ?? $0 })
    var result = arguments
    var added: [String] = []
    for option in options where !given.contains("--" + option.name) {
      added += ["--" + option.name] + (option.value.map { [$0] } ?? [])
    }
    result.insert(contentsOf: added, at: min(1, result.count))
    return result
  }

  /// The parser's error with the place in the file, when it is about one of the file's options.
  func mistake(behind error: any Error) -> Failure? {
    guard LC.exitCode(for: error) == .validationFailure else { return nil }
    let message = LC.message(for: error).replacingOccurrences(of: "Error: ", with: "")
    let found = options.first { option in
      message.contains("--\(option.name)'") || message.contains("--\(option.name) ")
    }
    return found.map { .usage("\(path):\($0.line): \(message)") }
  }
}

private func readText(_ path: String) throws -> String {
  let url = URL(fileURLWithPath: path)
  guard FileManager.default.fileExists(atPath: path) else {
    throw ModelFileError.notFound(path: path)
  }
  let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
  guard size <= 1 << 20 else {
    throw Failure.badInput("\(path): a recipe of at most 1 MiB was expected, found \(size) bytes")
  }
  guard let data = try? Data(contentsOf: url), let text = String(data: data, encoding: .utf8) else {
    throw Failure.badInput("\(path): text in UTF-8 was expected")
  }
  return text
}

private struct RecipeReader {
  let path: String

  func options(in text: String) throws -> [(String, String?, Int)] {
    let node: Node?
    do { node = try Yams.compose(yaml: text) } catch let error as YamlError {
      throw Failure.badInput("\(path): this is not YAML: \(oneLine("\(error)"))")
    }
    guard let mapping = node?.mapping else {
      throw Failure.badInput("\(path): lines of 'option: value' were expected")
    }
    var seen: Set<String> = []
    return try mapping.compactMap { key, value in
      guard let name = key.scalar?.string, !name.isEmpty,
        name.allSatisfy({ $0.isLetter || $0 == "-" || $0.isNumber })
      else { throw wrong(key, "the name of an option was expected") }
      guard seen.insert(name).inserted else { throw wrong(key, "'\(name)' stands twice") }
      guard name != "recipe", name != "help", name != "version" else {
        throw wrong(key, "'\(name)' has no place in a recipe")
      }
      let line = key.mark?.line ?? 0
      if name == "compress", value.sequence != nil { return (name, try plan(value), line) }
      guard let scalar = value.scalar else {
        throw wrong(value, "one value was expected for '\(name)'")
      }
      switch (scalar.string, scalar.style) {
      case ("true", .plain), ("yes", .plain): return (name, nil, line)
      case ("false", .plain), ("no", .plain): return nil
      default: return (name, scalar.string, line)
      }
    }
  }

  /// A list of tasks as a plan.
  private func plan(_ node: Node) throws -> String {
    try (node.sequence ?? []).map { task in
      if let text = task.scalar?.string { return text }
      guard let mapping = task.mapping else {
        throw wrong(task, "a task: tensors, view and operators, was expected")
      }
      var tensors: [String] = []
      var view: String?
      var operators: [String] = []
      for (key, value) in mapping {
        switch key.scalar?.string {
        case "tensors":
          tensors = try (value.sequence.map(Array.init) ?? [value]).map { try text($0) }
        case "view": view = try text(value)
        case "operators":
          operators = try (value.sequence.map(Array.init) ?? [value]).map { try operation($0) }
        default: throw wrong(key, "tensors, view and operators are what a task holds")
        }
      }
      guard !tensors.isEmpty, !operators.isEmpty else {
        throw wrong(task, "a task needs tensors and operators")
      }
      let names = tensors.joined(separator: ", ")
      let selection =
        view.map { "\($0)(\(names))" } ?? (tensors.count == 1 ? names : "each(\(names))")
      return "\(selection): \(operators.joined(separator: " + "))"
    }.joined(separator: "; ")
  }

  /// `quantize(k=2)`, or the same as {quantize: {k: 2}}.
  private func operation(_ node: Node) throws -> String {
    if let text = node.scalar?.string { return text }
    guard let mapping = node.mapping, mapping.count == 1, let (key, value) = mapping.first else {
      throw wrong(node, "an operator such as 'quantize(k=2)' or '{quantize: {k: 2}}' was expected")
    }
    let arguments = try (value.mapping.map(Array.init) ?? []).map { name, value in
      let word = try text(value)
      return word == "true" ? try text(name) : "\(try text(name))=\(word)"
    }
    return "\(try text(key))(\(arguments.joined(separator: ", ")))"
  }

  private func text(_ node: Node) throws -> String {
    guard let text = node.scalar?.string, !text.isEmpty else {
      throw wrong(node, "a word was expected")
    }
    return text
  }

  private func wrong(_ node: Node, _ message: String) -> Failure {
    .badInput("\(path):\(node.mark?.line ?? 0): \(message)")
  }

  private func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }
}
