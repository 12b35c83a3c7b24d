// An L step of one's own: linear regression by gradient descent.

import Compression
import LearningCompression
import LinearAlgebra

// snippet.step
/// L(w) = ‖X·w − y‖² / (2n), lowered by gradient descent; one mini-batch is all of the data.
final class LeastSquares: LearningStep {
  let weights: Arena
  let batchesPerEpoch = 1
  private let slot: ArenaLayout.Slot
  /// X, n × d.
  private let inputs: Matrix
  /// y, n values.
  private let outputs: [Float]
  private let learningRate: Float = 0.1

  init(inputs: Matrix, outputs: [Float]) throws {
    let layout = try ArenaLayout([("w", [inputs.columns])])
    slot = layout.slots[0]
    weights = Arena(layout)
    self.inputs = inputs
    self.outputs = outputs
  }

  /// There is no momentum to forget, and no schedule.
  func begin(step: Int) {}

  /// η, clipped at 1/μ: a longer step along the penalty alone would overshoot.
  func reach(mu: Float?) -> Float { mu.map { min(learningRate, 1 / $0) } ?? learningRate }

  func learn(
    batches: Int, penalty: QuadraticPenalty?, each: (Double) throws -> Void
  ) throws {
    for _ in 0..<batches {
      var w = weights.values(of: slot)
      let errors = try residuals(w)
      var gradient = try Matrix.product(
        inputs, Matrix(rows: errors.count, columns: 1, values: errors), transposingFirst: true
      ).values.map { $0 / Float(errors.count) }
      if let penalty {
        for index in penalty.ranges.joined() {
          gradient[index] += penalty.mu * (w[index] - penalty.target.floats[index])
        }
      }
      for index in w.indices { w[index] -= reach(mu: penalty?.mu) * gradient[index] }
      try weights.set(slot, to: w)
      try each(errors.squaredNorm / Double(2 * errors.count))
    }
  }

  func evaluate(_ weights: Arena) throws -> Figures {
    let errors = try residuals(weights.values(of: slot))
    return Figures(trainLoss: errors.squaredNorm / Double(2 * errors.count))
  }

  private func residuals(_ w: [Float]) throws -> [Float] {
    zip(try inputs * w, outputs).map { $0 - $1 }
  }
}
// snippet.end

// snippet.run
var random = RandomGenerator(seed: 1)
let inputs = try Matrix(rows: 200, columns: 20, values: random.normals(4000))
let outputs = try inputs * random.normals(20)
let learning = try LeastSquares(inputs: inputs, outputs: outputs)
try learning.learn(batches: 300, penalty: nil) { _ in }

let plan = try ResolvedPlan(
  CompressionPlan(parsing: "w: prune(keep=10)"), for: learning.weights.layout)
let alternation = try Alternation(
  schedule: .exponential(initial: 0.1, growth: 1.3, steps: 20), budget: .each(.batches(50)))
let result = try alternation.run(plan, learning: learning)
print("direct \(result.direct.trainLoss), LC \(result.compressed.trainLoss)")
// snippet.end
