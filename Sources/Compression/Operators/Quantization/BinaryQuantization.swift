import LinearAlgebra

/// Sets every weight to −a or a, with the best scale a.
///
/// Solves  min ‖w − θ‖²  subject to  θᵢ ∈ {−a, a}, a ≥ 0  exactly: a = Σ|wᵢ| / n, θᵢ = a · sign wᵢ.
/// A weight of zero becomes −a.
///
/// - Complexity: O(n).
/// - Source: Carreira-Perpiñán & Idelbayev, arXiv 1707.04319 (binarization with scale).
public struct BinaryQuantization: CodebookOperator {
  public let grouping: Grouping

  public init(per grouping: Grouping = .view) { self.grouping = grouping }

  public var description: String { "binary(\(groupingSuffix))" }

  public func validate(shape: [Int], view: String) throws {
    try grouping.validate("binary", shape: shape, view: view)
  }

  public func codebook(for weights: [Float], from previous: [Float]?) throws -> Codebook.Entries {
    .scaled([Float(weights.absoluteSum / Double(max(1, weights.count)))], pattern: [-1, 1])
  }

  public func allows(_ entries: Codebook.Entries) -> Bool { entries.hasScales(of: [-1, 1]) }
}
