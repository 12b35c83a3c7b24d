import LinearAlgebra

/// Sets every weight to −a, 0 or a, with the best scale a.
///
/// Solves  min ‖w − θ‖²  subject to  θᵢ ∈ {−a, 0, a}, a ≥ 0  exactly. When the k largest magnitudes
/// are the non-zero ones, the best a is their mean and the distortion Σw² − (Σ_{i≤k}|w|₍ᵢ₎)²/k; the best
/// k is found by trying all of them on the sorted magnitudes.
///
/// - Complexity: O(n): a radix sort and one pass.
/// - Source: Carreira-Perpiñán & Idelbayev, arXiv 1707.04319 (ternarization with scale).
public struct TernaryQuantization: CodebookOperator {
  /// Which weights share the scale a.
  public let grouping: Grouping

  /// One scale a for all weights of the view, or for each row or group.
  public init(per grouping: Grouping = .view) { self.grouping = grouping }

  /// As it is written in a plan: `ternary()` or `ternary(per=row)`.
  public var description: String { "ternary(\(groupingSuffix))" }

  /// Refuses groups of less than one weight, and rows of a vector.
  ///
  /// - Throws: `CompressionError.invalidParameter`, `.needsMatrix`.
  public func validate(shape: [Int], view: String) throws {
    try grouping.validate("ternary", shape: shape, view: view)
  }

  /// The best a by trying every number of non-zero weights, exactly; the warm start does not
  /// matter.
  ///
  /// - Complexity: O(n): a radix sort and one pass.
  public func codebook(for weights: [Float], from previous: [Float]?) throws -> Codebook.Entries {
    var magnitudes = weights.map { abs($0) }
    radixSort(&magnitudes)
    var sum = 0.0
    var best = (gain: -1.0, scale: 0.0)
    magnitudes.withUnsafeBufferPointer { magnitudes in
      var count = 0.0
      for magnitude in magnitudes.reversed() {
        sum += Double(magnitude)
        count += 1
        let gain = sum * sum / count
        if gain > best.gain { best = (gain, sum / count) }
      }
    }
    return .scaled([Float(best.scale)], pattern: [-1, 0, 1])
  }

  /// Takes −a, 0 and a, a ≥ 0 for each group.
  public func allows(_ entries: Codebook.Entries) -> Bool { entries.hasScales(of: [-1, 0, 1]) }
}
