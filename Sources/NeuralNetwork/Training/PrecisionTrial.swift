import Datasets
import LinearAlgebra

/// Which precision is faster: mini-batches of the network itself, in 32 and in 16 bits in turn.
///
/// A processor's instruction sets do not tell: some with bfloat16 in their vector instructions alone gain by it,
/// others lose, and it depends on the network. So it is measured, on networks and weights of its own: whoever
/// trains afterwards does so as if nothing had been measured.
package struct PrecisionTrial: Sendable, Equatable, Codable {
  /// Seconds of a mini-batch, the least of those that counted.
  package let float32: Double
  package let bfloat16: Double

  /// 16 bits where they save more than what two measurements of the same differ by.
  package var faster: Precision { bfloat16 < 0.95 * float32 ? .bfloat16 : .float32 }

  package init(float32: Double, bfloat16: Double) {
    self.float32 = float32
    self.bfloat16 = bfloat16
  }

  /// - Parameters:
  ///   - limit: in seconds; when so much is spent, no round follows but the second.
  ///   - batch: computes a mini-batch in that precision, and says how many seconds it took.
  package init(limit: Double = 1, batch: (Precision) throws -> Double) rethrows {
    var least: [Precision: Double] = [:]
    var spent = 0.0
    func run(_ precision: Precision, counts: Bool) throws {
      let seconds = try batch(precision)
      spent += seconds
      if counts { least[precision] = min(least[precision] ?? .infinity, seconds) }
    }
    // The first mini-batches touch new memory and wake threads.
    for precision in [Precision.float32, .bfloat16] { try run(precision, counts: false) }
    for round in 0..<10 where round < 2 || spent < limit {
      // What one of them leaves in the caches is each one's turn.
      for precision in round % 2 == 0 ? [Precision.float32, .bfloat16] : [.bfloat16, .float32] {
        try run(precision, counts: true)
      }
    }
    self.init(float32: least[.float32] ?? 0, bfloat16: least[.bfloat16] ?? .infinity)
  }

  /// Measures forward and backward passes of mini-batches of the first training images, with random weights.
  ///
  /// - Parameter batch: from 1 to the number of training images.
  /// - Throws: `NeuralNetworkError`.
  package init(training definition: NetworkDefinition, on data: Dataset, batch: Int) throws {
    try self.init(definition, data.training, of: data, batch: batch, learns: true)
  }

  /// Measures forward passes of test images.
  ///
  /// - Throws: `NeuralNetworkError`.
  package init(evaluating definition: NetworkDefinition, on data: Dataset) throws {
    let batch = min(definition.evaluationBatch, data.test.count)
    try self.init(definition, data.test, of: data, batch: batch, learns: false)
  }

  private init(
    _ definition: NetworkDefinition, _ images: ImageSet, of data: Dataset, batch: Int, learns: Bool
  ) throws {
    try definition.check(fits: data)
    let layout = try definition.layout()
    let weights = Arena(layout)
    var random = RandomGenerator(seed: 0)
    Initialisation.usual(for: definition).fill(weights, using: &random)
    let gradients = learns ? Arena(layout) : nil
    func network(_ precision: Precision) throws -> Network {
      let network = try Network(
        definition, batch: batch, weights: weights, gradients: gradients, precision: precision)
      network.fill(
        with: EpochOrder(count: images.count).indices[..<batch], of: images,
        normalisation: data.normalisation)
      return network
    }
    let (wide, narrow) = (try network(.float32), try network(.bfloat16))
    try self.init { precision in
      let network = precision == .float32 ? wide : narrow
      let start = ContinuousClock.now
      if learns { _ = try network.learn() } else { _ = try network.evaluate() }
      return (ContinuousClock.now - start) / .seconds(1)
    }
  }
}
