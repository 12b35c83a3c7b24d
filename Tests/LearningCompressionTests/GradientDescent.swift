import LearningCompression
import LinearAlgebra

/// Plain gradient descent on ½ Σ hᵢ(wᵢ − aᵢ)² + μ/2·‖w − t‖², a mini-batch a step: an L step that moves
/// gradually, like SGD, but is easy to write down again.
final class GradientDescent: ResumableLearning {
  let weights: Arena
  let batchesPerEpoch = 10
  let minimum: [Float]
  let curvature: [Float]
  let rate: Float = 0.1
  /// Whether the penalty pulls as far as its target at most, as SGD with a learning rate of 1/μ does.
  var clips = false

  init(_ layout: ArenaLayout, seed: UInt64, flatness: Float = 1) {
    var random = RandomGenerator(seed: seed)
    weights = Arena(layout)
    minimum = (0..<layout.count).map { _ in random.normal() }
    curvature = (0..<layout.count).map { _ in (0.1 + 2 * random.uniform()) / flatness }
    for index in 0..<layout.count { weights.floats[index] = random.normal() }
  }

  /// One step without a penalty.
  func stepped(_ w: [Float]) -> [Float] { stepped(w, gradientAt: w) }

  func stepped(_ w: [Float], gradientAt place: [Float]) -> [Float] {
    w.indices.map { w[$0] - rate * curvature[$0] * (place[$0] - minimum[$0]) }
  }

  func begin(step: Int) {}
  func reach(mu: Float?) -> Float { rate }
  func damping(mu: Float, reach: Float) -> Float { min(1, mu * reach / 4) }

  func learn(batches: Int, penalty: QuadraticPenalty?, each: (Double) throws -> Void) throws {
    for _ in 0..<batches {
      let old = Array(weights.floats)
      _ = weights.floats.update(fromContentsOf: stepped(old))
      if let penalty {
        for index in penalty.ranges.joined() {
          let pull = clips ? min(1, rate * penalty.mu) : rate * penalty.mu
          weights.floats[index] -= pull * (old[index] - penalty.target.floats[index])
        }
      }
      try each(loss(old))
    }
  }

  func loss(_ w: [Float]) -> Double {
    w.indices.reduce(0) {
      let difference = Double(w[$1] - minimum[$1])
      return $0 + 0.5 * Double(curvature[$1]) * difference * difference
    }
  }

  func evaluate(_ weights: Arena) throws -> Figures {
    Figures(trainLoss: loss(Array(weights.floats)))
  }

  var state: Snapshot {
    var state = Snapshot()
    state.store(weights, as: "weights")
    return state
  }
  func restore(_ state: Snapshot) throws { try state.restore(weights, from: "weights") }
}
