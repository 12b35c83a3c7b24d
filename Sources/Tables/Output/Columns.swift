import Foundation

/// The columns of a written table.
struct Column {
  let title: String
  /// Whether it holds words, which stand to the left.
  var isText = false
  /// For programs: a column's name in CSV.
  let name: String
  let text: (ResultRow) -> String
}

extension ResultTable {
  /// Those that the rows fill.
  var columns: [Column] {
    var columns: [Column] = []
    if networks.count > 1 {
      columns.append(Column(title: "network", isText: true, name: "network") { $0.network })
    }
    let isSmaller = rows.contains { $0.parameters != nil }
    if rows.contains(where: { $0.budget != nil }) {
      columns.append(
        Column(title: "budget", name: "budget") { $0.budget.map { "\(trimmed($0))×" } ?? "" })
    }
    // What was asked for and what it is stand side by side.
    if !isSmaller {
      columns.append(Column(title: "ratio", name: "ratio") { $0.ratio.map(times) ?? "" })
    }
    columns += [
      Column(title: "plan", isText: true, name: "plan") { $0.plan },
      Column(title: "method", isText: true, name: "method") { $0.method.rawValue },
    ]
    if let sweep = grid.recipe.sweep {
      columns.append(Column(title: sweep.option, name: "swept") { $0.swept ?? "" })
    }
    columns += [
      Column(title: "train loss", name: "train_loss") { $0.trainLoss?.text(4) ?? "" },
      Column(title: "train error %", name: "train_error") { $0.trainError?.text(2) ?? "" },
      Column(title: "test error %", name: "test_error") { $0.testErrorText },
    ]
    if isSmaller {
      return columns + [
        Column(title: "parameters", name: "parameters") { $0.parameters?.text(0) ?? "" },
        Column(title: "fewer", name: "parameter_ratio") {
          $0.parameterRatio.map(times) ?? ""
        },
      ]
    }
    columns += [
      Column(title: "by file", name: "file_ratio") { $0.fileRatio.map(times) ?? "" },
      Column(title: "mult.", name: "multiplications") { $0.multiplications.map(count) ?? "" },
      Column(title: "add.", name: "additions") { $0.additions.map(count) ?? "" },
    ]
    if rows.contains(where: { !$0.published.isEmpty }) {
      columns.append(
        Column(title: "published", name: "published") { row in
          row.published.map { figure in
            "\(figure.testError) % ("
              + (isOfSameData(figure, row) ? "same data" : "other data, \(figure.data)")
              + (figure.ratio.map { ", \(trimmed($0))×" } ?? "") + ")"
          }.joined(separator: "; ")
        })
    }
    return columns
  }

  /// Whether a published figure is of the data that the grid's network has, by its name.
  private func isOfSameData(_ figure: Published.Figure, _ row: ResultRow) -> Bool {
    let network = grid.recipe.networks.first { $0.label == row.network }
    let data = network?.options.first { $0.name == "data" }?.value
    return data.map { URL(fileURLWithPath: $0).lastPathComponent.lowercased() }
      == figure.data.lowercased()
  }

  /// The sources of the published figures that the rows quote.
  var sources: [String] {
    Array(Set(rows.flatMap(\.published).map { "\($0.data): \($0.source)" })).sorted()
  }
}

extension ResultRow {
  /// With the number of seeds where some are missing.
  var testErrorText: String {
    guard let testError else { return stateText }
    return testError.text(2) + (done < seeds ? " (\(done) of \(seeds))" : "")
  }

  /// The ratio that it has, such as ` (19.4×)`, where that is not the budget; nothing where it is, within a
  /// hundredth.
  var ratioBesideBudget: String {
    guard parameters == nil, let budget, let ratio = ratio?.mean,
      abs(ratio - budget) > 0.01 * budget, tenths(ratio) != tenths(budget)
    else { return "" }
    return " (\(tenths(ratio))×)"
  }

  /// What stands where there is no error yet.
  var stateText: String { failures.isEmpty ? "open" : "failed" }
}

/// A number without a trailing `.0`.
func trimmed(_ value: Double) -> String {
  value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
}

/// A ratio, without a deviation that rounds to nothing.
private func times(_ spread: Spread) -> String {
  let (text, none) = (spread.text(1), " ± 0.0")
  return (text.hasSuffix(none) ? String(text.dropLast(none.count)) : text) + "×"
}

/// Operations, in thousands or millions.
private func count(_ spread: Spread) -> String {
  switch spread.mean {
  case ..<1e4: "\(Int(spread.mean.rounded()))"
  case ..<1e6: "\(tenths(spread.mean / 1e3)) k"
  default: "\(tenths(spread.mean / 1e6)) M"
  }
}
