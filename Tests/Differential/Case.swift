import Foundation
import LinearAlgebra

/// One input: a distribution, a shape, a power of two and a seed. Its text, such as
/// `gaussian/192x200/-140/7`, makes it again.
struct Case: CustomStringConvertible {
  let distribution: Distribution
  let shape: [Int]
  let exponent: Int
  let seed: UInt64

  static let scales = [-140, -130, -126, -110, -100, -60, -20, 10, 20, 60, 100, 120, 124]

  var description: String {
    "\(distribution)/\(shape.map(String.init).joined(separator: "x"))/\(exponent)/\(seed)"
  }

  init(_ distribution: Distribution, _ shape: [Int], exponent: Int, seed: UInt64) {
    self.distribution = distribution
    self.shape = shape
    self.exponent = exponent
    self.seed = seed
  }

  init?(_ text: String) {
    let words = text.split(separator: "/")
    guard words.count == 4, let distribution = Distribution(rawValue: String(words[0])),
      let exponent = Int(words[2]), let seed = UInt64(words[3])
    else { return nil }
    let sizes = words[1].split(separator: "x").map { Int($0) ?? 0 }
    guard !sizes.isEmpty, sizes.allSatisfy({ $0 > 0 && $0 <= 1 << 20 }) else { return nil }
    self.init(distribution, sizes, exponent: exponent, seed: seed)
  }

  func problem() -> Problem {
    var random = RandomGenerator(seed: seed, stream: 7)
    let base = distribution.values(shape: shape, random: &random)
    let mu: Float = [1, 1, 0.001, 37][random.below(4)]
    // As far as representable.
    let largest = base.reduce(0) { max($0, abs($1)) }
    let limit = Double(Float.greatestFiniteMagnitude)
    var scale = distribution.hasOwnScale ? 1 : exp2(Double(exponent))
    while largest * scale > limit { scale /= 2 }
    return Problem(base.map { Float($0 * scale) }, shape: shape, mu: mu)
  }
}

/// The lattice in a shuffled order that depends on the seed alone. Each round takes every operator
/// once, but for some of the slow ones, and every distribution as often as another.
struct Lattice {
  let subjects: [Subject]
  let seed: UInt64

  static let vectors = [1, 2, 3, 7, 64, 191, 192, 1000, 1001].map { [$0] }
  static let matrices = [
    [1, 37], [37, 1], [7, 5], [3, 64], [16, 32], [64, 48], [40, 7],
  ]
  static let kernels = [[8, 3, 3, 3], [4, 6, 1, 1], [16, 8, 3, 3]]
  static let large = [
    [65_535], [65_536], [200_000], [191, 193], [192, 200], [256, 256], [64, 32, 3, 3], [8, 8192],
  ]

  func item(_ number: Int) -> (Subject, Case) {
    let round = UInt64(number / subjects.count)
    var shuffle = RandomGenerator(seed: seed &* 1_000_003 &+ round, stream: 1)
    let order = subjects.indices.shuffled(using: &shuffle)
    let kinds = Distribution.allCases
    let dealt = subjects.indices.map { kinds[$0 % kinds.count] }.shuffled(using: &shuffle)
    let place = number % subjects.count
    var random = RandomGenerator(seed: seed &* 1_000_003 &+ UInt64(number), stream: 2)
    var subject = subjects[order[place]]
    let light = subjects.filter { !$0.isHeavy }
    if subject.isHeavy, round % 4 != 0, !light.isEmpty {
      subject = light[random.below(light.count)]
    }
    let small = Self.vectors + Self.matrices + Self.kernels + [[random.below(600) + 1]]
    let shapes = (random.below(8) == 0 ? Self.large : small).filter(subject.fits)
    let shape =
      shapes.isEmpty ? subject.usual : shapes[random.below(shapes.count)]
    let kind = dealt[place]
    let exponent =
      kind.hasOwnScale || random.below(2) == 0 ? 0 : Case.scales[random.below(Case.scales.count)]
    return (
      subject, Case(kind, shape, exponent: exponent, seed: UInt64(random.below(1_000_000)))
    )
  }
}
