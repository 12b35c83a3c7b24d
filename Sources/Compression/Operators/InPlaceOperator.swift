/// An operator that can change the weights themselves, for a coupling that replaces w by Δ(θ) after
/// every mini-batch: then θ is formed only when it is asked for.
package protocol InPlaceOperator: CompressionOperator {
  /// w ← Δ(θ), for a target of that shape.
  ///
  /// - Returns: ‖w − Δ(θ)‖².
  @discardableResult
  func apply(to weights: UnsafeMutableBufferPointer<Float>, shape: [Int], penalty mu: Float) throws
    -> Double

  /// θ of weights that `apply` has changed.
  func form(of weights: UnsafeBufferPointer<Float>, shape: [Int]) throws -> CompressedForm
}

extension InPlaceOperator {
  package func compress(
    _ target: WeightView, from previous: CompressedForm?, penalty mu: Float
  ) throws -> CompressedForm {
    var values = target.values
    return try values.withUnsafeMutableBufferPointer {
      try apply(to: $0, shape: target.shape, penalty: mu)
      return try form(of: UnsafeBufferPointer($0), shape: target.shape)
    }
  }
}
