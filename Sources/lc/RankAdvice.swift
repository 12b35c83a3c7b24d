import Compression

/// What is to be said of ranks that make no sense.
enum RankAdvice {
  /// One line for each problem that has such a rank.
  static func lines(_ plan: ResolvedPlan, _ forms: [CompressedForm]) -> [String] {
    zip(plan.problems, forms).compactMap { problem, form in
      let alone = form.lowRank != nil
      return form.parts.lazy.compactMap(\.lowRank).compactMap {
        line(
          problem.label, rows: $0.left.rows, columns: $0.right.columns, rank: $0.rank,
          isAlone: alone)
      }.first
    }
  }

  static func line(_ label: String, rows: Int, columns: Int, rank: Int, isAlone: Bool) -> String? {
    let least = min(rows, columns)
    let size = "\(label) (\(rows) × \(columns)) has rank \(rank)"
    if rank > 0, rank * (rows + columns) >= rows * columns, isAlone {
      return "\(size), whose factors hold \(rank * (rows + columns)) numbers, no fewer than the "
        + "\(rows * columns) weights: leave it out of the low-rank task"
    }
    if rank == 1, least > 1, least <= 32, isAlone {
      return
        "\(size), so that all its \(least) \(rows <= columns ? "outputs" : "inputs") are multiples of one: "
        + "give it a rank of its own, such as 'lowrank(r=\(max(2, least / 2)))', or leave it out"
    }
    return nil
  }
}
