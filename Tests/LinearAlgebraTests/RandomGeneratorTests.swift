import LinearAlgebra
import Testing

@Suite struct RandomGeneratorTests {
  @Test func isReproducibleAndFair() {
    var a = RandomGenerator(seed: 7)
    var b = RandomGenerator(seed: 7)
    var c = RandomGenerator(seed: 8)
    let x = a.normals(20_000)
    #expect(x == b.normals(20_000))
    #expect(x != c.normals(20_000))
    #expect(abs(x.sum / 20_000) < 0.03)
    #expect(abs(x.squaredNorm / 20_000 - 1) < 0.05)
    #expect((0..<1000).allSatisfy { _ in (0..<1).contains(a.uniform()) })
  }

  @Test func stepsOfNeighbouringSeedsHaveNothingInCommon() {
    var seeds: Set<UInt64> = []
    var flips = 0
    for seed in 0..<20 as Range<UInt64> {
      for stream in 0..<20 as Range<UInt64> {
        for step in 0..<20 {
          let here = RandomGenerator.seed(seed, stream: stream, step: step)
          seeds.insert(here)
          flips +=
            (here ^ RandomGenerator.seed(seed, stream: stream, step: step + 1)).nonzeroBitCount
        }
      }
    }
    #expect(seeds.count == 8000)
    #expect(abs(Double(flips) / 8000 - 32) < 0.2)
    #expect(
      RandomGenerator.seed(1, stream: 2, step: 3) == RandomGenerator.seed(1, stream: 2, step: 3))
  }
}
