import Datasets
import LinearAlgebra
import Testing

@testable import NeuralNetwork

/// Times here are made up.
@Suite struct PrecisionTrialTests {
  @Test func theLeastTimesDecideAndTheFirstDoNotCount() throws {
    var calls: [Precision] = []
    // The first mini-batches take whatever they take; later ones are disturbed now and then.
    let trial = PrecisionTrial { precision in
      calls.append(precision)
      if calls.count <= 2 { return precision == .float32 ? 0.0001 : 0.5 }
      let disturbance = calls.count % 3 == 0 ? 0.02 : 0
      return (precision == .float32 ? 0.010 : 0.007) + disturbance
    }
    #expect(trial == PrecisionTrial(float32: 0.010, bfloat16: 0.007))
    #expect(trial.faster == .bfloat16)
    // In turn, and each as often as the other first.
    #expect(calls.prefix(6) == [.float32, .bfloat16, .float32, .bfloat16, .bfloat16, .float32])
    #expect(calls.filter { $0 == .float32 }.count * 2 == calls.count)
  }

  @Test(arguments: [(0.010, 0.012), (0.010, 0.010), (0.010, 0.0098)])
  func whatIsNotClearlyFasterIsNotTaken(float32: Double, bfloat16: Double) {
    #expect(PrecisionTrial(float32: float32, bfloat16: bfloat16).faster == .float32)
  }

  @Test(arguments: [(30.0, 6), (0.2, 6), (0.05, 20), (0.001, 22)])
  func itIsOverSoon(seconds: Double, expected: Int) {
    var calls = 0
    _ = PrecisionTrial(limit: 1) { _ in
      calls += 1
      return seconds
    }
    #expect(calls == expected)
  }

  /// Weights, momentum, statistics and random numbers are those of a run without a measurement.
  @Test func trainingGoesOnAsIfNothingWasMeasured() throws {
    var random = RandomGenerator(seed: 1)
    let images = try ImageSet(
      shape: [1, 4, 4], pixels: (0..<320).map { _ in UInt8(truncatingIfNeeded: random.next()) },
      labels: (0..<20).map { UInt8($0 % 3) }, classes: 3)
    let data = try Dataset(name: "noise", classes: 3, training: images, test: images)
    let network = try NetworkDefinition(
      name: "small", input: [1, 4, 4],
      layers: [
        .convolution("c", 4, kernel: 3), .batchNorm("n"), .relu, .dropout(probability: 0.5),
        .linear("f", 3),
      ])
    func trainer() throws -> Trainer {
      var options = TrainingOptions(optimiser: try SGD())
      options.batchSize = 8
      return try Trainer(network, data: data, options: options)
    }
    let (undisturbed, measured) = (try trainer(), try trainer())
    try undisturbed.train(batches: 6)
    try measured.train(batches: 2)
    // Where there is no bfloat16, both are in 32 bits.
    let trial = try PrecisionTrial(training: network, on: data, batch: 8)
    #expect(trial.float32 > 0 && trial.bfloat16 > 0 && trial.bfloat16.isFinite)
    #expect(try PrecisionTrial(evaluating: network, on: data).bfloat16 > 0)
    try measured.train(batches: 4)
    #expect(try measured.state == undisturbed.state)
  }
}
