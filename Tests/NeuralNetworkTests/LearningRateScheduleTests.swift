import NeuralNetwork
import Testing

@Suite struct LearningRateScheduleTests {
  private func factors(_ shape: LearningRateSchedule.Shape, warmUp: Int = 0) throws -> [Float] {
    let schedule = try LearningRateSchedule(shape, warmUpEpochs: warmUp)
    return (0..<8).map { schedule.factor(batch: $0, batchesPerEpoch: 2, epochs: 4) }
  }

  @Test func exponentialFallsAfterEachEpoch() throws {
    #expect(try factors(.exponential(factor: 0.5)) == [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125])
  }

  @Test func stepsFallAtTheirEpochs() throws {
    #expect(
      try factors(.steps(at: [1, 3], factor: 0.5)) == [1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25])
  }

  @Test func cosineFallsFromOneTowardsZero() throws {
    let found = try factors(.cosine)
    #expect(found[0] == 1)
    #expect(abs(found[4] - 0.5) < 1e-6)
    #expect(zip(found, found.dropFirst()).allSatisfy { $0 > $1 })
    #expect(found[7] > 0)
  }

  @Test func runsNeedNotBeWholeEpochs() throws {
    let cosine = try LearningRateSchedule(.cosine)
    for batch in 0...3 {
      let found = cosine.factor(batch: batch, batchesPerEpoch: 10, epochs: 0.3)
      #expect(abs(found - [1, 0.75, 0.25, 0][batch]) < 1e-6)
    }
    #expect(cosine.factor(batch: 0, batchesPerEpoch: 10, epochs: 0) == 0)
  }

  @Test func warmUpRises() throws {
    #expect(
      try factors(.steps(at: [9], factor: 0.5), warmUp: 2) == [0.25, 0.5, 0.75, 1, 1, 1, 1, 1])
  }

  @Test func wrongOptionsAreErrors() {
    #expect(throws: NeuralNetworkError.self) { try LearningRateSchedule(.exponential(factor: 0)) }
    #expect(throws: NeuralNetworkError.self) { try LearningRateSchedule(.steps(at: [], factor: 1)) }
    #expect(throws: NeuralNetworkError.self) {
      try LearningRateSchedule(.cosine, warmUpEpochs: -1)
    }
  }
}
