import LinearAlgebra

/// The nearest weights whose magnitudes sum to at most a radius.
///
/// Solves  min ‖w − θ‖²  subject to  ‖θ‖₁ ≤ κ  exactly: θ = soft(w, τ), where τ ≥ 0 makes the
/// constraint tight, or θ = w inside the ball.
///
/// - Complexity: O(n): radix sort and one pass.
/// - Source: Duchi et al., ICML 2008.
public struct BallProjection: CompressionOperator {
  /// κ.
  public let radius: Double

  /// The ball of that radius, in units of the weights.
  ///
  /// - Throws: `CompressionError.invalidParameter` unless the radius is above 0.
  public init(radius: Double) throws {
    guard radius > 0, radius.isFinite else {
      throw CompressionError.invalidParameter(
        operator: "l1ball", parameter: "radius", value: "\(radius)", expected: "above 0")
    }
    self.radius = radius
  }

  /// As it is written in a plan: `l1ball(radius=100)`.
  public var description: String { "l1ball(radius=\(shortest(radius)))" }

  /// Takes sparse forms with ‖θ‖₁ ≤ κ, but for a millionth that rounding may add.
  public func belongs(_ form: CompressedForm, shape: [Int]) -> Bool {
    guard case .sparse(let form) = form else { return false }
    return form.values.absoluteSum <= radius * (1 + 1e-6)
  }

  /// The nearest weights of the ball that are zero where the form is.
  public func refit(_ form: CompressedForm, to target: WeightView) throws -> CompressedForm {
    guard case .sparse(let own) = form else { return form }
    let kept = own.indices.map { target.values[Int($0)] }
    return .sparse(
      try Sparse(
        count: own.count, indices: own.indices,
        values: compress(WeightView(unchecked: kept, shape: [kept.count]), from: nil, penalty: 1)
          .decompressed()))
  }

  /// Projects on the ball, exactly; weights inside of it stay as they are. Neither μ nor the warm
  /// start matters.
  ///
  /// - Complexity: O(n): radix sort and one pass.
  public func compress(
    _ target: WeightView, from previous: CompressedForm?, penalty mu: Float
  ) throws -> CompressedForm {
    guard target.values.absoluteSum > radius else {
      return .sparse(try Sparse(thresholding: target.values, at: 0))
    }
    var magnitudes = target.values.map { abs($0) }
    radixSort(&magnitudes)
    let largest = Double(magnitudes[magnitudes.count - 1])
    // The threshold lies `height` below the largest magnitude: with the k largest above it, that is
    // (the sum of their distances from the largest + radius) / k, in which nothing cancels. The right k
    // is the last whose smallest magnitude is still above it.
    var sum = radius
    var height = 0.0
    for (count, magnitude) in magnitudes.reversed().enumerated() {
      let distance = largest - Double(magnitude)
      sum += distance
      let candidate = sum / Double(count + 1)
      guard distance < candidate else { break }
      height = candidate
    }
    var indices: [UInt32] = []
    var values: [Float] = []
    for (index, weight) in target.values.enumerated() {
      let value = Float(height - (largest - Double(abs(weight))))
      guard value > 0 else { continue }
      indices.append(UInt32(index))
      values.append(weight < 0 ? -value : value)
    }
    return .sparse(try Sparse(count: target.count, indices: indices, values: values))
  }
}

extension Sparse {
  /// Soft-thresholded weights, times a factor: sign(w)·max(0, |w| − τ)·scale; zeros are left out.
  init(thresholding weights: [Float], at threshold: Double, scale: Double = 1) throws {
    var indices: [UInt32] = []
    var values: [Float] = []
    for (index, weight) in weights.enumerated() {
      let left = abs(Double(weight)) - threshold
      guard left > 0 else { continue }
      let value = Float(weight < 0 ? -left * scale : left * scale)
      guard value != 0 else { continue }
      indices.append(UInt32(index))
      values.append(value)
    }
    try self.init(count: weights.count, indices: indices, values: values)
  }
}
