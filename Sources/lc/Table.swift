import ModelFiles

/// Columns of text, the first left-aligned, the others right-aligned.
struct Table {
  private var rows: [[String]]

  init(_ header: [String]) { rows = [header] }

  /// What would steer a terminal is shown instead of sent to it.
  mutating func add(_ row: [String]) { rows.append(row.map(oneLine)) }

  var text: String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    var lines = rows.map { row in
      row.enumerated().map { column, cell in
        let blanks = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + blanks : blanks + cell
      }.joined(separator: "  ")
    }
    lines.insert(widths.map { String(repeating: "─", count: $0) }.joined(separator: "  "), at: 1)
    return lines.joined(separator: "\n")
  }
}
