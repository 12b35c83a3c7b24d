import Foundation

/// An operator whose strength can grow while a network trains.
public protocol GradualOperator: CompressionOperator {
  /// As it is at a time t from 0, where it changes nothing, to 1, where it is itself.
  func at(time: Double, for shape: [Int]) -> Self
}

extension Pruning: GradualOperator {
  /// Keeps s + (1 − s)·(1 − t)³ of the weights, s the share that is kept at last, and in 32 bits
  /// until then.
  public func at(time: Double, for shape: [Int]) -> Pruning {
    var copy = self
    copy.kept = kept.shrinking(to: time, of: shape.reduce(1, *))
    // Rounded they would not be what they were.
    if time < 1 { copy.values = .float32 }
    return copy
  }
}

extension StructuredPruning: GradualOperator {
  /// Keeps s + (1 − s)·(1 − t)³ of the blocks, s the share that is kept at last, and in 32 bits
  /// until then.
  public func at(time: Double, for shape: [Int]) -> StructuredPruning {
    var copy = self
    let blocks = try? structure.grid(for: shape, operator: "prune", view: "").blockCount
    copy.kept = kept.shrinking(to: time, of: blocks)
    if time < 1 { copy.values = .float32 }
    return copy
  }
}

extension CompressionSum: GradualOperator {
  /// The sum with its gradual parts as they are at that time, and the others whole.
  public func at(time: Double, for shape: [Int]) -> CompressionSum {
    CompressionSum(
      parts.map { ($0 as? any GradualOperator)?.at(time: time, for: shape) ?? $0 },
      rounds: rounds, tolerance: tolerance, restarts: restarts, seed: seed)
  }
}

extension Share {
  /// s + (1 − s)·(1 − t)³ of `total`: from everything at t = 0 to this share at t = 1.
  ///
  /// - Source: Zhu & Gupta, arXiv 1710.01878.
  func shrinking(to time: Double, of total: Int?) -> Share {
    guard time < 1 else { return self }
    let rest = pow(1 - max(0, time), 3)
    switch self {
    case .fraction(let share): return .fraction(share + (1 - share) * rest)
    case .count(let count):
      guard let total, count < total else { return self }
      return .count(count + Int((Double(total - count) * rest).rounded()))
    }
  }
}
