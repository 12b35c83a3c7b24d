import Compression

/// What is to be said of ranks that make no sense, of matrices that are factors and nothing else.
enum RankAdvice {
  /// One line for each problem that has such a rank.
  static func lines(_ plan: ResolvedPlan, _ forms: [CompressedForm]) -> [String] {
    zip(plan.problems, forms).compactMap { problem, form in
      form.lowRank.flatMap {
        line(problem.label, rows: $0.left.rows, columns: $0.right.columns, rank: $0.rank)
      }
    }
  }

  static func line(_ label: String, rows: Int, columns: Int, rank: Int) -> String? {
    let least = min(rows, columns)
    let size = "\(label) (\(rows) × \(columns)) has rank \(rank)"
    func savesNothing(_ rank: Int) -> Bool { rank * (rows + columns) >= rows * columns }
    if rank > 0, savesNothing(rank) {
      return "\(size), whose factors hold \(rank * (rows + columns)) numbers, no fewer than the "
        + "\(rows * columns) weights: leave it out of the low-rank task"
    }
    guard rank == 1, least > 1, least <= 32 else { return nil }
    let half = least / 2
    let advice =
      half > 1 && !savesNothing(half)
      ? "give it a rank of its own, such as 'lowrank(r=\(half))', or leave it out" : "leave it out"
    return "\(size), so that all its \(least) \(rows <= columns ? "outputs" : "inputs") are "
      + "multiples of one: \(advice)"
  }
}
