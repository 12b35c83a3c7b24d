import Foundation

/// xoshiro256++ by Blackman and Vigna (2018), seeded through SplitMix64.
///
/// The same seed gives the same numbers on every machine. The state is visible, so that a
/// checkpoint can hold it.
public struct RandomGenerator: RandomNumberGenerator, Sendable, Equatable, Codable {
  package private(set) var state: [UInt64]

  /// The generator of a seed; every seed is as good as any other.
  public init(seed: UInt64) {
    state = (0..<4).map { Self.scrambled(seed &+ $0 &* 0x9E37_79B9_7F4A_7C15) }
  }

  /// SplitMix64's output behind this state: one to one, and as if at random.
  private static func scrambled(_ state: UInt64) -> UInt64 {
    var z = state &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// - Throws: `DecodingError` unless the state is four numbers, not all zero.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    state = try container.decode([UInt64].self, forKey: .state)
    guard state.count == 4, state.contains(where: { $0 != 0 }) else {
      throw DecodingError.dataCorruptedError(
        forKey: .state, in: container, debugDescription: "four numbers, not all zero, expected")
    }
  }

  /// A generator whose numbers are independent of this one's, for a named purpose.
  public init(seed: UInt64, stream: UInt64) {
    self.init(seed: seed ^ (stream &* 0xD1B5_4A32_D192_ED03))
    for _ in 0..<8 { _ = next() }
  }

  /// The seed of one of many steps for a named purpose: steps, purposes and seeds that are neighbours
  /// have nothing in common.
  public static func seed(_ seed: UInt64, stream: UInt64, step: Int) -> UInt64 {
    // Step by step, so that no sum of two of them says which they were.
    scrambled(scrambled(scrambled(seed) &+ stream) &+ UInt64(step))
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    let sum = state[0] &+ state[3]
    let result = (sum << 23 | sum >> 41) &+ state[0]
    let shifted = state[1] << 17
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= shifted
    state[3] = state[3] << 45 | state[3] >> 19
    return result
  }

  /// Uniform in [0, 1), 24 bits.
  public mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

  /// Standard normal, by Box and Muller's transform.
  public mutating func normal() -> Float {
    let radius = (-2 * log(1 - Double(next() >> 11) * 0x1p-53)).squareRoot()
    return Float(radius * cos(2 * .pi * Double(next() >> 11) * 0x1p-53))
  }

  /// `count` standard normal numbers, scaled.
  public mutating func normals(_ count: Int, scale: Float = 1) -> [Float] {
    (0..<count).map { _ in normal() * scale }
  }
}
