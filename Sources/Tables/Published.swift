import Foundation
import Recipes

/// Figures that others published, to be printed beside ours: a YAML list of
///
///     - {network: lenet300, plan: Q+P, ratio: 22.5, test-error: 2.17, data: MNIST, source: "…"}
///
/// A figure without a source is refused.
package struct Published: Sendable {
  package struct Figure: Sendable, Codable, Equatable {
    package let network: String
    package let plan: String
    /// None where the source does not say it.
    package let ratio: Double?
    package let testError: Double
    package let referenceError: Double?
    package let data: String
    package let source: String
  }

  package let all: [Figure]

  static func path(_ path: String, besides recipe: String) -> String {
    path.hasPrefix("/")
      ? path
      : URL(fileURLWithPath: recipe).deletingLastPathComponent().appendingPathComponent(path).path
  }

  /// - Parameter recipe: the recipe that names the file, beside which it lies.
  /// - Throws: `RecipeError`.
  package init(path: String, besides recipe: String) throws {
    let path = Self.path(path, besides: recipe)
    func wrong(_ line: Int, _ message: String) -> RecipeError {
      .malformed(path: path, line: line, message: message)
    }
    let tree = try RecipeReader(path: path).tree()
    guard case .list(let nodes) = tree.content else {
      throw wrong(tree.line, "a list of figures was expected")
    }
    all = try nodes.map { node in
      guard case .mapping(let entries) = node.content else {
        throw wrong(node.line, "a figure such as {network: …, plan: …, test-error: …} was expected")
      }
      var words: [String: String] = [:]
      for entry in entries {
        guard case .word(let word, _) = entry.value.content,
          [
            "network", "plan", "ratio", "test-error", "reference-error", "data", "source",
          ].contains(entry.key)
        else { throw wrong(entry.line, "'\(entry.key)' has no place in a figure") }
        words[entry.key] = word
      }
      func number(_ key: String) throws -> Double? {
        guard let word = words[key] else { return nil }
        guard let number = Double(word), number.isFinite else {
          throw wrong(node.line, "\(key) must be a number, found '\(word)'")
        }
        return number
      }
      guard let network = words["network"], let plan = words["plan"], let data = words["data"],
        let source = words["source"], let error = try number("test-error")
      else {
        throw wrong(node.line, "a figure needs network, plan, test-error, data and source")
      }
      return Figure(
        network: network, plan: plan, ratio: try number("ratio"), testError: error,
        referenceError: try number("reference-error"), data: data, source: source)
    }
  }

  /// Those of the row's network and plan, at a ratio within a quarter of its own; without a ratio only where
  /// plans are taken as they stand. By LC only.
  func figures(for row: ResultRow) -> [Figure] {
    guard row.method == .lc, row.swept == nil else { return [] }
    return all.filter { figure in
      guard figure.network == row.network, figure.plan == row.plan else { return false }
      guard let ratio = figure.ratio else { return row.budget == nil }
      guard let own = row.ratio?.mean ?? row.budget else { return true }
      return abs(ratio / own - 1) < 0.25
    }
  }
}
