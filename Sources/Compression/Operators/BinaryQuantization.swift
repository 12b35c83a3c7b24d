import LinearAlgebra

/// Sets every weight to −a or a, with the best scale a.
///
/// Solves  min ‖w − θ‖²  subject to  θᵢ ∈ {−a, a}, a ≥ 0  exactly: a = Σ|wᵢ| / n, θᵢ = a · sign wᵢ.
/// A weight of zero becomes −a.
///
/// - Complexity: O(n).
/// - Source: Carreira-Perpiñán & Idelbayev, arXiv 1707.04319 (binarization with scale).
public struct BinaryQuantization: CompressionOperator {
  public init() {}

  public var description: String { "binary()" }

  public func compress(_ target: WeightView, from previous: Codebook?, penalty mu: Float) throws
    -> Codebook
  {
    let scale = Float(target.values.absoluteSum / Double(max(1, target.count)))
    return Codebook(nearest: target.values, in: .scaled(scale, pattern: [-1, 1]))
  }
}
