import Foundation
import Yams

/// What a recipe says of one option.
package struct RecipeOption: Sendable, Equatable {
  package let name: String
  /// Several for an option that takes a list, none where `isOn` says it.
  package let values: [String]
  /// What `true`, `yes`, `false` and `no` without quotes say, of a flag.
  package let isOn: Bool?
  /// Where it stands, from one.
  package let line: Int

  init(name: String, values: [String] = [], isOn: Bool? = nil, line: Int) {
    self.name = name
    self.values = values
    self.isOn = isOn
    self.line = line
  }
}

/// Reads recipes: YAML files of `option: value`, of which `compress` may be a list of tasks.
///
/// The file may come from anywhere: its size, values and nesting are bounded.
package struct RecipeReader {
  /// In bytes.
  static let limit = 1 << 20
  /// The options that take several values.
  package static let lists: Set<String> = ["milestones"]
  /// Lists and mappings within one another.
  static let depth = 32

  let path: String

  package init(path: String) { self.path = path }

  /// The options in the file's order.
  ///
  /// - Throws: `RecipeError`.
  package func options() throws -> [RecipeOption] { try options(in: text()) }

  private func text() throws -> String {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw RecipeError.notFound(path: path)
    }
    guard !isFolder.boolValue else {
      throw RecipeError.malformed(
        path: path, line: nil, message: "a file was expected, not a folder")
    }
    let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    guard size <= Self.limit else { throw RecipeError.tooLarge(path: path, found: size) }
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw RecipeError.notText(path: path)
    }
    defer { try? file.close() }
    // Pipes and devices have no size.
    var data = Data()
    while data.count <= Self.limit {
      guard let more = try? file.read(upToCount: Self.limit + 1 - data.count), !more.isEmpty
      else { break }
      data += more
    }
    guard data.count <= Self.limit else {
      throw RecipeError.tooLarge(path: path, found: data.count)
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw RecipeError.notText(path: path)
    }
    return text
  }

  /// The file as YAML.
  func node() throws -> Node? { try compose(text()) }

  private func options(in text: String) throws -> [RecipeOption] {
    let node = try compose(text)
    guard let mapping = node?.mapping else {
      throw RecipeError.malformed(
        path: path, line: nil, message: "lines of 'option: value' were expected")
    }
    var seen: Set<String> = []
    return try mapping.map { key, value in
      guard let name = key.scalar?.string, !name.isEmpty,
        name.allSatisfy({ $0.isLetter || $0 == "-" || $0.isNumber })
      else { throw wrong(key, "the name of an option was expected") }
      guard seen.insert(name).inserted else { throw wrong(key, "'\(name)' stands twice") }
      guard name != "recipe", name != "help", name != "version" else {
        throw wrong(key, "'\(name)' has no place in a recipe")
      }
      let line = key.mark?.line ?? 0
      if name == "compress", value.sequence != nil {
        return RecipeOption(name: name, values: [try plan(value)], line: line)
      }
      if let list = value.sequence, Self.lists.contains(name), !list.isEmpty {
        return RecipeOption(name: name, values: try list.map { try self.text($0) }, line: line)
      }
      guard let scalar = value.scalar, !scalar.content.isEmpty else {
        throw wrong(key, "one value was expected for '\(name)'")
      }
      let isOn = scalar.content.isOn
      return RecipeOption(
        name: name, values: isOn == nil ? [scalar.string] : [], isOn: isOn, line: line)
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
          tensors = try (value.sequence.map(Array.init) ?? [value]).map {
            PlanPatterns.quoted(try text($0))
          }
        case "view": view = try text(value)
        case "operators":
          operators = try (value.sequence.map(Array.init) ?? [value]).map { try `operator`($0) }
        default:
          throw wrong(
            key,
            "tensors, view and operators are what a task holds; "
              + "one of the plan language goes in quotes as a whole: \"*.weight: binary()\"")
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
  private func `operator`(_ node: Node) throws -> String {
    if let text = node.scalar?.string { return text }
    guard let mapping = node.mapping, mapping.count == 1, let (key, value) = mapping.first else {
      throw wrong(node, "an operator such as 'quantize(k=2)' or '{quantize: {k: 2}}' was expected")
    }
    let arguments = try (value.mapping.map(Array.init) ?? []).map { name, value in
      value.scalar?.content.isOn == true
        ? try text(name) : "\(try text(name))=\(try text(value))"
    }
    return "\(try text(key))(\(arguments.joined(separator: ", ")))"
  }

  private func text(_ node: Node) throws -> String {
    guard let text = node.scalar?.string, !text.isEmpty else {
      throw wrong(node, "a word was expected")
    }
    return text
  }

  private func wrong(_ node: Node, _ message: String) -> RecipeError {
    .malformed(path: path, line: node.mark?.line ?? 0, message: message)
  }
}

extension RecipeReader {
  /// The text as YAML, at most `depth` deep.
  private func compose(_ text: String) throws -> Node? {
    do {
      try RecipeText(text).check()
      // Only words are wanted: the basic resolver does not try every key as a number or a date.
      let node = try Yams.compose(yaml: text, .basic)
      if let node { try check(node, depth: 1, YAMLTags(text)) }
      return node
    } catch let objection as RecipeText.Objection {
      throw RecipeError.malformed(path: path, line: objection.line, message: objection.message)
    } catch let error as YamlError {
      throw RecipeError.malformed(
        path: path, line: nil,
        message: "this is not YAML: \(describe(error, in: text))\(advice(error))")
    }
  }

  /// - Complexity: O(nodes); libyaml itself goes no deeper than 1000.
  private func check(_ node: Node, depth: Int, _ tags: YAMLTags) throws {
    guard depth <= Self.depth else {
      throw wrong(node, "at most \(Self.depth) levels of lists and mappings were expected")
    }
    // Yams would forget the tag, and take what was to be left out.
    if let mark = node.mark, tags.begins(line: mark.line, column: mark.column) {
      throw wrong(
        node, "'!' begins a tag in YAML; a pattern goes in quotes: \"*.weight, !fc3.*\"")
    }
    for value in node.sequence ?? [] { try check(value, depth: depth + 1, tags) }
    for (key, value) in node.mapping ?? [:] {
      try check(key, depth: depth + 1, tags)
      try check(value, depth: depth + 1, tags)
    }
  }

  /// What helps where a plan stands without quotes: `*` begins an alias, `!` a tag, `: ` a mapping.
  private func advice(_ error: YamlError) -> String {
    let problem: String
    switch error {
    case .scanner(let context, let text, _, _), .parser(let context, let text, _, _),
      .composer(let context, let text, _, _):
      problem = (context?.text ?? "") + text
    default: return ""
    }
    let signs = ["alias", "a tag", "mapping values", "expected key", "unexpected end"]
    guard signs.contains(where: problem.contains) else { return "" }
    return "; plans and patterns go in quotes: \"*.weight, !fc3.*: binary()\""
  }

  /// Yams quotes the text, which is too much when the text is long.
  private func describe(_ error: YamlError, in text: String) -> String {
    if text.utf8.count <= 4096 {
      return "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
    }
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return "\(mark): \(problem)"
    case .reader(let problem, _, _, _): return problem
    case .duplicatedKeysInMapping(_, let context): return "\(context.mark): a key stands twice"
    default: return "it cannot be read"
    }
  }
}
