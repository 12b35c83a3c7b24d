import LinearAlgebra

/// Sets every weight to one of K entries of a codebook that is learnt from the weights.
///
/// min ‖w − θ‖² with θᵢ ∈ {c₁ … c_K}: one-dimensional k-means.
/// - `.lloyd`: without a warm start exact for K ≤ 2; otherwise Lloyd's algorithm from the exact optimum
///   of a summary of the weights by 4,096 bins or more, which ends at or next to the global optimum
///   (for K > 1024 from an asymptotically optimal codebook). With a warm start Lloyd's algorithm from
///   the previous codebook: monotone, a local optimum near it. 65,536 weights or more are not sorted:
///   Lloyd's algorithm runs on a histogram by the floats' leading bits, with an exact last iteration.
/// - `.exact`: the global optimum, by dynamic programming over all weights.
/// - `.restarts`: the best of several runs of Lloyd's algorithm from k-means++, as in other toolkits;
///   for comparison.
///
/// With `keepsZero` one entry is 0, so that the weights that take it are pruned. That codebook is
/// found by Lloyd's algorithm with this entry held, from the exact optimum of the summary.
///
/// - Complexity: O(n) to sort or to count, then O(K·log n) an iteration; from a warm start with K ≤ 4,
///   O(K·n) an iteration. `.exact` O(K·n·log n) time and 4·K·n + 24·n bytes.
/// - Source: Carreira-Perpiñán & Idelbayev, arXiv 1707.04319; Lloyd 1982; Arthur & Vassilvitskii 2007.
public struct AdaptiveQuantization: CodebookOperator {
  public enum Solver: Sendable, Equatable {
    case lloyd
    case exact
    case restarts(Int)
  }

  /// K, the number of entries.
  public let levels: Int
  public let solver: Solver
  /// Whether one of the entries is 0.
  public let keepsZero: Bool
  public let grouping: Grouping
  /// Of the restarts.
  public let seed: UInt64

  /// - Throws: `CompressionError.invalidParameter` unless 1 ≤ K ≤ 65,536 and there are 1 to 10,000
  ///   restarts.
  public init(
    levels: Int, solver: Solver = .lloyd, keepsZero: Bool = false, per grouping: Grouping = .view,
    seed: UInt64 = 0
  ) throws {
    guard (1...65_536).contains(levels) else {
      throw CompressionError.invalidParameter(
        operation: "quantize", parameter: "k", value: "\(levels)", expected: "from 1 to 65536")
    }
    if case .restarts(let count) = solver, !(1...10_000).contains(count) {
      throw CompressionError.invalidParameter(
        operation: "quantize", parameter: "restarts", value: "\(count)", expected: "from 1 to 10000"
      )
    }
    if keepsZero, solver != .lloyd {
      throw CompressionError.invalidParameter(
        operation: "quantize", parameter: "zero", value: "zero",
        expected: "without exact and restarts")
    }
    self.levels = levels
    self.solver = solver
    self.keepsZero = keepsZero
    self.grouping = grouping
    self.seed = seed
  }

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

  public func validate(shape: [Int], view: String) throws {
    try grouping.validate("quantize", shape: shape, view: view)
    let total = min(shape.reduce(1, *), grouping.size(for: shape))
    guard levels <= total else {
      throw CompressionError.invalidParameter(
        operation: "quantize", parameter: "k", value: "\(levels)",
        expected: "at most the \(total) weights of \(grouping == .view ? view : "a group")")
    }
    if case .exact = solver {
      guard total <= Int32.max, total.multipliedReportingOverflow(by: 4 * levels).0 <= 1 << 35
      else {
        throw CompressionError.invalidParameter(
          operation: "quantize", parameter: "exact", value: "\(levels) × \(total)",
          expected: "used where 4·k·n is at most 32 GiB")
      }
    }
  }

  public func codebook(for weights: [Float], from previous: [Float]?) throws -> GroupCodebook {
    let previous = previous?.count == levels ? previous : nil
    // Sorting is the dearest step for many weights, and for few levels one pass an iteration is cheaper.
    let binned = weights.count >= 65_536 && (previous == nil ? 3...1024 : 5...1024).contains(levels)
    if keepsZero {
      if binned { return .free(weights.binnedLloyd(levels, from: previous, holding: zeroIndex)) }
      let start = previous ?? SortedWeights(weights).bestEntriesWithZero(levels)
      return .free(
        lloyd(from: start, holding: zeroIndex(of: start)) { weights.cells(between: $0) })
    }
    if solver == .lloyd, levels == 2, previous == nil, weights.count >= 65_536,
      let pair = WeightHistogram(weights).bestPair(of: weights)
    {
      return .free(lloyd(from: pair) { weights.cells(between: $0) })
    }
    switch solver {
    case .exact:
      let sorted = SortedWeights(weights)
      return .free(sorted.lloyd(from: sorted.exactEntries(levels)))
    case .restarts(let count):
      let sorted = SortedWeights(weights)
      let found = sorted.bestOfRestarts(count, levels: levels, seed: seed)
      guard let previous else { return .free(found) }
      let warm = sorted.lloyd(from: previous)
      return .free(sorted.distortion(warm) <= sorted.distortion(found) ? warm : found)
    case .lloyd where binned: return .free(weights.binnedLloyd(levels, from: previous))
    case .lloyd:
      guard let previous else { return .free(SortedWeights(weights).bestEntries(levels)) }
      return .free(
        levels <= 4
          ? lloyd(from: previous) { weights.cells(between: $0) }
          : SortedWeights(weights).lloyd(from: previous))
    }
  }

  /// The entry that is 0, or the one next to it.
  private func zeroIndex(of entries: [Float]) -> Int {
    entries.indices.min { abs(entries[$0]) < abs(entries[$1]) } ?? 0
  }
}
