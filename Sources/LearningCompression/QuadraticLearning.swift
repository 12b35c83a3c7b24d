import LinearAlgebra

/// The loss  L(w) = ½ Σ hᵢ (wᵢ − aᵢ)²,  whose penalised minimum is known in closed form:
/// wᵢ = (hᵢ aᵢ + μ tᵢ) / (hᵢ + μ).
///
/// With it the L step is exact, so LC's limit can be compared with the known optimum. It is also the
/// second-order model of a trained network, with h the diagonal of the Hessian.
package final class QuadraticLearning: ResumableLearning {
  package let weights: Arena
  package let batchesPerEpoch = 1
  private let minimum: Arena
  private let curvature: Arena

  /// - Parameters:
  ///   - minimum: a, where w begins as well.
  ///   - curvature: h, all positive, of the same layout.
  package init(minimum: Arena, curvature: Arena) {
    precondition(minimum.layout == curvature.layout)
    self.minimum = minimum.duplicate()
    self.curvature = curvature.duplicate()
    weights = minimum.duplicate()
  }

  package func begin(step: Int) {}

  /// Any: the minimum is reached in one step, so only the ratio to a cost's strength matters.
  package func reach(mu: Float?) -> Float { 1 }

  package func learn(batches: Int, penalty: QuadraticPenalty?, each: (Double) throws -> Void) throws
  {
    let w = weights.floats
    let a = minimum.floats
    let h = curvature.floats
    _ = w.update(fromContentsOf: a)
    if let penalty {
      let t = penalty.target.floats
      for index in penalty.ranges.joined() {
        w[index] = (h[index] * a[index] + penalty.mu * t[index]) / (h[index] + penalty.mu)
      }
    }
    let loss = loss(of: weights)
    for _ in 0..<batches { try each(loss) }
  }

  package var state: Snapshot {
    var state = Snapshot()
    state.store(weights, as: "weights")
    return state
  }

  package func restore(_ state: Snapshot) throws { try state.restore(weights, from: "weights") }

  package func evaluate(_ weights: Arena) throws -> Figures {
    Figures(trainLoss: loss(of: weights))
  }

  /// L(w).
  package func loss(of weights: Arena) -> Double {
    var total = 0.0
    for index in 0..<weights.layout.count {
      let difference = Double(weights.floats[index]) - Double(minimum.floats[index])
      total += 0.5 * Double(curvature.floats[index]) * difference * difference
    }
    return total
  }
}
