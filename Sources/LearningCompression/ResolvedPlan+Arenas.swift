import Compression
import LinearAlgebra

extension ResolvedPlan {
  /// t ← Δ(θ) + λ/μ in the compressed ranges.
  func formTarget(_ compressed: Arena, multipliers: Arena?, mu: Float, into target: Arena) {
    for range in ranges {
      _ = target[range].update(fromContentsOf: compressed[range])
      guard let multipliers else { continue }
      let t = target[range]
      let lambda = multipliers[range]
      for index in t.indices { t[index] += lambda[index] / mu }
    }
  }

  /// λ ← λ − step·(w − Δ(θ)) in the compressed ranges.
  func update(multipliers: Arena, weights: Arena, compressed: Arena, step: Float) {
    for range in ranges {
      let lambda = multipliers[range]
      let w = weights[range]
      let delta = compressed[range]
      for index in lambda.indices { lambda[index] -= step * (w[index] - delta[index]) }
    }
  }

  /// v ← v + w − Δ(θ) in the compressed ranges.
  func add(_ weights: Arena, minus compressed: Arena, to latent: Arena) {
    for range in ranges {
      let v = latent[range]
      let w = weights[range]
      let delta = compressed[range]
      for index in v.indices { v[index] += w[index] - delta[index] }
    }
  }

  /// v ← Δ(θ) + what of v − Δ(θ) is within a bound, in each problem that many times max |Δ(θ)|, unless that
  /// is 0.
  ///
  /// What is farther away changes neither codes nor places, but grows and grows where the loss pulls at it, and
  /// takes the codebook with it.
  ///
  /// - Source: Courbariaux, Bengio & David, arXiv 1511.00363, who keep the weights behind ±1 within [−1, 1].
  func bound(_ latent: Arena, around compressed: Arena, within factor: Float) {
    for problem in problems {
      var largest: Float = 0
      for slot in problem.slots {
        for value in compressed[slot] { largest = max(largest, abs(value)) }
      }
      // From zero nothing would come back.
      guard largest > 0 else { continue }
      let bound = factor * largest
      for slot in problem.slots {
        let v = latent[slot]
        let delta = compressed[slot]
        for index in v.indices {
          let (low, high) = (delta[index] - bound, delta[index] + bound)
          v[index] = v[index] < low ? low : v[index] > high ? high : v[index]
        }
      }
    }
  }

  /// Copies what the plan compresses.
  func copyCompressed(from source: Arena, to arena: Arena) {
    for range in ranges { _ = arena[range].update(fromContentsOf: source[range]) }
  }

  /// Copies what the plan does not compress, such as biases.
  func copyUncompressed(from weights: Arena, to compressed: Arena) {
    var start = 0
    for range in ranges + [weights.layout.count..<weights.layout.count] {
      _ = compressed[start..<range.lowerBound].update(
        fromContentsOf: weights[start..<range.lowerBound])
      start = range.upperBound
    }
  }
}
