/// SplitMix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }

  /// A small set of random images, labelled 0…9.
  mutating func images(_ count: Int) -> (sizes: [UInt32], pixels: [UInt8], labels: [UInt8]) {
    (
      [UInt32(count), 5, 3], bytes(count * 15),
      (0..<count).map { _ in UInt8(next() % 10) }
    )
  }
}
