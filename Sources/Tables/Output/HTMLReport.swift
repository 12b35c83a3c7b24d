import Foundation

extension ResultTable {
  /// One page that needs nothing else: figures are drawn inline.
  ///
  /// - Parameter drawings: SVG texts by network.
  public func html(drawings: [String: String]) -> String {
    let columns = columns
    func escaped(_ text: String) -> String {
      text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
        .replacingOccurrences(of: ">", with: "&gt;")
    }
    func table(_ rows: [ResultRow]) -> String {
      func kind(_ column: Column, _ row: ResultRow? = nil) -> String {
        if column.isText { return " class=\"text\"" }
        return row?.isBest == true && column.name == "test_error" ? " class=\"best\"" : ""
      }
      let head = columns.map { "<th\(kind($0))>\(escaped($0.title))</th>" }.joined()
      var last: Double?? = .none
      let body = rows.map { row -> String in
        let starts = last != .some(row.budget)
        last = .some(row.budget)
        let cells = columns.map { column in
          "<td\(kind(column, row))>\(escaped(column.text(row)))</td>"
        }.joined()
        return
          "<tr\(starts ? " class=\"first\"" : "") title=\"\(escaped(row.text).replacingOccurrences(of: "\"", with: "&quot;"))\">\(cells)</tr>"
      }.joined(separator: "\n")
      return
        "<div class=\"scroll\"><table><thead><tr>\(head)</tr></thead>\n<tbody>\n\(body)\n</tbody></table></div>"
    }
    func glance(_ overview: Overview) -> String {
      let head = overview.head.map { "<th>\(escaped($0))</th>" }.joined()
      let body = overview.lines.map { line in
        "<tr>" + line.names.map { "<th scope=\"row\">\(escaped($0))</th>" }.joined()
          + line.cells.map { cell in
            "<td\(cell?.isBest == true ? " class=\"best\"" : "")>\(escaped(cell?.text ?? ""))</td>"
          }.joined() + "</tr>"
      }.joined(separator: "\n")
      return
        "<h3>Test error %</h3>\n<div class=\"scroll\"><table><thead><tr>\(head)</tr></thead>\n"
        + "<tbody>\n\(body)\n</tbody></table></div>\n<h3>All figures</h3>\n"
    }
    let overviews = overviews
    let parts = networks.map { network in
      "<h2>\(escaped(network))</h2>\n"
        + (drawings[network].map { "<figure>\(inline($0))</figure>\n" } ?? "")
        + (overviews.first { $0.network == network }.map(glance) ?? "")
        + table(rows.filter { $0.network == network })
    }
    let notes = [
      grid.recipe.note.map { "<p>\(escaped($0))</p>" } ?? "", "<p>\(escaped(legend))</p>",
    ]
    func items(_ lines: [String]) -> String {
      "<ul>\n"
        + lines.map { "<li>\(escaped($0).replacingOccurrences(of: "`", with: ""))</li>" }
        .joined(separator: "\n") + "\n</ul>"
    }
    func list(_ title: String, _ lines: [String]) -> String {
      lines.isEmpty ? "" : "<h2>\(title)</h2>\n\(items(lines))"
    }
    func settings() -> String {
      let all = common(rows.map(\.settings).filter { !$0.isEmpty })
      func text(_ settings: [String: String]) -> String {
        settings.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
      }
      let own = rows.filter { !$0.settings.isEmpty }.map { row in
        let name = [
          networks.count > 1 ? row.network : nil, row.budget.map { "\(trimmed($0))×" }, row.plan,
          row.method.rawValue, row.swept,
        ].compactMap { $0 }.joined(separator: ", ")
        return "\(name): \(text(row.settings.filter { all[$0.key] == nil }))"
      }
      let lines = all.isEmpty ? [] : ["all: \(text(all))"] + own
      return lines.isEmpty
        ? ""
        : "<details><summary>Settings, given or not</summary>\n\(items(lines))\n</details>"
    }
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(escaped(grid.recipe.title))</title>
      <style>
      body { font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 68rem;
        margin: 2rem auto; padding: 0 1rem; }
      h1, h2, h3 { line-height: 1.2; }
      .scroll { overflow-x: auto; }
      table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
      th, td { padding: 0.2rem 0.7rem; text-align: right; white-space: nowrap; }
      th { border-bottom: 2px solid #888; }
      .text, th[scope] { text-align: left; }
      th[scope] { border: 0; font-weight: 400; }
      tr.first td { border-top: 1px solid #bbb; }
      tbody tr:hover { background: #f2f5fa; }
      .best { font-weight: 700; }
      summary { cursor: pointer; margin: 1rem 0; }
      figure { margin: 1rem 0; } figure svg { max-width: 100%; height: auto; }
      </style></head><body>
      <h1>\(escaped(grid.recipe.title))</h1>
      \(notes.joined(separator: "\n"))
      \(list("What it says", findings))
      \(parts.joined(separator: "\n"))
      \(list("Plans", planTexts))
      \(settings())
      \(list("Sources of published figures", sources))
      </body></html>

      """
  }

  /// An SVG without what belongs to a file of its own.
  private func inline(_ svg: String) -> String {
    guard let start = svg.range(of: "<svg") else { return "" }
    return String(svg[start.lowerBound...])
  }
}
