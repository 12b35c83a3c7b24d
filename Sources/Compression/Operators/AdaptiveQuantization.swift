import LinearAlgebra

/// Sets every weight to one of K entries of a codebook that is learnt from the weights.
///
/// min ‖w − θ‖² with θᵢ ∈ {c₁ … c_K}: one-dimensional k-means.
/// - K = 2 without a warm start is exact: all splits of the sorted weights are tried.
/// - Otherwise Lloyd's algorithm, monotone. Without a warm start it begins at the exact optimum of a
///   summary of the weights by 4,096 bins or more, so it ends at or next to the global optimum (for
///   K > 1024 at an asymptotically optimal codebook); with one it begins at the previous codebook and
///   ends in a local optimum near it.
///
/// - Complexity: O(n) to sort, then O(K·log n) an iteration; from a warm start with K ≤ 4, O(K·n) an
///   iteration without sorting.
/// - Source: Carreira-Perpiñán & Idelbayev, arXiv 1707.04319; Lloyd 1982.
public struct AdaptiveQuantization: CompressionOperator {
  /// K, the number of entries.
  public let levels: Int

  /// - Throws: `CompressionError.invalidParameter` unless 1 ≤ K ≤ 65,536.
  public init(levels: Int) throws {
    guard (1...65_536).contains(levels) else {
      throw CompressionError.invalidParameter(
        operation: "quantize", parameter: "k", value: "\(levels)", expected: "from 1 to 65536")
    }
    self.levels = levels
  }

  public var description: String { "quantize(k=\(levels))" }

  public func validate(shape: [Int], view: String) throws {
    let total = shape.reduce(1, *)
    guard levels <= total else {
      throw CompressionError.invalidParameter(
        operation: "quantize", parameter: "k", value: "\(levels)",
        expected: "at most the \(total) weights of \(view)")
    }
  }

  public func compress(_ target: WeightView, from previous: Codebook?, penalty mu: Float) throws
    -> Codebook
  {
    try validate(shape: target.shape, view: "the view")
    let entries: [Float]
    if let previous, previous.entries.count == levels {
      entries =
        levels <= 4
        ? lloyd(from: previous.entries, cells: { target.values.cells(between: $0) })
        : SortedWeights(target.values).lloyd(from: previous.entries)
    } else {
      entries = SortedWeights(target.values).bestEntries(levels)
    }
    return Codebook(nearest: target.values, in: .free(entries))
  }
}
