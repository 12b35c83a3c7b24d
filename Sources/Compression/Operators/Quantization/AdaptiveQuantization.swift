import LinearAlgebra

/// Sets every weight to one of K entries of a codebook that is learnt from the weights.
///
/// min ‖w − θ‖² with θᵢ ∈ {c₁ … c_K}: one-dimensional k-means.
/// - `.lloyd`: without a warm start exact for K ≤ 2, for as many entries as there are distinct values,
///   for up to 2,048 of these (131,072 for K > 32); otherwise Lloyd's algorithm from the exact optimum of
///   a summary of the weights by that many points, which ends at or next to the global optimum. With a
///   warm start Lloyd's algorithm from the previous codebook: monotone, a local optimum near it. For K up
///   to 256, 65,536 weights or more are not sorted where a histogram by the floats' leading bits resolves
///   what the entries do: Lloyd's algorithm runs on it, with an exact last iteration.
/// - `.exact`: the global optimum, by dynamic programming over all distinct values.
/// - `.restarts`: the best of several runs of Lloyd's algorithm from k-means++, as in other toolkits;
///   for comparison.
///
/// With `keepsZero` one entry is 0, so that the weights that take it are pruned. That codebook is
/// found by Lloyd's algorithm with this entry held, from the exact optimum of the summary; for K above
/// 1,024 from the codebook without it, whose entry next to 0 it becomes.
///
/// - Complexity: O(n) to sort or to count, then O(K·log n) an iteration; from a warm start with K ≤ 4,
///   O(K·n) an iteration. `.exact` O(K·n·log n) time and 4·K·n + 48·n bytes up to K = 32, O(n·log n) a
///   price, ten or so, and 60·n bytes beyond.
/// - Source: Carreira-Perpiñán & Idelbayev, arXiv 1707.04319; Lloyd 1982; Arthur & Vassilvitskii 2007.
public struct AdaptiveQuantization: CodebookOperator {
  /// How the codebook is found; see the type for what each promises.
  public enum Solver: Sendable, Equatable {
    /// Lloyd's algorithm from a good start; monotone from a warm start.
    case lloyd
    /// Dynamic programming: the global optimum.
    case exact
    /// So many runs of Lloyd's algorithm from k-means++, 1 to 10,000; the best counts.
    case restarts(Int)
  }

  /// K, the number of entries.
  public let levels: Int
  /// Lloyd's algorithm by default.
  public let solver: Solver
  /// Whether one of the entries is 0.
  public let keepsZero: Bool
  /// Which weights share the K entries; all of the view by default.
  public let grouping: Grouping
  /// Of the restarts.
  public let seed: UInt64

  /// K learnt values for all weights of the view, or for each row or group.
  ///
  /// - Throws: `CompressionError.invalidParameter` unless 1 ≤ K ≤ 65,536 and there are 1 to 10,000
  ///   restarts.
  public init(
    levels: Int, solver: Solver = .lloyd, keepsZero: Bool = false, per grouping: Grouping = .view,
    seed: UInt64 = 0
  ) throws {
    guard (1...65_536).contains(levels) else {
      throw CompressionError.invalidParameter(
        operator: "quantize", parameter: "k", value: "\(levels)", expected: "from 1 to 65536")
    }
    if case .restarts(let count) = solver, !(1...10_000).contains(count) {
      throw CompressionError.invalidParameter(
        operator: "quantize", parameter: "restarts", value: "\(count)", expected: "from 1 to 10000"
      )
    }
    if keepsZero, solver != .lloyd {
      throw CompressionError.invalidParameter(
        operator: "quantize", parameter: "zero", value: "zero",
        expected: "without exact and restarts")
    }
    self.levels = levels
    self.solver = solver
    self.keepsZero = keepsZero
    self.grouping = grouping
    self.seed = seed
  }

  /// As it is written in a plan: `quantize(k=4)`, then `exact` or `restarts=10`, `zero` and
  /// `per=row` where they are not the default. The seed is not written.
  public var description: String {
    var arguments = ["k=\(levels)"]
    switch solver {
    case .lloyd: break
    case .exact: arguments.append("exact")
    case .restarts(let count): arguments.append("restarts=\(count)")
    }
    if keepsZero { arguments.append("zero") }
    if !groupingSuffix.isEmpty { arguments.append(groupingSuffix) }
    return "quantize(\(arguments.joined(separator: ", ")))"
  }

  /// Refuses K above the weights of the view or of a group, rows of a vector, and `.exact` where
  /// its table would take more than 32 GiB.
  ///
  /// - Throws: `CompressionError.invalidParameter`, `.needsMatrix`.
  public func validate(shape: [Int], view: String) throws {
    try grouping.validate("quantize", shape: shape, view: view)
    let total = min(shape.reduce(1, *), grouping.size(for: shape))
    guard levels <= total else {
      throw CompressionError.invalidParameter(
        operator: "quantize", parameter: "k", value: "\(levels)",
        expected: "at most the \(total) weights of \(grouping == .view ? view : "a group")")
    }
    if case .exact = solver {
      let (bytes, overflow) = total.multipliedReportingOverflow(by: 4 * min(levels, 32))
      guard total <= Int32.max, !overflow, bytes <= 1 << 35 else {
        throw CompressionError.invalidParameter(
          operator: "quantize", parameter: "exact", value: "\(levels) × \(total)",
          expected: "used where 4·k·n is at most 32 GiB")
      }
    }
  }

  /// One-dimensional k-means by the solver, scale-free: a power of two times the weights gives as
  /// much times the entries. A warm start counts where it has K entries.
  ///
  /// - Complexity: as the type says.
  public func codebook(for weights: [Float], from previous: [Float]?) throws -> Codebook.Entries {
    Codebook.Entries.scaleFree(weights, previous?.count == levels ? previous : nil) {
      let found = keepsZero ? entriesWithZero($0, $1) : entries($0, $1)
      return .free(found, levels: found.count)
    }
  }

  /// Takes K free entries a group; with `keepsZero` one of each group's must be 0.
  public func allows(_ entries: Codebook.Entries) -> Bool {
    guard case .free(let values, levels) = entries else { return false }
    return !keepsZero
      || stride(from: 0, to: values.count, by: levels).allSatisfy {
        values[$0..<$0 + levels].contains(0)
      }
  }

  /// Moves each entry to the mean of its weights; with `keepsZero` an entry of 0 stays there. O(n).
  public func refit(_ form: CompressedForm, to target: WeightView) throws -> CompressedForm {
    guard case .codebook(let own) = form else { return form }
    return .codebook(try own.refitted(to: target.values, holdingZero: keepsZero))
  }

  private func entriesWithZero(_ weights: [Float], _ previous: [Float]?) -> [Float] {
    if WeightHistogram.serves(levels, count: weights.count),
      let found = weights.binnedLloyd(levels, from: previous, holding: zeroIndex)
    {
      return found
    }
    let sorted = SortedWeights(weights)
    let start = previous ?? sorted.bestEntriesWithZero(levels)
    return lloyd(from: start, holding: zeroIndex(of: start), cells: sorted.cells(between:))
  }

  private func entries(_ weights: [Float], _ previous: [Float]?) -> [Float] {
    switch solver {
    case .exact: return SortedWeights(weights).exactEntries(levels)
    case .restarts(let count):
      let sorted = SortedWeights(weights)
      let found = sorted.bestOfRestarts(count, levels: levels, seed: seed)
      guard let previous else { return found }
      let warm = sorted.lloyd(from: previous)
      return sorted.distortion(warm) <= sorted.distortion(found) ? warm : found
    case .lloyd: break
    }
    // Sorting is the dearest step for many weights, and for few levels one pass an iteration is cheaper.
    let isLarge = weights.count >= 65_536
    if let previous, levels <= 4 { return lloyd(from: previous, cells: weights.cellFinder()) }
    if isLarge, levels == 2, previous == nil,
      let pair = WeightHistogram(weights).bestPair(of: weights)
    {
      return lloyd(from: pair, cells: weights.cellFinder())
    }
    if levels > 2, WeightHistogram.serves(levels, count: weights.count),
      let found = weights.binnedLloyd(levels, from: previous)
    {
      return found
    }
    let sorted = SortedWeights(weights)
    guard let previous, levels < weights.count else { return sorted.bestEntries(levels) }
    return sorted.lloyd(from: previous)
  }

  /// The entry that is 0, or the one next to it.
  private func zeroIndex(of entries: [Float]) -> Int {
    entries.indices.min { abs(entries[$0]) < abs(entries[$1]) } ?? 0
  }
}
