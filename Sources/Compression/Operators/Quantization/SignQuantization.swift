/// Sets every weight to −1 or 1.
///
/// Solves  min ‖w − θ‖²  subject to  θᵢ ∈ {−1, 1}  exactly: θᵢ = sign wᵢ; a weight of zero becomes −1.
/// Nothing but the signs is stored.
///
/// - Complexity: O(n).
/// - Source: Carreira-Perpiñán & Idelbayev, arXiv 1707.04319 (binarization).
public struct SignQuantization: CodebookOperator {
  /// The operator, which has no parameters.
  public init() {}

  /// All weights share −1 and 1.
  public var grouping: Grouping { .view }
  /// As it is written in a plan: `sign()`.
  public var description: String { "sign()" }

  /// −1 and 1, whatever the weights are. O(1).
  public func codebook(for weights: [Float], from previous: [Float]?) throws -> Codebook.Entries {
    .fixed(pattern: [-1, 1])
  }

  /// Takes −1 and 1 themselves, without a scale.
  public func allows(_ entries: Codebook.Entries) -> Bool { entries == .fixed(pattern: [-1, 1]) }
}

extension SignQuantization: FixedCodebook {
  /// Always: sums with pruning are exact.
  public var isFixed: Bool { true }
}
