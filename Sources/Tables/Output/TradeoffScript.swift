import Algorithms
import LearningCompression

/// How gnuplot draws it: a plan has a colour, a method a kind of line.
extension TradeoffFigure {
  /// What the errors stand above.
  enum Axis {
    case ratio(String)
    case sweep(String, values: [String])

    init(_ rows: [ResultRow], of grid: Grid) {
      if let sweep = grid.recipe.sweep {
        self = .sweep(sweep.option, values: sweep.values)
      } else {
        let isCount = rows.contains { $0.parameters != nil }
        self = .ratio(isCount ? "times fewer parameters" : "storage ratio")
      }
    }

    fileprivate func script(_ xs: [Double]) -> String {
      switch self {
      case .ratio(let label):
        """
        set xlabel \(quoted(label))
        set logscale x
        set xtics (1,1.5,2,3,4,6,8,10,15,20,30,40,60,80,100,150,200,300,400,600,800,1000)
        set xrange [\(0.9 * (xs.min() ?? 1)):\(1.1 * (xs.max() ?? 100))]
        """
      case .sweep(let option, let values):
        """
        set xlabel \(quoted(option))
        set xrange [-0.5:\(Double(values.count) - 0.5)]
        set xtics (\(values.enumerated().map { "\(quoted($1)) \($0)" }.joined(separator: ", ")))
        """
      }
    }
  }

  /// The errors that are shown: all but those of direct compression, which may be far off.
  private struct Frame {
    let isLogarithmic: Bool
    let bottom: Double
    let top: Double

    init(_ series: [Series], reference: Double) {
      let trained = series.filter { $0.method != .direct }
      let points = (trained.isEmpty ? series : trained).flatMap(\.points)
      let least = points.map { $0.error - $0.deviation }.reduce(reference, min)
      let most = points.map { $0.error + $0.deviation }.reduce(reference, max)
      // Gnuplot draws nothing in an empty range.
      let span = max(most - least, 0.1)
      isLogarithmic = least > 0 && most > 4 * least
      bottom = isLogarithmic ? 0.8 * least : max(0, least - 0.1 * span)
      top = isLogarithmic ? 1.2 * most : most + 0.15 * span
    }
  }

  private static let palette = [
    "#3366aa", "#cc5533", "#449944", "#8855bb", "#bb8800", "#228899", "#aa3377", "#777777",
  ]

  static func script(
    _ network: String, name: String, series: [Series], hasFront: Bool, reference: Double, axis: Axis
  ) -> String {
    let frame = Frame(series, reference: reference)
    let plans = Array(series.map(\.plan).uniqued())
    let methods = Array(series.map(\.method).uniqued())
    let others = methods.filter { $0 != .direct }
    func line(_ method: Method) -> String {
      guard methods.count > 1 else { return "lw 2" }
      guard let place = others.firstIndex(of: method) else { return "lw 2 dt 3" }
      return place == 0 ? "lw 2.5 dt 1" : "lw 1.8 dt \([2, 4, 5][(place - 1) % 3])"
    }
    var named: Set<String> = []
    var plots = series.enumerated().map { index, one in
      let plan = plans.firstIndex(of: one.plan) ?? 0
      return "'\(name).dat' index \(index) using 1:2:3 with yerrorlines \(line(one.method)) "
        + "pt \(plan % 12 + 4) ps \(one.method == others.first ? 1.1 : 0.8) "
        + "lc rgb '\(palette[plan % palette.count])' "
        + (named.insert(one.plan).inserted ? "title \(quoted(one.plan))" : "notitle")
    }
    if methods.count > 1 {
      plots += methods.map { method in
        let points = series.filter { $0.method == method }.flatMap(\.points)
        let above = points.filter { $0.error > frame.top }.count
        let title = method.rawValue + (above > 0 ? " (\(above) of \(points.count) above)" : "")
        return "NaN with lines \(line(method)) lc rgb '#000000' title \(quoted(title))"
      }
    }
    if hasFront {
      // A broad band behind the lines.
      plots.insert(
        "'\(name).dat' index \(series.count) using 1:2 with fsteps lw 6 lc rgb '#dddddd' "
          + "title 'Pareto front'", at: 0)
    }
    plots.append("\(reference) with lines lc rgb '#999999' dt 2 title 'reference'")
    let scale =
      "set logscale y\nset ytics (0.1,0.2,0.3,0.5,0.7,1,1.5,2,3,4,5,6,8,10,12,15,20,30,40,60,80,100)"
    return """
      # gnuplot \(name).gp draws \(name).svg and \(name).png
      set encoding utf8
      set title \(quoted(network)) noenhanced
      set key outside right top noenhanced
      set grid lt 1 lw 1 lc rgb '#cccccc'
      set border lc rgb '#555555'
      set ylabel 'test error, %'
      set yrange [\(frame.bottom):\(frame.top)]
      \(frame.isLogarithmic ? scale : "")
      \(axis.script(series.flatMap(\.points).map(\.x)))
      do for [t in 'svg png'] {
        if (t eq 'svg') { set terminal svg size 900,480 font 'sans-serif,13' dynamic background '#ffffff' } \\
        else { set terminal pngcairo size 1350,720 font 'sans-serif,18' linewidth 1.5 pointscale 1.5 }
        set output '\(name).'.t
        plot \(plots.joined(separator: ", \\\n    "))
      }

      """
  }
}

/// Between quotes, for gnuplot.
private func quoted(_ text: String) -> String {
  "'" + text.replacing("'", with: "’") + "'"
}
