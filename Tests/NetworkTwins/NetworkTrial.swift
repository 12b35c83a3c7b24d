import Foundation
import LinearAlgebra
import NeuralNetwork

/// One learning step and one evaluation of a network with random weights, images and labels: in 32 bits,
/// in 16, and by its naive twin in double precision.
package struct NetworkTrial {
  package let definition: NetworkDefinition
  private let batch: Int
  private let weights: Arena
  private let statistics: Arena
  private let inputs: [Float]
  private let labels: [Int]
  /// ±1 for each parameter.
  private let direction: [Float]

  package init(_ definition: NetworkDefinition, using random: inout RandomGenerator) throws {
    self.definition = definition
    batch = 3 + Int(random.next() % 4)
    weights = Arena(try definition.layout())
    statistics = try Initialisation.statistics(of: definition)
    Initialisation.kaiming.fill(weights, using: &random)
    for slot in weights.layout.slots where slot.shape.count == 1 {
      for index in slot.range { weights.floats[index] += 0.6 * (random.uniform() - 0.5) }
    }
    for index in statistics.floats.indices {
      statistics.floats[index] += 0.8 * (random.uniform() - 0.5)
    }
    inputs = random.normals(batch * definition.inputCount)
    labels = (0..<batch).map { _ in Int(random.next() % UInt64(definition.outputCount)) }
    direction = weights.floats.map { _ in random.next() & 1 == 0 ? 1 : -1 }
  }

  /// What a network computes, in its own precision.
  private struct Outcome {
    /// Of the step, as a mean over the batch.
    let loss: Double
    let gradient: [Float]
    /// After the step.
    let statistics: [Float]
    /// Evaluated before the step.
    let scores: [Float]
  }

  private func outcome(in precision: Precision) throws -> Outcome {
    let statistics = statistics.duplicate()
    let gradients = Arena(weights.layout)
    let evaluating = try Network(
      definition, batch: batch, weights: weights, gradients: nil, statistics: statistics,
      precision: precision)
    _ = evaluating.input.update(fromContentsOf: inputs)
    _ = try evaluating.evaluate()
    let learning = try Network(
      definition, batch: batch, weights: weights, gradients: gradients, statistics: statistics,
      precision: precision)
    _ = learning.input.update(fromContentsOf: inputs)
    _ = learning.labels.update(fromContentsOf: labels.map { Int32($0) })
    let loss = try learning.learn().loss
    return Outcome(
      loss: loss, gradient: Array(gradients.floats), statistics: Array(statistics.floats),
      scores: Array(evaluating.scores))
  }

  /// How far two computations are apart, each relative to its size.
  private struct Difference {
    let loss: Double
    /// 0 where a ReLU or a pool is about to choose otherwise.
    let gradient: Double
    let statistics: Double
    let scores: Double

    /// NaN is above everything.
    func isBelow(_ limit: Difference) -> Bool {
      loss < limit.loss && gradient < limit.gradient && statistics < limit.statistics
        && scores < limit.scores
    }
  }

  /// What rounding explains: several times the most that thousands of networks showed. In 16 bits a ReLU
  /// or a pool may choose otherwise, which moves a gradient by its own size.
  private static let singleRounding = Difference(
    loss: 1e-5, gradient: 1e-3, statistics: 1e-5, scores: 1e-5)
  private static let halfRounding = Difference(
    loss: 0.1, gradient: 1, statistics: 0.05, scores: 0.1)

  package struct Mismatch: Error, CustomStringConvertible {
    package let description: String
  }

  /// - Throws: `Mismatch` where 32 bits are further from the twin, or 16 from 32, than rounding explains.
  package func check() throws {
    let single = try outcome(in: .float32)
    let half = try outcome(in: .bfloat16)
    for (what, found, limit) in [
      ("fp32 and its twin", differenceFromTwin(single), Self.singleRounding),
      ("bf16 and fp32", difference(half, from: single), Self.halfRounding),
    ] where !found.isBelow(limit) {
      throw Mismatch(description: "\(what) differ by \(found) in \(definition)")
    }
  }

  /// The gradient is compared along a random direction, in which the twin takes a small step: what is
  /// wrong in it shows there in about its own size.
  private func differenceFromTwin(_ outcome: Outcome) -> Difference {
    var naive = NaiveNetwork(definition, weights: weights, statistics: statistics)
    let images = stride(from: 0, to: inputs.count, by: definition.inputCount).map { start in
      inputs[start..<start + definition.inputCount].map { Double($0) }
    }
    naive.training = false
    let scores = naive.scores(images).joined()
    naive.training = true
    let loss = naive.loss(images, labels: labels)
    let statistics = self.statistics.layout.slots.flatMap { naive.statistics[$0.name] ?? [] }
    let step = 1e-8
    func moved(_ by: Double) -> Double {
      var other = naive
      for slot in weights.layout.slots {
        other.parameters[slot.name] = slot.range.map {
          Double(weights.floats[$0]) + by * Double(direction[$0])
        }
      }
      return other.loss(images, labels: labels)
    }
    let slope = (moved(step) - moved(-step)) / (2 * step)
    let found = zip(outcome.gradient, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    let size = outcome.gradient.squaredNorm.squareRoot()
    return Difference(
      loss: abs(outcome.loss - loss) / max(1, loss),
      gradient: naive.margin < 3e-6 ? 0 : abs(found - slope) / max(0.01, size),
      statistics: Self.distance(outcome.statistics, statistics),
      scores: Self.distance(outcome.scores, scores))
  }

  private func difference(_ outcome: Outcome, from other: Outcome) -> Difference {
    Difference(
      loss: abs(outcome.loss - other.loss) / max(1, other.loss),
      gradient: Self.distance(outcome.gradient, other.gradient.map { Double($0) }),
      statistics: Self.distance(outcome.statistics, other.statistics.map { Double($0) }),
      scores: Self.distance(outcome.scores, other.scores.map { Double($0) }))
  }

  /// ‖x − y‖ / ‖y‖, for small y against numbers of 0.01.
  private static func distance(_ x: [Float], _ y: some Collection<Double>) -> Double {
    guard !x.isEmpty else { return 0 }
    let squares = zip(x, y).reduce(into: (0.0, 0.0)) { sums, pair in
      sums.0 += (Double(pair.0) - pair.1) * (Double(pair.0) - pair.1)
      sums.1 += pair.1 * pair.1
    }
    return (squares.0 / max(squares.1, 1e-4)).squareRoot()
  }
}
