import LinearAlgebra

/// The sum of several operators: the weights are approximated by Δ₁(θ₁) + … + Δ_K(θ_K).
///
/// min ‖w − Σ Δ_k(θ_k)‖² by block alternation: each operator in turn is given what the others leave
/// of the target. The distortion never increases: a part's new θ is taken only if it is no worse
/// than the one before. The alternation stops when a round lowers the distortion by less than
/// `tolerance` of itself, or after `rounds`. Approximate in general (a local optimum); with the
/// first part seeing the whole target, the order of the parts can matter.
///
/// - Complexity: per round that of each operator, plus O(K·n).
/// - Source: Carreira-Perpiñán & Idelbayev, arXiv 2107.04380.
public struct CompressionSum: CompressionOperator {
  public let parts: [any CompressionOperator]
  public let rounds: Int
  public let tolerance: Double

  public init(_ parts: [any CompressionOperator], rounds: Int = 50, tolerance: Double = 1e-4) {
    precondition(!parts.isEmpty && rounds > 0 && tolerance >= 0)
    self.parts = parts
    self.rounds = rounds
    self.tolerance = tolerance
  }

  public var description: String { parts.map(\.description).joined(separator: " + ") }

  public func validate(shape: [Int], view: String) throws {
    for part in parts { try part.validate(shape: shape, view: view) }
  }

  public func compress(_ target: WeightView, from previous: AdditiveSum?, penalty mu: Float) throws
    -> AdditiveSum
  {
    var forms: [Representation?]
    if let previous, previous.parts.count == parts.count, previous.count == target.count {
      forms = previous.parts
    } else {
      forms = Array(repeating: nil, count: parts.count)
    }
    // What is left of the target by all parts together.
    var rest = target
    for form in forms { form?.add(to: &rest.values, scale: -1) }
    var distortion = rest.values.squaredNorm

    for _ in 0..<rounds {
      let before = distortion
      for (index, part) in parts.enumerated() {
        forms[index]?.add(to: &rest.values, scale: 1)
        let found = try part.representation(of: rest, from: forms[index], penalty: mu)
        found.add(to: &rest.values, scale: -1)
        let reached = rest.values.squaredNorm
        if let old = forms[index], reached > distortion {
          found.add(to: &rest.values, scale: 1)
          old.add(to: &rest.values, scale: -1)
        } else {
          forms[index] = found
          distortion = reached
        }
      }
      if before - distortion <= tolerance * before { break }
    }
    return try AdditiveSum(forms.compactMap { $0 })
  }
}

/// `quantize + prune`: the sum of two operators; sums of sums are flattened.
public func + (a: any CompressionOperator, b: any CompressionOperator) -> CompressionSum {
  func parts(of operation: any CompressionOperator) -> [any CompressionOperator] {
    (operation as? CompressionSum)?.parts ?? [operation]
  }
  return CompressionSum(parts(of: a) + parts(of: b))
}
