import Foundation
import LinearAlgebra

/// Pruning by a penalty: the number of weights that stay is found by the trade with the loss.
///
/// Solves  min α·R(θ) + μ/2·‖w − θ‖²  exactly, for
/// - `.count`: R = ‖θ‖₀: the hard threshold √(2α/μ);
/// - `.magnitude`: R = ‖θ‖₁: the soft threshold α/μ;
/// - `.elastic(β)`: α·‖θ‖₁ + β/2·‖θ‖²: soft(w, α/μ) / (1 + β/μ).
///
/// - Complexity: O(n).
/// - Source: Carreira-Perpiñán & Idelbayev, CVPR 2018; Zou & Hastie 2005 (elastic net).
public struct PenalisedPruning: CompressionOperator {
  /// R, what θ is charged for.
  public enum Penalty: Sendable, Equatable {
    /// ‖θ‖₀, α a weight that stays: `l0penalty` in a plan.
    case count
    /// ‖θ‖₁: `l1penalty` in a plan.
    case magnitude
    /// With β.
    case elastic(Double)
  }

  /// α.
  public let strength: Double
  /// R.
  public let penalty: Penalty

  /// The penalty R with the price α.
  ///
  /// - Throws: `CompressionError.invalidParameter` unless α > 0 and β ≥ 0.
  public init(strength: Double, penalty: Penalty) throws {
    self.strength = strength
    self.penalty = penalty
    guard strength > 0, strength.isFinite else {
      throw CompressionError.invalidParameter(
        operator: name, parameter: "alpha", value: "\(strength)", expected: "above 0")
    }
    if case .elastic(let ridge) = penalty, !(ridge >= 0 && ridge.isFinite) {
      throw CompressionError.invalidParameter(
        operator: name, parameter: "ridge", value: "\(ridge)", expected: "0 or more")
    }
  }

  private var name: String {
    switch penalty {
    case .count: "l0penalty"
    case .magnitude: "l1penalty"
    case .elastic: "elastic"
    }
  }

  /// As it is written in a plan: `l0penalty(alpha=0.001)`, `l1penalty(alpha=0.001)` or
  /// `elastic(alpha=0.001, ridge=0.01)`.
  public var description: String {
    var arguments = ["alpha=\(shortest(strength))"]
    if case .elastic(let ridge) = penalty { arguments.append("ridge=\(shortest(ridge))") }
    return "\(name)(\(arguments.joined(separator: ", ")))"
  }

  /// Takes the hard or the soft threshold at the present μ, exactly, whatever the warm start.
  ///
  /// - Complexity: O(n).
  public func compress(
    _ target: WeightView, from previous: CompressedForm?, penalty mu: Float
  ) throws -> CompressedForm {
    let ratio = strength / Double(mu)
    switch penalty {
    case .count:
      let threshold = (2 * ratio).squareRoot()
      let indices = target.values.indices.filter { abs(Double(target.values[$0])) > threshold }
      return .sparse(
        try Sparse(
          count: target.count, indices: indices.map { UInt32($0) },
          values: indices.map { target.values[$0] }))
    case .magnitude: return .sparse(try Sparse(thresholding: target.values, at: ratio))
    case .elastic(let ridge):
      return .sparse(
        try Sparse(
          thresholding: target.values, at: ratio, scale: 1 / (1 + ridge / Double(mu))))
    }
  }

  /// Takes every sparse form: R is a cost and bounds nothing.
  public func belongs(_ form: CompressedForm, shape: [Int]) -> Bool { form.sparse != nil }

  /// α·‖θ‖₀, α·‖θ‖₁ or α·‖θ‖₁ + β/2·‖θ‖²; 0 for a form that is not sparse.
  public func cost(of form: CompressedForm, in view: WeightView) -> Double {
    guard case .sparse(let form) = form else { return 0 }
    return switch penalty {
    case .count: strength * Double(form.values.count)
    case .magnitude: strength * form.values.absoluteSum
    case .elastic(let ridge):
      strength * form.values.absoluteSum + ridge / 2 * form.values.squaredNorm
    }
  }
}
