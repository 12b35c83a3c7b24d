import Algorithms
import Foundation
import LearningCompression

/// Error against compression, or along the sweep, as gnuplot's input; drawn where gnuplot is installed.
package struct TradeoffFigure: Sendable {
  package let network: String
  /// Of the files, without ending.
  package let name: String
  package let data: String
  package let script: String

  struct Series {
    /// The plan, whose colour it has, and the method, whose line.
    let plan: String
    let method: Method
    /// x, error and deviation.
    var points: [(x: Double, error: Double, deviation: Double)]
  }

  private static func name(of network: String) -> String {
    "tradeoff-"
      + String(
        network.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-.".contains($0)) ? $0 : "_" })
  }

  /// - Returns: none when no result of the network is there.
  init?(_ table: ResultTable, network: String) {
    let rows = table.rows.filter { $0.network == network && $0.testError != nil }
    guard let reference = rows.first?.referenceError?.mean else { return nil }
    self.network = network
    let base = Self.name(of: network)
    // Two networks whose names differ only in other characters.
    let same = table.rows.map(\.network).uniqued().filter { Self.name(of: $0) == base }
    let name = base + (same.firstIndex(of: network).map { $0 == 0 ? "" : "-\($0 + 1)" } ?? "")
    self.name = name
    let sweep = table.grid.recipe.sweep
    var series: [Series] = []
    for row in rows {
      guard let error = row.testError else { continue }
      let x: Double
      var title = row.plan
      if let sweep, let swept = row.swept, let place = sweep.values.firstIndex(of: swept) {
        x = Double(place)
        title += row.budget.map { " \(trimmed($0))×" } ?? ""
      } else {
        // Plans without a budget are one line when only their last word differs: `N 1e-3`, `N 2e-3`.
        if row.budget == nil, let space = title.lastIndex(of: " ") {
          title = String(title[..<space])
        }
        x = row.parameterRatio?.mean ?? row.ratio?.mean ?? 1
      }
      let point = (x: x, error: error.mean, deviation: error.deviation ?? 0)
      if let index = series.firstIndex(where: {
        $0.plan == title && $0.method == row.method
      }) {
        series[index].points.append(point)
      } else {
        series.append(Series(plan: title, method: row.method, points: [point]))
      }
    }
    let front = sweep == nil ? Self.front(series.flatMap(\.points).map { ($0.x, $0.error) }) : []
    let hasMethods = Set(series.map(\.method)).count > 1
    var blocks = series.map { one in
      (["# \(one.plan)" + (hasMethods ? ", \(one.method.rawValue)" : "")]
        + one.points.sorted { $0.x < $1.x }.map { "\($0.x) \($0.error) \($0.deviation)" })
        .joined(separator: "\n")
    }
    blocks.append(
      (["# Pareto front"] + front.map { "\($0.0) \($0.1) 0" }).joined(separator: "\n"))
    data = blocks.joined(separator: "\n\n\n") + "\n"

    script = Self.script(
      network, name: name, series: series, hasFront: front.count > 1, reference: reference,
      axis: Axis(rows, of: table.grid))
  }

  /// The points that no other one beats in both ratio and error, by ratio.
  static func front(_ points: [(Double, Double)]) -> [(Double, Double)] {
    var least = Double.infinity
    var front: [(Double, Double)] = []
    for point in points.sorted(by: { ($0.0, -$0.1) > ($1.0, -$1.1) }) where point.1 < least {
      least = point.1
      front.append(point)
    }
    return front.reversed()
  }
}

extension ResultTable {
  /// One a network.
  package var figures: [TradeoffFigure] {
    networks.compactMap { TradeoffFigure(self, network: $0) }
  }
}
