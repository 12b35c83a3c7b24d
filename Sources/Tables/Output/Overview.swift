import Algorithms

/// A small table: a line for each plan, a column for each thing that is compared.
struct Overview {
  struct Line {
    let names: [String]
    let cells: [Cell]
  }

  struct Cell {
    /// Empty where a plan has no such row.
    let text: String
    /// Whether it is bold.
    let isBest: Bool
  }

  let network: String
  let title: String
  /// As many as a line has names and cells; empty above names.
  let head: [String]
  let lines: [Line]
}

extension ResultTable {
  /// Test errors at a glance, for each network that has two columns or more: a line for each plan and method, a
  /// column for each budget or, of a sweep, for each of its values. The lowest of its network and budget is bold; of
  /// a sweep, of its line.
  var overviews: [Overview] {
    networks.compactMap { network in overview(of: network, rows.filter { $0.network == network }) }
  }

  private func overview(of network: String, _ rows: [ResultRow]) -> Overview? {
    let sweep = grid.recipe.sweep
    func budget(_ row: ResultRow) -> String? { row.budget.map { "\(trimmed($0))×" } }
    func column(_ row: ResultRow) -> String? { sweep == nil ? budget(row) : row.swept }
    let columns = Array(rows.compactMap(column).uniqued())
    guard columns.count > 1 else { return nil }

    let hasMethods = Set(rows.map(\.method)).count > 1
    func names(_ row: ResultRow) -> [String] {
      [row.plan] + (sweep == nil ? [] : budget(row).map { [$0] } ?? [])
        + (hasMethods ? [row.method.rawValue] : [])
    }
    let lines = rows.map(names).uniqued().map { line in
      let own = rows.filter { names($0) == line }
      let complete = own.filter { $0.done == $0.seeds }
      let lowest = complete.compactMap(\.testError?.mean).min()
      return Overview.Line(
        names: line,
        cells: columns.map { name in
          guard let row = own.first(where: { column($0) == name }) else {
            return Overview.Cell(text: "", isBest: false)
          }
          return Overview.Cell(
            text: row.testErrorText + (sweep == nil ? row.ratioBesideBudget : ""),
            isBest: sweep == nil
              ? row.isBest
              : lowest != nil && row.done == row.seeds && row.testError?.mean == lowest)
        })
    }
    return Overview(
      network: network, title: "\(network): test error %, by \(sweep?.option ?? "budget")",
      head: (lines.first?.names ?? []).map { _ in "" } + columns, lines: lines)
  }
}
