import Foundation
import LearningCompression
import LinearAlgebra
import Recipes

/// What a grid is made of: networks × plans × budgets × methods × a sweep × seeds.
///
/// ```yaml
/// title: LeNet300
/// data: fashion-mnist
/// networks: [lenet300, mine.safetensors]
/// reference: {epochs: 30, nesterov: true}
/// compress: {steps: 20, epochs-per-step: 1, nesterov: true}
/// plans:
///   Q: "joint(*.weight): quantize(k={k})"
///   Q+P: "joint(*.weight): quantize(k=2) + prune(keep={keep})"
/// budgets: [28, 14]
/// methods: {lc: {mu: 0.003}, direct: {}, retrain: {}}
/// seeds: [0, 1, 2]
/// ```
package struct GridRecipe: Sendable {
  /// An option of `lc train` or `lc compress`; a flag without a value.
  package struct Option: Sendable, Equatable {
    package let name: String
    package let value: String?
    package let line: Int
    /// A flag that is not to be given, whatever more general options say.
    var isOff = false
    /// Where the file is that the value names, if it names one.
    var path: String?
  }

  /// A file that the recipe names; it lies beside the recipe unless its path is absolute.
  package struct File: Sendable {
    /// As the recipe says it.
    package let name: String
    package let path: String
    package let line: Int
  }

  package struct Network: Sendable {
    /// What tables call it.
    package let label: String
    package let line: Int
    /// Of the network and its data: network, width, data, pad.
    package let options: [Option]
    /// Of `lc train`; not where the reference is given.
    package let reference: [Option]
    /// Trained weights that are the reference, instead of those that the grid trains.
    package let given: File?
    /// Whether the recipe says anything of the reference.
    package let saysReference: Bool
    package let compress: [Option]
    package let plans: [PlanTemplate]
    /// Ratios; empty when the plans are taken as they stand.
    package let budgets: [Budget]

    /// The file that defines the network, where it is none of the zoo.
    package var definition: String? { options.first { $0.name == "network" }?.path }
  }

  package struct Budget: Sendable {
    package let ratio: Double
    package let line: Int
  }

  package struct Way: Sendable {
    package let method: Method
    package let options: [Option]
  }

  package let path: String
  package let title: String
  package let note: String?
  package let networks: [Network]
  package let methods: [Way]
  /// An option of `lc compress` that takes each of these values.
  package let sweep: (option: String, values: [String], line: Int)?
  package let seeds: [UInt64]
  /// Options of `lc shrink`, where each cell's network is made smaller and evaluated as such.
  package let shrink: [Option]?
  /// A file with published figures, beside the recipe.
  package let published: String?

  /// The recipe's own file, and those that it names besides the data.
  package var files: [String] {
    [path] + (published.map { [Published.path($0, besides: path)] } ?? [])
      + networks.flatMap { [$0.definition, $0.given?.path].compactMap { $0 } }
  }

  /// - Throws: `RecipeError`, with the line of what is wrong.
  package init(path: String) throws {
    self.path = path
    let reading = RecipeReading(path)
    let top = try reading.entries(
      RecipeReader(path: path).tree(),
      allowed: [
        "title", "note", "data", "pad", "networks", "reference", "compress", "plans", "budgets",
        "methods", "sweep", "seeds", "published", "shrink",
      ])
    func entry(_ key: String) -> RecipeNode? { top.first { $0.key == key }?.value }
    title =
      try entry("title").map(reading.word)
      ?? URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    note = try entry("note").map(reading.word)
    published = try entry("published").map(reading.word)

    let shared = try top.filter { ["data", "pad"].contains($0.key) }.map {
      Option(name: $0.key, value: try reading.word($0.value), line: $0.line)
    }
    let reference = try entry("reference").map(reading.reference)
    let compress = try reading.options(entry("compress"))
    let plans = try entry("plans").map(reading.plans)
    let budgets = try entry("budgets").map(reading.budgets) ?? []
    guard let networks = entry("networks") else {
      throw reading.wrong(1, "'networks' is missing: the networks of the grid")
    }
    self.networks = try reading.named(networks).map { name, line, value in
      _ = try reading.name(name, line)
      let own = try value.map {
        try reading.entries(
          $0,
          allowed: [
            "network", "width", "data", "pad", "reference", "compress", "plans", "budgets",
          ])
      }
      func part(_ key: String) -> RecipeNode? { own?.first { $0.key == key }?.value }
      let options = try (own ?? []).filter { ["network", "width", "data", "pad"].contains($0.key) }
        .map { Option(name: $0.key, value: try reading.word($0.value), line: $0.line) }
      let ownReference = try part("reference").map(reading.reference)
      let given = (ownReference ?? reference)?.given
      // The name is the network, unless something beside it says which one.
      let isNetwork =
        ownReference?.given == nil && !options.contains { $0.name == "network" }
      let all = Self.merged(
        (isNetwork ? [Option(name: "network", value: name, line: line)] : []) + shared,
        with: options
      ).map(reading.located)
      guard all.contains(where: { $0.name == "data" }) else {
        throw reading.wrong(line, "'data' is missing: the images")
      }
      guard let plans = try part("plans").map(reading.plans) ?? plans else {
        throw reading.wrong(line, "'plans' is missing: what is compressed, and how")
      }
      let ownBudgets = try part("budgets").map(reading.budgets) ?? budgets
      for plan in plans where !plan.variables.isEmpty && ownBudgets.isEmpty {
        throw reading.wrong(
          plan.line, "the plan '\(plan.name)' has \(plan.variables[0]), which needs 'budgets'")
      }
      return Network(
        label: isNetwork ? reading.label(name) : name, line: line, options: all,
        reference: given != nil
          ? []
          : Self.merged(reference?.options ?? [], with: ownReference?.options ?? []),
        given: given, saysReference: (ownReference ?? reference) != nil,
        compress: Self.merged(compress, with: try reading.options(part("compress"))),
        plans: plans, budgets: ownBudgets)
    }
    methods = try entry("methods").map(reading.ways) ?? [Way(method: .lc, options: [])]
    sweep = try entry("sweep").map { node in
      guard case .mapping(let entries) = node.content, entries.count == 1, let only = entries.first
      else { throw reading.wrong(node.line, "one option and its values were expected") }
      return (
        only.key, try reading.words(only.value).map { try reading.name($0, only.line) }, only.line
      )
    }
    shrink = try entry("shrink").map { try reading.options($0) }
    seeds =
      try entry("seeds").map { node in
        try reading.words(node).map {
          guard let seed = UInt64(decimal: $0) else {
            throw reading.wrong(node.line, "whole numbers were expected as seeds, found '\($0)'")
          }
          return seed
        }
      } ?? [0]
    try reading.checkOnce(methods.map(\.method.rawValue), "method", entry("methods"))
    try reading.checkOnce(seeds.map { "\($0)" }, "seed", entry("seeds"))
    try reading.checkOnce(sweep?.values ?? [], "value", entry("sweep"))
    try reading.checkOnce(self.networks.map(\.label), "network", entry("networks"))
    for network in self.networks {
      try reading.checkOnce(network.budgets.map { "\($0.ratio)" }, "budget", entry("budgets"))
    }
    let known = methods.map(\.method)
    for plan in self.networks.flatMap(\.plans) {
      if let other = plan.methods?.first(where: { !known.contains($0.method) }) {
        let all = known.map(\.rawValue).joined(separator: ", ")
        throw reading.wrong(
          plan.line, "the grid's methods are \(all); found '\(other.method.rawValue)'")
      }
    }
    guard !self.networks.isEmpty, !methods.isEmpty, !seeds.isEmpty,
      self.networks.allSatisfy({ !$0.plans.isEmpty }), sweep?.values.isEmpty != true
    else {
      throw reading.wrong(1, "a grid needs a network, a plan, a method, a seed; a sweep a value")
    }
  }

  /// What the grid says to each command itself.
  static let own: Set<String> = [
    "seed", "method", "compress", "model", "output", "json", "log", "threads", "checkpoint",
    "resume",
    "recipe", "network", "data", "pad", "width", "known-figures",
  ]

  /// The options with others that replace or follow them.
  static func merged(_ options: [Option], with others: [Option]) -> [Option] {
    options.filter { option in !others.contains { $0.name == option.name } } + others
  }

  /// The grid's methods that a plan is for, with what it says of them.
  func methods(of plan: [Way]?) -> [Way] {
    guard let plan else { return methods }
    return methods.compactMap { way in
      plan.first { $0.method == way.method }.map {
        Way(method: way.method, options: Self.merged(way.options, with: $0.options))
      }
    }
  }

  /// An error at a line of this recipe.
  package func wrong(_ line: Int, _ message: String) -> RecipeError {
    .malformed(path: path, line: line, message: message)
  }
}
