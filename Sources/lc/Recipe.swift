import ArgumentParser
import Compression
import Foundation
import LearningCompression
import Recipes

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
/// `compress` may be a plan in its own language, too. Options of the command line replace them.
struct Recipe {
  let path: String
  /// The options that the file says, in its order.
  private let options: [RecipeOption]

  /// The recipe that the arguments name, if they name one.
  ///
  /// - Throws: `RecipeError`; `Failure.usage` for an option that the command does not have, or that is
  ///   switched and no flag.
  init?(namedIn arguments: [String]) throws {
    guard let place = arguments.firstIndex(where: { $0 == "--recipe" || $0.hasPrefix("--recipe=") })
    else { return nil }
    if arguments[place] == "--recipe" {
      guard place + 1 < arguments.count else { return nil }
      path = arguments[place + 1]
    } else {
      path = String(arguments[place].dropFirst("--recipe=".count))
    }
    options = try RecipeReader(path: path).options()
    guard let command = CommandOptions(of: arguments.first) else { return }
    for option in options {
      if let text = command.objection(to: option.name, isSwitched: option.isOn != nil) {
        throw Failure.usage("\(path):\(option.line): \(text)")
      }
    }
  }

  /// The arguments with the file's options after the command's name, unless given themselves.
  func expanded(_ arguments: [String]) -> [String] {
    let given = Self.names(arguments)
    var result = arguments
    var added: [String] = []
    for option in options where !given.contains("--" + option.name) && option.isOn != false {
      // A single value may begin with a minus.
      added +=
        option.values.count == 1
        ? ["--\(option.name)=\(option.values[0])"] : ["--" + option.name] + option.values
    }
    result.insert(contentsOf: added, at: min(1, result.count))
    return result
  }

  /// The error with the place in the file, when it is about one of the file's options that stand.
  func mistake(behind error: any Error, in arguments: [String]) -> Failure? {
    let given = Self.names(arguments)
    let found = options.first { !given.contains("--" + $0.name) && isAbout($0.name, error) }
    let message =
      LC.exitCode(for: error) == .validationFailure
      ? Mistyped.message(for: error) : "\(error)"
    return found.map { .usage("\(path):\($0.line): \(message)") }
  }

  private func isAbout(_ option: String, _ error: any Error) -> Bool {
    switch error {
    case CompressionError.notFinite, CompressionError.malformedForm, CompressionError.leftSet:
      return false
    case is CompressionError: return option == "compress"
    case LearningCompressionError.invalidOption(let name, _, _):
      return name == option || name.hasPrefix(option + " ")
    default:
      guard LC.exitCode(for: error) == .validationFailure else { return false }
      let message = LC.message(for: error)
      return message.contains("--\(option)'") || message.contains("--\(option) ")
    }
  }

  /// The arguments without the values behind a =.
  private static func names(_ arguments: [String]) -> Set<String> {
    Set(arguments.map { $0.split(separator: "=", maxSplits: 1).first.map(String.init) ?? $0 })
  }
}
