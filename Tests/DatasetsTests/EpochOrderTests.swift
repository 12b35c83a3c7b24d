import Testing

@testable import Datasets

@Suite struct EpochOrderTests {
  @Test func withoutShufflingItIsTheIdentity() {
    #expect(EpochOrder(count: 4).indices == [0, 1, 2, 3])
    #expect(EpochOrder(count: 0).indices.isEmpty)
  }

  @Test(arguments: [0, 1, 2, 100, 1001]) func everyEpochIsAPermutation(count: Int) {
    var generator = SeededGenerator(seed: 4)
    var order = EpochOrder(count: count)
    for _ in 0..<5 {
      order.shuffle(using: &generator)
      #expect(order.indices.sorted() == EpochOrder(count: count).indices)
    }
  }

  @Test func theSameSeedGivesTheSameEpochs() {
    var first = SeededGenerator(seed: 5)
    var second = SeededGenerator(seed: 5)
    var one = EpochOrder(count: 500)
    var other = EpochOrder(count: 500)
    for _ in 0..<3 {
      let before = one
      one.shuffle(using: &first)
      other.shuffle(using: &second)
      #expect(one == other)
      #expect(one != before)
    }
  }

  @Test func dependsOnTheGeneratorAlone() {
    var generator = SeededGenerator(seed: 6)
    var long = EpochOrder(count: 50)
    long.shuffle(using: &generator)
    var copy = generator
    long.shuffle(using: &generator)
    var resumed = EpochOrder(count: 50)
    resumed.shuffle(using: &copy)
    #expect(long == resumed)
  }

  @Test func allPermutationsAreAboutEquallyFrequent() {
    var generator = SeededGenerator(seed: 7)
    var order = EpochOrder(count: 4)
    var frequencies: [[Int32]: Int] = [:]
    for _ in 0..<24_000 {
      order.shuffle(using: &generator)
      frequencies[order.indices, default: 0] += 1
    }
    #expect(frequencies.count == 24)
    // 1000 each, standard deviation 31.
    #expect(frequencies.values.allSatisfy { abs($0 - 1000) < 160 })
  }

  @Test func batchesCoverTheEpochOnce() {
    var generator = SeededGenerator(seed: 8)
    var order = EpochOrder(count: 103)
    order.shuffle(using: &generator)
    for size in [1, 10, 103, 200, .max] {
      let batches = (0..<order.batchCount(size: size)).map { order.batch($0, size: size) }
      #expect(batches.flatMap { $0 } == order.indices)
      #expect(batches.dropLast().allSatisfy { $0.count == size })
    }
  }
}
