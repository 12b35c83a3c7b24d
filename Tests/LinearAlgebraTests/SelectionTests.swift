import LinearAlgebra
import Testing

@Suite struct SelectionTests {
  /// Sorts by magnitude, descending, and by index among equals.
  private func naive(_ x: [Float], _ count: Int) -> [UInt32] {
    x.indices.sorted { abs(x[$0]) != abs(x[$1]) ? abs(x[$0]) > abs(x[$1]) : $0 < $1 }
      .prefix(count).sorted().map { UInt32($0) }
  }

  @Test(arguments: 0..<300) func equalsSorting(seed: Int) {
    var random = RandomGenerator(seed: UInt64(seed))
    let count = 1 + Int(random.next() % 200)
    let kept = Int(random.next() % UInt64(count + 1))
    let x = samples(kind: seed % 5, count: count, using: &random)
    #expect(
      x.withUnsafeBufferPointer { indicesOfLargestMagnitudes($0, count: kept) } == naive(x, kept))
  }

  @Test func equalsSortingWhenLarge() {
    var random = RandomGenerator(seed: 9)
    for kind in 0..<5 {
      let x = samples(kind: kind, count: 300_001, using: &random)
      for kept in [1, 3000, 150_000, 300_000] {
        #expect(
          x.withUnsafeBufferPointer { indicesOfLargestMagnitudes($0, count: kept) }
            == naive(x, kept))
      }
    }
  }
}

/// Normal numbers; duplicates; ±0 and denormals; a constant; heavy tails.
func samples(kind: Int, count: Int, using random: inout RandomGenerator) -> [Float] {
  (0..<count).map { _ in
    switch kind {
    case 0: random.normal()
    case 1: Float(Int(random.next() % 7)) - 3
    case 2: [0, -0, .leastNonzeroMagnitude, -0x1p-130, 0x1p-128][Int(random.next() % 5)]
    case 3: -2.5
    default: random.normal() / (abs(random.normal()) + 1e-6)
    }
  }
}
