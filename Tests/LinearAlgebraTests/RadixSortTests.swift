import LinearAlgebra
import Testing

@Suite struct RadixSortTests {
  @Test(arguments: [0, 1, 2, 255, 256, 257, 5000, 200_000]) func equalsSorting(count: Int) {
    var random = RandomGenerator(seed: UInt64(count))
    for kind in 0..<5 {
      let x = samples(kind: kind, count: count, using: &random)
      var sorted = x
      radixSort(&sorted)
      #expect(sorted == x.sorted())
    }
  }

  @Test func ordersInfinitiesAndZeros() {
    var x: [Float] = (0..<300).map { Float($0 % 3) } + [.infinity, -.infinity, -0.0, 0, -1]
    radixSort(&x)
    #expect(x.first == -.infinity && x.last == .infinity)
    #expect(x[1] == -1 && x[2].sign == .minus && x[3].sign == .plus)
  }
}
