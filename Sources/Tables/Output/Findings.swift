import Algorithms
import LearningCompression

extension ResultTable {
  /// Sentences that follow from the figures: which plan wins at which budget and by which method, whether sums of compressions
  /// beat single ones, and where the LC algorithm does not beat other methods.
  package var findings: [String] {
    let open = rows.reduce(0) { $0 + $1.seeds - $1.done - $1.failures.count }
    let failed = rows.reduce(0) { $0 + $1.failures.count }
    var lines: [String] = []
    if open > 0 { lines.append("\(open) results are still open.") }
    if failed > 0 { lines.append("\(failed) runs failed: " + failureText + ".") }
    guard grid.recipe.sweep == nil else { return lines + sweepFindings + comparisons }
    for network in networks {
      let own = rows.filter { $0.network == network && $0.testError != nil }
      guard let reference = own.first?.referenceError else { continue }
      lines.append("\(network): reference \(reference.text(2)) % test error.")
      lines += winners(own)
    }
    return lines + comparisons
  }

  private var failureText: String {
    Array(Set(rows.flatMap(\.failures))).sorted().prefix(3).joined(separator: "; ")
  }

  private func error(_ row: ResultRow) -> Double { row.testError?.mean ?? .infinity }

  private func winners(_ rows: [ResultRow]) -> [String] {
    var lines: [String] = []
    var (dominated, clearly, compared) = (0, 0, 0)
    for budget in rows.compactMap(\.budget).uniqued() {
      let all = rows.filter { $0.budget == budget }
      guard let winner = all.min(by: { error($0) < error($1) }) else { continue }
      let (winning, lowest) = (
        "\(winner.plan) by \(winner.method.rawValue)\(winner.ratioBesideBudget)",
        winner.testError?.text(2) ?? ""
      )
      let plans = all.filter { $0.method == .lc }
      guard let best = plans.min(by: { error($0) < error($1) }) else {
        lines.append("\(winner.network) at \(trimmed(budget))×: \(winning) wins with \(lowest) %.")
        continue
      }
      let singles = plans.filter { !$0.plan.contains("+") }
      let sums = plans.filter { $0.plan.contains("+") }
      var line =
        "\(best.network) at \(trimmed(budget))×: by LC, \(best.plan)\(best.ratioBesideBudget) wins with "
        + "\(best.testError?.text(2) ?? "") %"
      if let single = singles.min(by: { error($0) < error($1) }),
        let sum = sums.min(by: { error($0) < error($1) })
      {
        compared += 1
        let lead = error(single) - error(sum)
        if lead > 0 { dominated += 1 }
        if lead > max(single.testError?.deviation ?? 0, sum.testError?.deviation ?? 0) {
          clearly += 1
        }
        let other =
          best.plan.contains("+")
          ? ("best single compression", single) : ("best sum of compressions", sum)
        line +=
          "; the \(other.0), \(other.1.plan)\(other.1.ratioBesideBudget), has \(other.1.testError?.text(2) ?? "") %"
      }
      if error(winner) < error(best) {
        line += "; the lowest of all methods is \(winning), \(lowest) %"
      }
      lines.append(line + ".")
    }
    if compared > 0, let network = rows.first?.network {
      lines.append(
        "\(network): the best sum of compressions beats the best single one at \(dominated) of "
          + "\(compared) budget\(compared == 1 ? "" : "s")"
          + (grid.recipe.seeds.count > 1
            ? ", at \(clearly) by more than the larger deviation." : "."))
    }
    return lines
  }

  /// How LC stands to another method, and `auto` to the better of all others, for each value of a sweep.
  private var comparisons: [String] {
    let values = grid.recipe.sweep?.values.map(Optional.some) ?? [nil]
    return values.flatMap { value in
      let own = differences.filter { $0.swept == value }
      let head = value.map { "with \(grid.recipe.sweep?.option ?? "") \($0) " } ?? ""
      return [Method.direct, .retrain].flatMap { other in
        comparison(
          head + "LC beats \(other.rawValue)",
          own.filter { $0.method == .lc && $0.other == other })
      }
        + comparison(
          head + "auto beats " + (others.count > 1 ? "the best of " : "")
            + others.map(\.rawValue).joined(separator: ", "), Self.leads(own))
    }
  }

  /// For each line that of `auto` from the best of the others.
  private static func leads(_ differences: [Difference]) -> [Difference] {
    differences.filter { $0.method == .auto && $0.other != .lc }
      .chunked { $0.isBeside($1) }.compactMap { $0.max { $0.mean < $1.mean } }
  }

  /// The methods that are not the package's own.
  private var others: [Method] {
    Array(differences.filter { $0.method == .auto && $0.other != .lc }.map(\.other).uniqued())
  }

  private func comparison(_ name: String, _ differences: [Difference]) -> [String] {
    guard let worst = differences.max(by: { $0.mean < $1.mean }) else { return [] }
    let better = differences.filter { $0.mean < 0 }
    let known = differences.filter { $0.error != nil }
    let clearly = known.filter { $0.mean < -($0.error ?? 0) }
    let place =
      "\(worst.network) \(worst.plan)" + (worst.budget.map { " at \(trimmed($0))×" } ?? "")
    return [
      "\(name) in \(better.count) of \(differences.count) rows"
        + (known.isEmpty ? "" : ", in \(clearly.count) by more than a standard error")
        + (better.count == differences.count
          ? "." : "; at the worst \(worst.text) points, \(place).")
    ]
  }

  /// Where the best of a sweep is: an optimum inside counts when it beats both ends by more than the
  /// larger deviation.
  private static func place(of best: ResultRow, in own: [ResultRow]) -> String {
    let ends = [own.first, own.last].compactMap { $0 }
    if ends.contains(where: { $0.swept == best.swept }) { return "an end of the range" }
    let isClear = ends.allSatisfy { end in
      guard let end = end.testError, let best = best.testError else { return false }
      return end.mean - best.mean > max(end.deviation ?? 0, best.deviation ?? 0)
    }
    return isClear ? "an interior optimum" : "an interior optimum within the noise"
  }

  /// Where along the sweep each plan is best.
  private var sweepFindings: [String] {
    // Of a run's length the longest is the best, and no finding.
    guard let sweep = grid.recipe.sweep, !["epochs", "batches"].contains(sweep.option) else {
      return []
    }
    var seen: Set<String> = []
    return rows.compactMap { row in
      let key =
        "\(row.network) \(row.plan)\(row.budget.map { " at \(trimmed($0))×" } ?? "") "
        + row.method.rawValue
      guard seen.insert(key).inserted else { return nil }
      let own = rows.filter {
        $0.network == row.network && $0.plan == row.plan && $0.budget == row.budget
          && $0.method == row.method && $0.testError != nil
      }
      guard let best = own.min(by: { error($0) < error($1) }), let swept = best.swept else {
        return nil
      }
      return
        "\(key): lowest test error \(best.testError?.text(2) ?? "") % at \(sweep.option) \(swept) "
        + "(\(Self.place(of: best, in: own)))."
    }
  }
}
