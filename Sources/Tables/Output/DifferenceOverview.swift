import Algorithms

extension ResultTable {
  /// Points of test error that methods differ by, for each network: a line for each plan and budget, a column for each
  /// two methods.
  var differenceOverviews: [Overview] {
    networks.compactMap { network in
      let own = differences.filter { $0.network == network }
      let titles = Array(own.map(\.title).uniqued())
      let (hasBudgets, isSwept) = (
        own.contains { $0.budget != nil }, own.contains { $0.swept != nil }
      )
      func names(_ difference: Difference) -> [String] {
        [difference.plan]
          + (hasBudgets ? [difference.budget.map { "\(trimmed($0))×" } ?? ""] : [])
          + (isSwept ? [difference.swept ?? ""] : [])
      }
      let lines = Array(own.map(names).uniqued())
      guard let first = lines.first else { return nil }
      return Overview(
        network: network, title: "\(network): differences in points",
        head: first.map { _ in "" } + titles,
        lines: lines.map { line in
          Overview.Line(
            names: line,
            cells: titles.map { title in
              let difference = own.first { names($0) == line && $0.title == title }
              return Overview.Cell(
                text: difference?.text ?? "", isBest: difference?.isClear == true)
            })
        })
    }
  }

  /// What stands above them.
  var differencesLegend: String {
    let seeds = grid.recipe.seeds.count > 1
    let images = differences.contains { $0.imageError != nil }
    let paired =
      images ? (seeds ? "seeds and test images" : "test images") : (seeds ? "seeds" : nil)
    return "Test error of the first method less that of the second, from the same references"
      + (paired.map {
        " ± standard error, paired over \($0); bold: better by more than two of these."
      } ?? ".")
  }
}
