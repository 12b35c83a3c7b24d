import Foundation
import LearningCompression

/// Error against compression, or along the sweep, as gnuplot's input; drawn where gnuplot is installed.
public struct TradeoffFigure: Sendable {
  public let network: String
  /// Of the files, without ending.
  public let name: String
  public let data: String
  public let script: String

  private struct Series {
    let title: String
    /// x, error and deviation.
    var points: [(x: Double, error: Double, deviation: Double)]
  }

  /// - Returns: none when no result of the network is there.
  init?(_ table: ResultTable, network: String) {
    let rows = table.rows.filter { $0.network == network && $0.testError != nil }
    guard let reference = rows.first?.referenceError?.mean else { return nil }
    self.network = network
    let name =
      "tradeoff-"
      + String(
        network.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-.".contains($0)) ? $0 : "_" })
    self.name = name
    let sweep = table.grid.recipe.sweep
    let several = Set(rows.map(\.method)).count > 1
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
      if several { title += ", \(row.method.rawValue)" }
      let point = (x: x, error: error.mean, deviation: error.deviation ?? 0)
      if let index = series.firstIndex(where: { $0.title == title }) {
        series[index].points.append(point)
      } else {
        series.append(Series(title: title, points: [point]))
      }
    }
    let front = sweep == nil ? Self.front(series.flatMap(\.points).map { ($0.x, $0.error) }) : []
    var blocks = series.map { one in
      (["# \(one.title)"]
        + one.points.sorted { $0.x < $1.x }.map { "\($0.x) \($0.error) \($0.deviation)" })
        .joined(separator: "\n")
    }
    blocks.append(
      (["# Pareto front"] + front.map { "\($0.0) \($0.1) 0" }).joined(separator: "\n"))
    data = blocks.joined(separator: "\n\n\n") + "\n"

    // Between quotes, for gnuplot.
    func quoted(_ text: String) -> String {
      "'" + text.replacingOccurrences(of: "'", with: "’") + "'"
    }
    let palette = [
      "#3366aa", "#cc5533", "#449944", "#8855bb", "#bb8800", "#228899", "#aa3377", "#777777",
    ]
    var plots = series.enumerated().map { index, one in
      "'\(name).dat' index \(index) using 1:2:3 with yerrorlines lw 2 pt \(index % 12 + 4) ps 0.8 "
        + "lc rgb '\(palette[index % palette.count])' dt \(index / palette.count + 1) "
        + "title \(quoted(one.title))"
    }
    if front.count > 1 {
      plots.append(
        "'\(name).dat' index \(series.count) using 1:2 with fsteps lw 1 lc rgb '#000000' dt 3 "
          + "title 'Pareto front'")
    }
    plots.append("\(reference) with lines lc rgb '#999999' dt 2 title 'reference'")
    let xs = series.flatMap(\.points).map(\.x)
    let ticks =
      sweep.map { sweep in
        "set xlabel \(quoted(sweep.option))\nset xrange [-0.5:\(Double(sweep.values.count) - 0.5)]\nset xtics ("
          + sweep.values.enumerated().map { "\(quoted($1)) \($0)" }.joined(separator: ", ") + ")"
      }
      ?? "set xlabel '\(rows.contains { $0.parameters != nil } ? "times fewer parameters" : "storage ratio")'\nset logscale x\nset xtics (1,1.5,2,3,4,6,8,10,15,20,30,40,60,80,100)\n"
      + "set xrange [\(0.9 * (xs.min() ?? 1)):\(1.1 * (xs.max() ?? 100))]"
    // Direct compression can be far off: then the lower errors need the room.
    let errors = series.flatMap(\.points).map(\.error) + [reference]
    let isWide = (errors.max() ?? 0) > 3 * (errors.min() ?? 0) && (errors.min() ?? 0) > 0
    script = """
      # gnuplot \(name).gp draws \(name).svg and \(name).png
      set encoding utf8
      set title \(quoted(network)) noenhanced
      set key outside right top noenhanced
      set grid lt 1 lw 1 lc rgb '#cccccc'
      set border lc rgb '#555555'
      set ylabel 'test error, %'
      \(isWide ? "set logscale y\nset yrange [\(0.8 * (errors.min() ?? 1)):100]\nset ytics (1,2,3,4,5,6,8,10,12,15,20,30,40,60,80,100)" : "")
      \(ticks)
      do for [t in 'svg png'] {
        if (t eq 'svg') { set terminal svg size 900,480 font 'sans-serif,13' dynamic background '#ffffff' } \\
        else { set terminal pngcairo size 1350,720 font 'sans-serif,15' }
        set output '\(name).'.t
        plot \(plots.joined(separator: ", \\\n    "))
      }

      """
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
  public var figures: [TradeoffFigure] {
    networks.compactMap { TradeoffFigure(self, network: $0) }
  }
}
