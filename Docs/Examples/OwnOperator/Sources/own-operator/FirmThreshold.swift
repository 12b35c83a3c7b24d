import Compression

/// Pruning by the minimax concave penalty, the ℓ₁ norm less its Huber function: large weights are kept
/// as they are, small ones go, and those between shrink.
///
/// Solves  min Σ P(θᵢ) + μ/2·‖w − θ‖²  exactly, with P(θ) = α|θ| − θ²/(2γ) up to |θ| = αγ and αγ·α/2
/// beyond.
///
/// - Complexity: O(n).
/// - Source: Zhang, Annals of Statistics 2010.
struct FirmThreshold: CompressionOperator {
  let alpha: Double
  let gamma: Double

  var description: String { "firm(alpha=\(alpha), gamma=\(gamma))" }

  func compress(_ target: WeightView, from previous: CompressedForm?, penalty mu: Float) throws
    -> CompressedForm
  {
    let found = target.values.map { Float(solution(Double($0), mu: Double(mu))) }
    let indices = found.indices.filter { found[$0] != 0 }
    return .sparse(
      try Sparse(
        count: target.count, indices: indices.map { UInt32($0) },
        values: indices.map { found[$0] }))
  }

  func cost(of form: CompressedForm, in view: WeightView) -> Double {
    guard case .sparse(let form) = form else { return 0 }
    return form.values.reduce(0) { $0 + penalty(Double($1)) }
  }

  func penalty(_ value: Double) -> Double {
    let size = min(abs(value), alpha * gamma)
    return alpha * size - size * size / (2 * gamma)
  }

  private func solution(_ weight: Double, mu: Double) -> Double {
    let size = abs(weight)
    guard gamma * mu > 1 else {
      // The objective is concave up to αγ: 0 or the weight itself.
      return mu / 2 * size * size > penalty(weight) ? weight : 0
    }
    if size <= alpha / mu { return 0 }
    if size >= alpha * gamma { return weight }
    let shrunk = (size - alpha / mu) / (1 - 1 / (gamma * mu))
    return weight < 0 ? -shrunk : shrunk
  }
}
