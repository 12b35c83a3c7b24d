import LinearAlgebra

/// Sets every weight to −a or a, with the best scale a.
///
/// Solves  min ‖w − θ‖²  subject to  θᵢ ∈ {−a, a}, a ≥ 0  exactly: a = Σ|wᵢ| / n, θᵢ = a · sign wᵢ.
/// A weight of zero becomes −a.
///
/// - Complexity: O(n).
/// - Source: Carreira-Perpiñán & Idelbayev, arXiv 1707.04319 (binarization with scale).
public struct BinaryQuantization: CodebookOperator {
  /// Which weights share the scale a.
  public let grouping: Grouping

  /// One scale a for all weights of the view, or for each row or group.
  public init(per grouping: Grouping = .view) { self.grouping = grouping }

  /// As it is written in a plan: `binary()` or `binary(per=row)`.
  public var description: String { "binary(\(groupingSuffix))" }

  /// Refuses groups of less than one weight, and rows of a vector.
  ///
  /// - Throws: `CompressionError.invalidParameter`, `.needsMatrix`.
  public func validate(shape: [Int], view: String) throws {
    try grouping.validate("binary", shape: shape, view: view)
  }

  /// a = Σ|wᵢ| / n, exactly; the warm start does not matter. O(n).
  public func codebook(for weights: [Float], from previous: [Float]?) throws -> Codebook.Entries {
    .scaled([Float(weights.absoluteSum / Double(max(1, weights.count)))], pattern: [-1, 1])
  }

  /// Takes −a and a, a ≥ 0 for each group.
  public func allows(_ entries: Codebook.Entries) -> Bool { entries.hasScales(of: [-1, 1]) }
}
