import LinearAlgebra

/// N:M pruning: of each run of M weights of a row the N of largest magnitude are kept.
///
/// Solves  min ‖w − θ‖²  subject to at most N non-zero weights in each run  exactly; ties go to the
/// lower index. Hardware multiplies by such matrices (2:4) at twice the speed.
///
/// - Complexity: O(n·M).
/// - Source: Mishra et al., arXiv 2104.08378.
public struct RunPruning: CompressionOperator {
  public let kept: Int
  public let run: Int
  public let values: StoredNumbers

  /// - Throws: `CompressionError.invalidParameter` unless 1 ≤ N ≤ M ≤ 256.
  public init(keeping kept: Int, ofEach run: Int, values: StoredNumbers = .float32) throws {
    guard kept >= 1, kept <= run, run <= 256 else {
      throw CompressionError.invalidParameter(
        operation: "prune", parameter: "keep", value: "\(kept):\(run)",
        expected: "N:M with 1 ≤ N ≤ M ≤ 256")
    }
    try values.validate("prune")
    self.kept = kept
    self.run = run
    self.values = values
  }

  public var description: String {
    "prune(\((["keep=\(kept):\(run)"] + values.arguments).joined(separator: ", ")))"
  }

  public func validate(shape: [Int], view: String) throws {
    let length = shape.count < 2 ? shape.reduce(1, *) : WeightView.matrixShape(of: shape).columns
    guard length % run == 0 else {
      throw CompressionError.invalidParameter(
        operation: "prune", parameter: "keep", value: "\(kept):\(run)",
        expected: "N:M where M divides the \(length) weights of a row of \(view)")
    }
  }

  public func compress(_ target: WeightView, from previous: Sparse?, penalty mu: Float) throws
    -> Sparse
  {
    try validate(shape: target.shape, view: "the view")
    let weights = target.values
    var indices: [UInt32] = []
    indices.reserveCapacity(weights.count / run * kept)
    var isKept = [Bool](repeating: false, count: run)
    for start in stride(from: 0, to: weights.count, by: run) {
      for place in 0..<run { isKept[place] = false }
      for _ in 0..<kept {
        var best = -1
        for place in 0..<run where !isKept[place] {
          if best < 0 || abs(weights[start + place]) > abs(weights[start + best]) { best = place }
        }
        isKept[best] = true
      }
      for place in 0..<run where isKept[place] { indices.append(UInt32(start + place)) }
    }
    let entries = indices.map { weights[Int($0)] }
    let format = try values.format(for: entries)
    return try Sparse(
      count: weights.count, indices: indices, values: format.rounded(entries),
      pattern: .runs(kept: kept, of: run), format: format)
  }
}
