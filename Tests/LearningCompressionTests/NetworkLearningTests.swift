import Compression
import Datasets
import Foundation
import LearningCompression
import LinearAlgebra
import NeuralNetwork
import Testing

@Suite struct NetworkLearningTests {
  /// 12 images of noise, mini-batches of 4: 3 an epoch.
  private func trainer(batch: Int = 4) throws -> Trainer {
    var random = RandomGenerator(seed: 1)
    let images = try ImageSet(
      shape: [1, 2, 3], pixels: (0..<72).map { _ in UInt8(truncatingIfNeeded: random.next()) },
      labels: (0..<12).map { UInt8($0 % 3) }, classes: 3)
    let data = try Dataset(name: "noise", classes: 3, training: images, test: images)
    var options = TrainingOptions(optimiser: try SGD())
    options.batchSize = batch
    options.seed = 5
    let network = try NetworkDefinition(
      name: "small", input: [1, 2, 3],
      layers: [
        .linear("a", 4), .batchNorm("bn"), .relu, .dropout(probability: 0.5), .linear("b", 3),
      ])
    return try Trainer(network, data: data, options: options)
  }

  private func bits(_ arena: Arena) -> [UInt32] { arena.floats.map(\.bitPattern) }

  private func penalty(_ learning: NetworkLearning) -> QuadraticPenalty {
    QuadraticPenalty(
      mu: 0.1, target: Arena(learning.weights.layout), ranges: [0..<learning.weights.layout.count])
  }

  @Test(arguments: [Period.epochs(2), .batches(5), .batches(1)])
  func theLearningRateBeginsAnewInEachStep(length: Period) throws {
    let rates = try LearningRateSchedule(.cosine)
    let learning = NetworkLearning(
      try trainer(), learningRate: 0.1, decay: 0.5,
      schedule: StepSchedule(rates, length: length))
    let batches = length.batches(perEpoch: 3)
    for step in 0..<3 {
      learning.begin(step: step)
      var found = [learning.trainer.learningRate]
      // In two parts, as with a C step between them.
      for part in [batches / 2, batches - batches / 2] where part > 0 {
        try learning.learn(batches: part, penalty: penalty(learning)) { _ in
          found.append(learning.trainer.learningRate)
        }
      }
      for (batch, rate) in found.enumerated() {
        let expected =
          0.1 * pow(0.5, Double(step)) * (1 + cos(.pi * Double(batch) / Double(batches))) / 2
        #expect(abs(Double(rate) - expected) < 1e-7, "step \(step), batch \(batch)")
      }
    }
  }

  /// μ of a coupling without a penalty is 1/t, with t the sum of η/(1 − momentum) as they were.
  @Test func theReachOfAPeriodIsASumOfWhatWas() throws {
    let learning = NetworkLearning(
      try trainer(), learningRate: 0.1, decay: 1,
      schedule: StepSchedule(try LearningRateSchedule(.cosine), length: .batches(6)))
    let plan = try ResolvedPlan(
      CompressionPlan(parsing: "*.weight: l1penalty(alpha=1e-3)"), for: learning.weights.layout)
    let result = try Method.proximal.alternation(
      schedule: .exponential(initial: 1, growth: 1, steps: 2), budget: .each(.batches(6)),
      every: [.batches(3)]
    ).run(plan, learning: learning)
    let rates: [Double] = [3, 4, 5].map { 0.05 * (1 + cos(Double.pi * $0 / 6)) }
    let reach = rates.reduce(0, +) / (1 - 0.9)
    #expect(result.steps.count == 2)
    for step in result.steps { #expect(abs(Double(step.mu) * reach - 1) < 1e-5) }
  }

  @Test func withoutAScheduleItIsConstant() throws {
    let learning = NetworkLearning(try trainer(), learningRate: 0.1, decay: 0.5)
    learning.begin(step: 1)
    try learning.learn(batches: 4, penalty: penalty(learning)) { _ in
      #expect(learning.trainer.learningRate == 0.05)
    }
  }

  @Test func goesOnWithinTheSchedule() throws {
    func learning() throws -> NetworkLearning {
      NetworkLearning(
        try trainer(), learningRate: 0.1, decay: 0.5,
        schedule: StepSchedule(
          try LearningRateSchedule(.exponential(factor: 0.3)), length: .epochs(2)),
        statistics: .reestimated)
    }
    /// The mini-batches from one number to another, a new step after every 6.
    func learn(_ learning: NetworkLearning, _ batches: Range<Int>) throws {
      for batch in batches {
        if batch % 6 == 0 { learning.begin(step: batch / 6) }
        try learning.learn(batches: 1, penalty: penalty(learning)) { _ in }
      }
    }
    let undisturbed = try learning()
    try learn(undisturbed, 0..<14)
    for stop in 1..<14 {
      let first = try learning()
      try learn(first, 0..<stop)
      _ = try first.evaluate(first.weights.duplicate())
      let second = try learning()
      try second.restore(first.state)
      try learn(second, stop..<14)
      #expect(try second.state == undisturbed.state, "after \(stop)")
    }
    #expect(throws: LinearAlgebraError.self) {
      try learning().restore(undisturbed.trainer.state)
    }
  }

  /// One batch of all images: the moments of a·x + b over the images, by the textbook.
  @Test func reestimatedStatisticsAreThoseOfTheData() throws {
    let trainer = try trainer(batch: 12)
    try trainer.train(batches: 2)
    let other = trainer.weights.duplicate()
    var random = RandomGenerator(seed: 9)
    for index in other.floats.indices { other.floats[index] = random.normal() }
    let before = try trainer.state
    let found = try trainer.reestimatedStatistics(of: other)
    #expect(try trainer.state == before)

    func values(_ arena: Arena, _ name: String) throws -> [Float] {
      arena.values(of: try #require(arena.layout[name]))
    }
    let (w, b) = (try values(other, "a.weight"), try values(other, "a.bias"))
    let set = trainer.data.training
    let mean = trainer.data.normalisation.mean
    for unit in 0..<4 {
      let outputs = (0..<12).map { image in
        (0..<6).reduce(Double(b[unit])) { sum, j in
          let x = Double(set.pixels[image * 6 + j]) / 255 - Double(mean[j])
          return sum + x * Double(w[unit * 6 + j])
        }
      }
      let average = outputs.reduce(0, +) / 12
      let variance = outputs.reduce(0) { $0 + ($1 - average) * ($1 - average) } / 11
      #expect(abs(Double(try values(found, "bn.running_mean")[unit]) - average) < 1e-5)
      #expect(abs(Double(try values(found, "bn.running_var")[unit]) - variance) < 1e-5)
    }
  }

  /// Batches of 4, which make up all images: the mean of their means is that of all.
  @Test func reestimatedMeansAreThoseOfAllBatches() throws {
    let (small, whole) = (try trainer(), try trainer(batch: 12))
    let found = try small.reestimatedStatistics(of: small.weights)
    let expected = try whole.reestimatedStatistics(of: small.weights)
    let slot = try #require(found.layout["bn.running_mean"])
    for (x, y) in zip(found.values(of: slot), expected.values(of: slot)) {
      #expect(abs(x - y) < 1e-6)
    }
    #expect(found.values(of: slot).contains { $0 != 0 })
  }

  @Test func otherWeightsAreEvaluatedWithTheirOwnStatistics() throws {
    let undisturbed = try trainer()
    let gathered = NetworkLearning(
      try trainer(), learningRate: 0.1, decay: 1, statistics: .gathered)
    let reestimated = NetworkLearning(
      try trainer(), learningRate: 0.1, decay: 1, statistics: .reestimated)
    for trainer in [undisturbed, gathered.trainer, reestimated.trainer] {
      try trainer.train(batches: 2)
    }
    let other = undisturbed.weights.duplicate()
    for index in other.floats.indices { other.floats[index] *= 3 }
    let figures = try reestimated.evaluate(other)
    #expect(try figures != gathered.evaluate(other))
    // The same bits each time, and those of the statistics that are handed out.
    #expect(try figures == reestimated.evaluate(other))
    let statistics = try reestimated.statistics(for: other)
    let images = undisturbed.data.training
    #expect(
      try figures.trainLoss
        == undisturbed.evaluate(other, statistics: statistics, on: images).loss)
    #expect(try gathered.statistics(for: other) === gathered.trainer.statistics)
    // w itself keeps what was gathered, and training goes on as if nothing had happened.
    #expect(try reestimated.evaluate(reestimated.weights) == gathered.evaluate(gathered.weights))
    try undisturbed.train(batches: 5)
    try reestimated.trainer.train(batches: 5)
    #expect(bits(undisturbed.weights) == bits(reestimated.weights))
    #expect(bits(undisturbed.statistics) == bits(reestimated.trainer.statistics))
  }

  /// Only what is evaluated before the first mini-batch is looked up.
  @Test func knownFiguresAreThoseOfTheBeginning() throws {
    let folder = NSTemporaryDirectory() + "lc-figures-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func learning() throws -> NetworkLearning {
      let learning = NetworkLearning(try trainer(), learningRate: 0.1, decay: 1)
      learning.known = KnownFigures(folder: folder, context: [:])
      return learning
    }
    func files() -> Int {
      ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).count
    }
    let (first, second) = (try learning(), try learning())
    let figures = try first.evaluate(first.weights)
    #expect(files() == 1)
    #expect(try second.evaluate(second.weights) == figures)
    #expect(files() == 1)
    second.begin(step: 0)
    try second.learn(batches: 1, penalty: nil) { _ in }
    #expect(try second.evaluate(second.weights) != figures)
    #expect(files() == 1)
  }
}
