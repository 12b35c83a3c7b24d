import Foundation
import LearningCompression
import LinearAlgebra
import Recipes

/// Words, lists and mappings of one file as what they mean.
struct RecipeReading {
  let path: String
  init(_ path: String) { self.path = path }

  func wrong(_ line: Int, _ message: String) -> RecipeError {
    .malformed(path: path, line: line, message: message)
  }

  func entries(_ node: RecipeNode, allowed: [String]) throws -> [RecipeNode.Entry] {
    guard case .mapping(let entries) = node.content else {
      throw wrong(node.line, "'key: value' was expected, with \(allowed.joined(separator: ", "))")
    }
    for entry in entries where !allowed.contains(entry.key) {
      throw wrong(
        entry.line, "'\(entry.key)' is unknown\(choice(for: entry.key, of: allowed))")
    }
    return entries
  }

  func checkOnce(_ values: [String], _ what: String, _ node: RecipeNode?) throws {
    var seen: Set<String> = []
    guard let twice = values.first(where: { !seen.insert($0).inserted }) else { return }
    throw wrong(node?.line ?? 1, "the \(what) \(twice) stands twice")
  }

  /// A name for tables and figures, on one line.
  func name(_ text: String, _ line: Int) throws -> String {
    guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
      throw wrong(line, "a name on one line was expected")
    }
    return text
  }

  func word(_ node: RecipeNode) throws -> String {
    guard case .word(let word, _) = node.content, !word.isEmpty else {
      throw wrong(node.line, "one value was expected")
    }
    return word
  }

  func words(_ node: RecipeNode) throws -> [String] {
    guard case .list(let nodes) = node.content else { return [try word(node)] }
    return try nodes.map(word)
  }

  /// A list of names, or a mapping from names to what is said of them.
  func named(_ node: RecipeNode) throws -> [(name: String, line: Int, value: RecipeNode?)] {
    switch node.content {
    case .word, .list:
      return try (node.content.nodes ?? [node]).map { (try word($0), $0.line, nil) }
    case .mapping(let entries):
      return entries.map { entry in
        (entry.key, entry.line, entry.value.content.isEmpty ? nil : entry.value)
      }
    }
  }

  /// Options of `lc train`, or a file of trained weights.
  func reference(_ node: RecipeNode) throws -> (
    options: [GridRecipe.Option], given: GridRecipe.File?
  ) {
    guard case .word(let name, _) = node.content else { return (try options(node), nil) }
    guard !node.content.isEmpty, node.content.isOn == nil else {
      throw wrong(node.line, "options of 'lc train', or a file of trained weights, were expected")
    }
    let path = Published.path(name, besides: path)
    return ([], GridRecipe.File(name: name, path: path, line: node.line))
  }

  /// An option that names a file with the file's place.
  func located(_ option: GridRecipe.Option) -> GridRecipe.Option {
    guard option.name == "network", let name = option.value, isFile(name) else { return option }
    var located = option
    located.path = Published.path(name, besides: path)
    return located
  }

  /// What tables call a network that a list names: a file's name without folder and ending.
  func label(_ name: String) -> String {
    isFile(name) ? URL(fileURLWithPath: name).deletingPathExtension().lastPathComponent : name
  }

  /// The zoo's names have neither.
  private func isFile(_ name: String) -> Bool { name.contains(".") || name.contains("/") }

  /// Options of a command; `preset` stands for several.
  func options(_ node: RecipeNode?) throws -> [GridRecipe.Option] {
    guard let node else { return [] }
    guard case .mapping(let entries) = node.content else {
      throw wrong(node.line, "'option: value' was expected")
    }
    var found: [GridRecipe.Option] = []
    for entry in entries {
      if GridRecipe.own.contains(entry.key) {
        throw wrong(entry.line, "'\(entry.key)' is given by the grid, not by its options")
      }
      if case .list(let nodes) = entry.value.content, RecipeReader.lists.contains(entry.key) {
        let words = try nodes.map(word).joined(separator: " ")
        found.append(GridRecipe.Option(name: entry.key, value: words, line: entry.line))
        continue
      }
      guard case .word(let text, _) = entry.value.content, !entry.value.content.isEmpty else {
        throw wrong(entry.line, "one value was expected for '\(entry.key)'")
      }
      if entry.key == "preset" {
        guard let preset = Presets.all[text] else {
          let names = Presets.all.keys.sorted().joined(separator: ", ")
          throw wrong(
            entry.line,
            "the presets are \(names); found '\(text)'"
              + suggestion(for: text, of: Presets.all.keys.sorted()))
        }
        found = GridRecipe.merged(
          preset.map { GridRecipe.Option(name: $0.key, value: $0.value, line: entry.line) }
            .sorted { $0.name < $1.name }, with: found)
        continue
      }
      let isOn = entry.value.content.isOn
      found.append(
        GridRecipe.Option(
          name: entry.key, value: isOn == nil ? text : nil, line: entry.line, isOff: isOn == false))
    }
    return found
  }

  func plans(_ node: RecipeNode) throws -> [PlanTemplate] {
    guard case .mapping(let entries) = node.content else {
      throw wrong(node.line, "'name: plan' was expected")
    }
    return try entries.map { entry in
      _ = try name(entry.key, entry.line)
      var text = entry.value
      var methods: [GridRecipe.Way]?
      if case .mapping = entry.value.content {
        let parts = try self.entries(entry.value, allowed: ["plan", "methods"])
        guard let plan = parts.first(where: { $0.key == "plan" }) else {
          throw wrong(entry.line, "'plan' is missing")
        }
        text = plan.value
        methods = try parts.first { $0.key == "methods" }.map { try ways($0.value) }
      }
      do {
        return try PlanTemplate(
          name: entry.key, text: try word(text), methods: methods, line: entry.line)
      } catch let error as PlanTemplate.Problem {
        throw wrong(entry.line, error.message)
      }
    }
  }

  /// Names of methods, or a mapping from names to what each has of its own.
  func ways(_ node: RecipeNode) throws -> [GridRecipe.Way] {
    try named(node).map { name, line, value in
      guard let method = Method(rawValue: name) else { throw unknown(name, line) }
      return GridRecipe.Way(method: method, options: try options(value))
    }
  }

  func unknown(_ method: String, _ line: Int) -> RecipeError {
    let all = Method.allCases.map(\.rawValue).joined(separator: ", ")
    return wrong(
      line,
      "the methods are \(all); found '\(method)'"
        + suggestion(for: method, of: Method.allCases.map(\.rawValue)))
  }

  func budgets(_ node: RecipeNode) throws -> [GridRecipe.Budget] {
    try (node.content.nodes ?? [node]).map { node in
      let text = try word(node)
      guard let ratio = Double(text.hasSuffix("x") ? String(text.dropLast()) : text), ratio > 1,
        ratio < 1e6
      else { throw wrong(node.line, "ratios above 1 were expected, found '\(text)'") }
      return GridRecipe.Budget(ratio: ratio, line: node.line)
    }
  }
}

extension RecipeNode.Content {
  fileprivate var nodes: [RecipeNode]? {
    guard case .list(let nodes) = self else { return nil }
    return nodes
  }
}
