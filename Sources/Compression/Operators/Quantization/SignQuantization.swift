/// Sets every weight to −1 or 1.
///
/// Solves  min ‖w − θ‖²  subject to  θᵢ ∈ {−1, 1}  exactly: θᵢ = sign wᵢ; a weight of zero becomes −1.
/// Nothing but the signs is stored.
///
/// - Complexity: O(n).
/// - Source: Carreira-Perpiñán & Idelbayev, arXiv 1707.04319 (binarization).
public struct SignQuantization: CodebookOperator {
  public init() {}

  public var grouping: Grouping { .view }
  public var description: String { "sign()" }

  public func codebook(for weights: [Float], from previous: [Float]?) throws -> Codebook.Entries {
    .fixed(pattern: [-1, 1])
  }

  public func allows(_ entries: Codebook.Entries) -> Bool { entries == .fixed(pattern: [-1, 1]) }
}

extension SignQuantization: FixedCodebook {
  public var isFixed: Bool { true }
}
