import LinearAlgebra

/// Keeps the κ entries of largest magnitude and sets the rest to zero.
///
/// Solves  min ‖w − θ‖²  subject to  ‖θ‖₀ ≤ κ  exactly; ties go to the lower index.
///
/// - Complexity: O(n) time, O(n) scratch.
/// - Source: Carreira-Perpiñán & Idelbayev, CVPR 2018 (ℓ₀-constrained pruning).
public struct Pruning: CompressionOperator {
  /// κ, as a count or as a share of the view's n weights.
  public let kept: Share

  /// - Throws: `CompressionError.invalidParameter` unless the share is above 0 and at most 1, the
  ///   count at least 1.
  public init(keeping kept: Share) throws {
    let valid =
      switch kept {
      case .count(let count): count >= 1
      case .fraction(let fraction): fraction > 0 && fraction <= 1
      }
    guard valid else {
      throw CompressionError.invalidParameter(
        operation: "prune", parameter: "keep", value: "\(kept)",
        expected: "above 0 % and at most 100 %, or a count from 1 on")
    }
    self.kept = kept
  }

  public var description: String { "prune(keep=\(kept))" }

  public func validate(shape: [Int], view: String) throws {
    let total = shape.reduce(1, *)
    guard kept.of(total) <= total else {
      throw CompressionError.invalidParameter(
        operation: "prune", parameter: "keep", value: "\(kept)",
        expected: "at most the \(total) weights of \(view)")
    }
  }

  public func compress(_ target: WeightView, from previous: Sparse?, penalty mu: Float) throws
    -> Sparse
  {
    try validate(shape: target.shape, view: "the view")
    let indices = target.values.withUnsafeBufferPointer {
      indicesOfLargestMagnitudes($0, count: kept.of(target.count))
    }
    return try Sparse(
      count: target.count, indices: indices, values: indices.map { target.values[Int($0)] })
  }
}
