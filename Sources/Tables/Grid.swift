import Algorithms
import Compression
import Foundation
import LearningCompression
import LinearAlgebra
import ModelFiles
import Recipes

/// A recipe as the commands that make it: references, and cells that compress them.
package struct Grid: Sendable {
  /// A network trained with one seed, or given.
  package struct Reference: Sendable, Hashable {
    /// Of its folder.
    package let name: String
    /// What tables call the network.
    package let network: String
    /// Of `lc train`, without outputs; of a given reference those that would train like its cells.
    package let arguments: [String]
    /// The file of a reference that is not trained by the grid.
    package let given: String?
  }

  /// One compression of one reference.
  package struct Cell: Sendable, Hashable {
    /// Of its folder.
    package let name: String
    package let reference: Reference
    /// Of `lc compress`, without the model and outputs.
    package let arguments: [String]
    /// Of `lc shrink`, without files; none where the network stays as large as it is.
    package let shrinking: [String]?
  }

  /// What a cell is in the table; several places may share a cell, when two budgets lead to one plan.
  package struct Place: Sendable {
    package let network: String
    package let plan: String
    /// The plan as it is run.
    package let text: String
    /// The ratio that was asked for; none where plans are taken as they stand.
    package let budget: Double?
    package let method: Method
    /// The value of the recipe's sweep.
    package let swept: String?
    package let seed: UInt64
    package let cell: Cell
  }

  package let recipe: GridRecipe
  package let places: [Place]
  /// Each cell once, in the order of the places.
  package let cells: [Cell]
  /// Each reference once, given ones too.
  package let references: [Reference]

  /// - Parameters:
  ///   - layout: the parameters of a network with these options.
  ///   - check: whether the arguments of a command are well formed, and the options that they are made
  ///     of, of which a switched one is a flag; throws a message otherwise.
  /// - Throws: `RecipeError`, with the line of what is wrong.
  package init(
    _ recipe: GridRecipe, layout: (GridRecipe.Network) throws -> ArenaLayout,
    check: ([String], [GridRecipe.Option]) throws -> Void
  ) throws {
    self.recipe = recipe
    var places: [Place] = []
    for network in recipe.networks {
      let layout = try Self.located(recipe, network.line) { try layout(network) }
      let plans = try Self.plans(of: network, in: recipe, layout: layout)
      for seed in recipe.seeds {
        let (reference, origin) = try Self.reference(of: network, seed: seed, recipe, check)
        let shrinking = try recipe.shrink.map { options in
          let data = network.options.filter { ["data", "pad"].contains($0.name) }
          let arguments = Self.arguments("shrink", data + options, seed: nil)
          try Self.check(arguments + ["model"], of: options, recipe, check)
          return arguments
        }
        for plan in plans {
          for way in recipe.methods(of: plan.methods) {
            for swept in recipe.sweep?.values.map(Optional.some) ?? [nil] {
              var options = GridRecipe.merged(
                GridRecipe.merged(network.options, with: network.compress), with: way.options)
              if let sweep = recipe.sweep, let swept {
                options.append(
                  GridRecipe.Option(name: sweep.option, value: swept, line: sweep.line))
              }
              options += [
                GridRecipe.Option(name: "compress", value: plan.text, line: plan.line),
                GridRecipe.Option(name: "method", value: way.method.rawValue, line: plan.line),
              ]
              let arguments = Self.arguments("compress", options, seed: seed)
              let asWritten = Self.arguments("compress", options.map(\.asWritten), seed: seed)
              try Self.check(arguments + ["--model", "reference"], of: options, recipe, check)
              let words =
                [network.label, plan.name, way.method.rawValue] + (swept.map { [$0] } ?? [])
                + ["s\(seed)"]
              places.append(
                Place(
                  network: network.label, plan: plan.name, text: plan.text, budget: plan.budget,
                  method: way.method, swept: swept, seed: seed,
                  cell: Cell(
                    name: Self.name(words, asWritten + (shrinking ?? []) + origin),
                    reference: reference, arguments: arguments, shrinking: shrinking)))
            }
          }
        }
      }
    }
    self.places = places
    cells = Array(places.lazy.map(\.cell).uniqued())
    references = Array(places.lazy.map(\.cell.reference).uniqued())
  }

  /// - Returns: the reference, and the words that tell it from others wherever its files lie.
  private static func reference(
    of network: GridRecipe.Network, seed: UInt64, _ recipe: GridRecipe,
    _ check: ([String], [GridRecipe.Option]) throws -> Void
  ) throws -> (Reference, origin: [String]) {
    let words = [network.label, "s\(seed)"]
    if let given = network.given {
      let origin = ["given", given.name]
      let file = GridRecipe.Option(
        name: "network", value: given.name, line: given.line, path: given.path)
      let alike = network.compress.filter { ["batch-size", "precision"].contains($0.name) }
      return (
        Reference(
          name: name(words, origin), network: network.label,
          arguments: arguments(
            "train", GridRecipe.merged([file], with: network.options) + alike, seed: seed),
          given: given.path), origin
      )
    }
    let options = network.options + network.reference
    let training = arguments("train", options, seed: seed)
    try Self.check(training, of: options, recipe, check)
    let origin = arguments("train", options.map(\.asWritten), seed: seed)
    return (
      Reference(
        name: name(words, origin), network: network.label, arguments: training, given: nil), origin
    )
  }

  /// The i-th of n parts of the cells.
  package func cells(ofShard shard: (index: Int, count: Int)) -> [Cell] {
    cells.enumerated().filter { $0.offset % shard.count == shard.index - 1 }.map(\.element)
  }

  private typealias Plan = (
    name: String, text: String, budget: Double?, methods: [GridRecipe.Way]?, line: Int
  )

  /// Each plan at each budget.
  private static func plans(
    of network: GridRecipe.Network, in recipe: GridRecipe, layout: ArenaLayout
  ) throws -> [Plan] {
    // Without variables a plan is taken as it stands.
    let fixed = try network.plans.filter(\.variables.isEmpty).map { plan -> Plan in
      _ = try located(recipe, plan.line) {
        try ResolvedPlan(CompressionPlan(parsing: plan.least), for: layout)
      }
      return (plan.name, plan.least, nil, plan.methods, plan.line)
    }
    let fitted = try network.budgets.flatMap { budget in
      try network.plans.filter { !$0.variables.isEmpty }.map { plan -> Plan in
        let found = try located(recipe, plan.line) {
          try plan.plan(for: layout, ratio: budget.ratio)
        }
        guard let found else {
          let (bits, reference) = try storageBits(
            of: CompressionPlan(parsing: plan.least), for: layout)
          throw recipe.wrong(
            budget.line,
            "the ratio \(budget.ratio) is impossible for the plan '\(plan.name)' of "
              + "\(network.label), which reaches \(tenths(Double(reference) / Double(bits))) at most"
          )
        }
        return (plan.name, found, budget.ratio, plan.methods, plan.line)
      }
    }
    return fixed + fitted
  }

  /// An error of what stands at a line, with the file and the line.
  private static func located<Value>(
    _ recipe: GridRecipe, _ line: Int, _ body: () throws -> Value
  ) throws -> Value {
    do {
      return try body()
    } catch let error as RecipeError {
      throw error
    } catch {
      throw recipe.wrong(line, "\(error)")
    }
  }

  private static func check(
    _ arguments: [String], of options: [GridRecipe.Option], _ recipe: GridRecipe,
    _ check: ([String], [GridRecipe.Option]) throws -> Void
  ) throws {
    do {
      try check(arguments, options)
    } catch {
      let message = "\(error)"
      // The parser names the option that it does not like.
      let option = options.first {
        message.contains("--\($0.name)'") || message.contains("--\($0.name) ")
          || message.contains("'\($0.name)'") || message.hasPrefix("\($0.name) ")
      }
      throw recipe.wrong(option?.line ?? options.first?.line ?? 1, message)
    }
  }

  private static func arguments(_ command: String, _ options: [GridRecipe.Option], seed: UInt64?)
    -> [String]
  {
    var words = [command]
    for option in options.sorted(by: { $0.name < $1.name }) where !option.isOff {
      if RecipeReader.lists.contains(option.name) {
        words.append("--\(option.name)")
        words += (option.value ?? "").split(separator: " ").map(String.init)
      } else if let value = option.path ?? option.value {
        // A value may begin with a minus.
        words.append("--\(option.name)=\(value)")
      } else {
        words.append("--\(option.name)")
      }
    }
    return words + (seed.map { ["--seed=\($0)"] } ?? [])
  }

  /// A folder's name: readable, and different for different commands.
  private static func name(_ words: [String], _ arguments: [String]) -> String {
    let text = words.joined(separator: "-").map {
      $0.isASCII && ($0.isLetter || $0.isNumber || "-+._".contains($0)) ? $0 : "_"
    }
    let bytes = Array(arguments.joined(separator: "\u{0}").utf8)
    let sum = bytes.withUnsafeBytes(checksum(of:))
    let digits = String(sum, radix: 16)
    return String(text) + "-" + String(repeating: "0", count: 8 - digits.count) + digits
  }
}

extension GridRecipe.Option {
  /// As the recipe says it, wherever that lies.
  fileprivate var asWritten: GridRecipe.Option {
    var option = self
    option.path = nil
    return option
  }
}

func tenths(_ value: Double) -> String { String(format: "%.1f", value) }
