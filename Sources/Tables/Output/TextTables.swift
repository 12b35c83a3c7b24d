import Algorithms
import Foundation

extension ResultTable {
  /// A Markdown page: test errors at a glance, what they say, the whole table, the plans, the sources.
  package var markdown: String {
    func line(_ cells: [String]) -> String {
      "| " + cells.map { $0.replacingOccurrences(of: "|", with: "\\|") }.joined(separator: " | ")
        + " |"
    }
    func table(_ head: [String], _ body: [[String]]) -> [String] {
      [line(head), "|" + head.map { _ in "---|" }.joined()] + body.map(line) + [""]
    }
    let columns = columns
    var lines = ["# \(grid.recipe.title)", ""]
    if let note = grid.recipe.note { lines += [note, ""] }
    lines += [legend, ""]
    func table(_ overview: Overview) -> [String] {
      table(
        overview.head,
        overview.lines.map { line in
          line.names + line.cells.map { $0.isBest ? "**\($0.text)**" : $0.text }
        })
    }
    for overview in overviews { lines += ["## \(overview.title)", ""] + table(overview) }
    lines += ["## What it says", ""] + findings.map { "- \($0)" } + [""]
    for (place, overview) in differenceOverviews.enumerated() {
      lines += ["## \(overview.title)", ""] + (place == 0 ? [differencesLegend, ""] : [])
      lines += table(overview)
    }
    lines += ["## All figures", ""]
    lines += table(
      columns.map(\.title),
      rows.map { row in
        columns.map { column in
          let text = column.text(row)
          return row.isBest && column.name == "test_error" ? "**\(text)**" : text
        }
      })
    lines += ["## Plans", ""] + planTexts.map { "- \($0)" }
    if !sources.isEmpty { lines += ["", "## Sources", ""] + sources.map { "- \($0)" } }
    return lines.joined(separator: "\n") + "\n"
  }

  var legend: String {
    let seeds = grid.recipe.seeds.count
    return
      (seeds > 1 ? "Mean ± standard deviation over \(seeds) seeds. " : "One seed. ")
      + (grid.recipe.shrink == nil
        ? "Errors of Δ(θ); the lowest test error of each network and budget is bold. Ratios of the "
          + "compressed tensors, by count and by file"
          + (overviews.isEmpty ? "" : "; beside an error where it is not the budget")
          + ". Operations of one input."
        : "Errors and parameters of the smaller network that is made of Δ(θ).")
  }

  /// What ran under each plan's name.
  var planTexts: [String] {
    Array(
      rows.map { row in
        let budget = row.budget.map { " at \(trimmed($0))×" } ?? ""
        return "\(row.network), \(row.plan)\(budget): `\(row.text)`"
      }.uniqued())
  }

  /// Numbers for programs: means and deviations in columns of their own.
  package var csv: String {
    func quoted(_ text: String) -> String {
      // What a spreadsheet would take for a formula is text.
      let text = text.first.map { "=+@".contains($0) } == true ? "'" + text : text
      return text.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
        ? "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : text
    }
    func numbers(_ spread: Spread?) -> [String] {
      [spread.map { "\($0.mean)" } ?? "", spread?.deviation.map { "\($0)" } ?? ""]
    }
    let spreads: [(String, KeyPath<ResultRow, Spread?>)] = [
      ("reference_error", \.referenceError), ("train_loss", \.trainLoss),
      ("train_error", \.trainError), ("test_error", \.testError), ("ratio", \.ratio),
      ("file_ratio", \.fileRatio), ("multiplications", \.multiplications),
      ("additions", \.additions), ("parameters", \.parameters),
    ]
    let header =
      ["network", "budget", "plan", "text", "method", "swept", "seeds", "done", "best"]
      + spreads.flatMap { [$0.0, "\($0.0)_sd"] }
      + ["published_error", "published_data", "published_source"]
    var lines = [header.joined(separator: ",")]
    for row in rows {
      var cells = [
        row.network, row.budget.map(trimmed) ?? "", row.plan, row.text, row.method.rawValue,
        row.swept ?? "", "\(row.seeds)", "\(row.done)", row.isBest ? "1" : "0",
      ]
      cells += spreads.flatMap { numbers(row[keyPath: $0.1]) }
      cells += [
        row.published.map { "\($0.testError)" }.joined(separator: "; "),
        row.published.map(\.data).joined(separator: "; "),
        row.published.map(\.source).joined(separator: "; "),
      ]
      lines.append(cells.map(quoted).joined(separator: ","))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A `tabular` for booktabs.
  package var latex: String {
    func escaped(_ text: String) -> String {
      var result = ""
      for character in text {
        switch character {
        case "%", "_", "&", "#", "$": result += "\\\(character)"
        case "×": result += "$\\times$"
        case "±": result += "$\\pm$"
        case "\\": result += "\\textbackslash{}"
        case "{", "}": result += "\\\(character)"
        // Behind a line's end it would be the line's height.
        case "[", "]": result += "{\(character)}"
        case "^": result += "\\textasciicircum{}"
        case "~": result += "\\textasciitilde{}"
        default: result.append(character)
        }
      }
      return result
    }
    let columns = columns
    var lines = [
      "% \(grid.recipe.title.replacingOccurrences(of: "\n", with: " ")); needs booktabs",
      "\\begin{tabular}{\(columns.map { $0.isText ? "l" : "r" }.joined())}",
      "\\toprule", columns.map { escaped($0.title) }.joined(separator: " & ") + " \\\\",
      "\\midrule",
    ]
    var last: (String, Double?)?
    for row in rows {
      if let last, last != (row.network, row.budget) { lines.append("\\midrule") }
      last = (row.network, row.budget)
      lines.append(
        columns.map { column in
          let text = escaped(column.text(row))
          return row.isBest && column.name == "test_error" ? "\\textbf{\(text)}" : text
        }.joined(separator: " & ") + " \\\\")
    }
    return (lines + ["\\bottomrule", "\\end{tabular}"]).joined(separator: "\n") + "\n"
  }

  package func json() throws -> String {
    struct Page: Encodable {
      let title: String
      let note: String?
      let findings: [String]
      let rows: [ResultRow]
      let differences: [Difference]
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let data = try encoder.encode(
      Page(
        title: grid.recipe.title, note: grid.recipe.note, findings: findings, rows: rows,
        differences: differences))
    return String(decoding: data, as: UTF8.self) + "\n"
  }
}
