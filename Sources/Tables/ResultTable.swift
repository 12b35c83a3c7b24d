import Foundation
import LearningCompression

/// A mean over seeds, and the standard deviation where there are two or more.
package struct Spread: Sendable, Equatable, Codable {
  package let mean: Double
  package let deviation: Double?

  /// None of no values.
  init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    deviation =
      values.count > 1
      ? (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1))
        .squareRoot() : nil
  }

  func text(_ decimals: Int, _ between: String = " ± ") -> String {
    let format = "%.\(decimals)f"
    return String(format: format, mean)
      + (deviation.map { between + String(format: format, $0) } ?? "")
  }
}

/// One line of the table: a network, a budget, a plan, a method and a value of the sweep, over the seeds.
package struct ResultRow: Sendable, Codable {
  package let network: String
  package let budget: Double?
  package let plan: String
  package let text: String
  package let method: Method
  package let swept: String?
  /// How many of its seeds are done, and how many there are.
  package let done: Int
  package let seeds: Int
  package let failures: [String]
  package let referenceError: Spread?
  package let trainLoss: Spread?
  package let trainError: Spread?
  package let testError: Spread?
  package let ratio: Spread?
  package let fileRatio: Spread?
  package let multiplications: Spread?
  package let additions: Spread?
  /// Of the smaller network, whose errors are then the row's.
  package let parameters: Spread?
  /// How many times fewer parameters it has.
  package let parameterRatio: Spread?
  /// Whether no row of the same network and budget whose seeds are all done has a lower test error.
  package internal(set) var isBest = false
  package internal(set) var published: [Published.Figure] = []
  /// The options that are the same for all of its seeds, given or not.
  package let settings: [String: String]
}

/// What all say alike.
func common(_ settings: [[String: String]]) -> [String: String] {
  settings.dropFirst().reduce(settings.first ?? [:]) { same, other in
    same.filter { other[$0.key] == $0.value }
  }
}

/// The figures of a grid, as far as it is done. It holds no times, so that it does not matter how often the
/// grid was interrupted.
package struct ResultTable: Sendable {
  package let grid: Grid
  package let rows: [ResultRow]
  /// What the package's own methods gain.
  package let differences: [Difference]

  /// - Throws: `RecipeError` when the file of published figures is damaged.
  package init(_ grid: Grid, in directory: String) throws {
    self.grid = grid
    let published = try grid.recipe.published.map {
      try Published(path: $0, besides: grid.recipe.path)
    }
    struct Key: Hashable {
      let network: String
      let budget: Double?
      let plan: String
      let method: Method
      let swept: String?
    }
    var order: [Key] = []
    var places: [Key: [Grid.Place]] = [:]
    for place in grid.places {
      let key = Key(
        network: place.network, budget: place.budget, plan: place.plan, method: place.method,
        swept: place.swept)
      if places[key] == nil { order.append(key) }
      places[key, default: []].append(place)
    }
    var bySeed: [[UInt64: CellResult]] = []
    var rows = order.map { key -> ResultRow in
      let own = places[key] ?? []
      var seeds: [UInt64: CellResult] = [:]
      var results: [CellResult] = []
      var failures: [String] = []
      for place in own {
        switch Grid.state(of: place.cell, in: directory) {
        case .open: break
        case .done(let result):
          results.append(result)
          seeds[place.seed] = result
        case .failed(let message): failures.append(message)
        }
      }
      bySeed.append(seeds)
      var row = ResultRow(
        network: key.network, budget: key.budget, plan: key.plan, text: own.first?.text ?? "",
        method: key.method, swept: key.swept, done: results.count, seeds: own.count,
        failures: failures,
        referenceError: Spread(results.compactMap(\.reference.testErrorPercent)),
        trainLoss: Spread(results.map(\.final.trainLoss)),
        trainError: Spread(results.compactMap(\.final.trainErrorPercent)),
        testError: Spread(results.compactMap(\.final.testErrorPercent)),
        ratio: Spread(results.map(\.ratio)), fileRatio: Spread(results.map(\.fileRatio)),
        multiplications: Spread(results.map { Double($0.multiplications) }),
        additions: Spread(results.map { Double($0.additions) }),
        parameters: Spread(results.compactMap { $0.shrunk.map { Double($0.parametersAfter) } }),
        parameterRatio: Spread(
          results.compactMap {
            $0.shrunk.map { Double($0.parametersBefore) / Double(max(1, $0.parametersAfter)) }
          }), settings: common(results.compactMap(\.settings)))
      row.published = published?.figures(for: row) ?? []
      return row
    }
    for index in rows.indices {
      let others = rows.filter {
        $0.network == rows[index].network && $0.budget == rows[index].budget
      }
      // A mean over fewer seeds is another one.
      let least = others.filter { $0.done == $0.seeds }.compactMap(\.testError?.mean).min()
      rows[index].isBest =
        least != nil && rows[index].done == rows[index].seeds
        && rows[index].testError?.mean == least
    }
    self.rows = rows
    differences = Self.differences(rows, bySeed)
  }

  /// The networks, in the recipe's order.
  package var networks: [String] { grid.recipe.networks.map(\.label) }
}
