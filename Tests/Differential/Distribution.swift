import Foundation
import LinearAlgebra

/// Kinds of weights that networks have, and those that break programs.
enum Distribution: String, CaseIterable {
  case gaussian, uniform, cauchy, narrow, clustered, constant, integers, grid, offsetGrid, zeros
  case zeroBlocks, sparse, deficient, mean, positive, denormal, huge, mixed, wide, outlier
  case duplicates, signedZeros, ramp

  /// Those that fill the range of floats by themselves are not scaled.
  var hasOwnScale: Bool { self == .denormal || self == .huge || self == .wide }

  func values(shape: [Int], random: inout RandomGenerator) -> [Double] {
    let count = shape.reduce(1, *)
    if self == .deficient { return Self.product(shape: shape, rank: 3, random: &random) }
    let centres = (0..<5).map { _ in Double(random.normal()) }
    let repeated = (0..<20).map { _ in Double(random.normal()) }
    let chosen = random.below(count)
    return (0..<count).map { index in
      let normal = Double(random.normal())
      let share = Double(random.uniform())
      switch self {
      case .gaussian: return normal
      case .uniform: return 2 * share - 1
      case .cauchy: return max(-1e12, min(1e12, tan(.pi * (share - 0.5))))
      case .narrow: return 1 + 1e-3 * (2 * share - 1)
      case .clustered: return centres[random.below(5)] + 0.01 * normal
      case .constant: return centres[0]
      case .integers: return Double(random.below(41) - 20)
      case .grid: return Double(random.below(15) - 7) * 0.013
      case .offsetGrid: return 0.3 + Double(random.below(11)) * 0.02
      case .zeros: return 0
      case .zeroBlocks: return index / 16 % 3 == 1 ? 0 : normal
      case .sparse: return share < 0.95 ? 0 : normal
      case .mean: return normal + 5
      case .positive: return abs(normal)
      case .denormal: return Double(random.below(4001) - 2000) * 0x1p-149
      case .huge: return (2 * share - 1) * Double(Float.greatestFiniteMagnitude)
      case .mixed: return normal * exp2(Double(random.below(61) - 30))
      case .wide: return normal * exp2(Double(random.below(241) - 130))
      case .outlier: return index == chosen ? 1e6 : normal
      case .duplicates: return repeated[random.below(20)]
      case .signedZeros: return share < 0.8 ? (normal < 0 ? -0.0 : 0) : (normal < 0 ? -1 : 1)
      case .ramp: return Double(index) / Double(count) - 0.25
      case .deficient: return 0
      }
    }
  }

  /// A matrix of that rank, half of whose rows are zero when there are more than eight.
  private static func product(shape: [Int], rank: Int, random: inout RandomGenerator) -> [Double] {
    let count = shape.reduce(1, *)
    let rows = shape.count < 2 ? 1 : shape[0]
    let columns = count / rows
    let left = (0..<rows * rank).map { _ in Double(random.normal()) }
    let right = (0..<columns * rank).map { _ in Double(random.normal()) }
    let isHalf = rows > 8 && random.below(2) == 0
    return (0..<count).map { index in
      let (row, column) = (index / columns, index % columns)
      if isHalf && row >= rows / 2 { return 0 }
      return (0..<rank).reduce(0) { $0 + left[row * rank + $1] * right[$1 * columns + column] }
    }
  }
}

extension RandomGenerator {
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }
}
