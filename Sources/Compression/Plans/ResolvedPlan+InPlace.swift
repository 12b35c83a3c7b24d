import LinearAlgebra

extension ResolvedPlan {
  /// Each problem's operator and tensor, when all can be changed where they lie.
  private var inPlace: [(operator: any InPlaceOperator, problem: CompressionProblem)]? {
    let found = problems.compactMap { problem in
      problem.slots.count == 1
        ? (problem.operator as? any InPlaceOperator).map { ($0, problem) } : nil
    }
    return found.count == problems.count ? found : nil
  }

  /// w ← Δ(Π(w)) where it lies.
  ///
  /// - Returns: ‖w − Δ(θ)‖ as it was; none, and nothing is done, unless all operators work in place.
  /// - Throws: `CompressionError.notFinite`.
  public func applyInPlace(to weights: Arena, mu: Float) throws -> Double? {
    guard let inPlace else { return nil }
    var change = 0.0
    for (`operator`, problem) in inPlace {
      let square = try `operator`.apply(
        to: weights[problem.slots[0]], shape: problem.shape, penalty: mu)
      guard square.isFinite else { throw CompressionError.notFinite(view: problem.label) }
      change += square
    }
    return change.squareRoot()
  }

  /// θ of weights that were changed in place; none unless all operators work in place.
  public func formsInPlace(of weights: Arena) throws -> [CompressedForm]? {
    try inPlace?.map { `operator`, problem in
      try `operator`.form(
        of: UnsafeBufferPointer(weights[problem.slots[0]]), shape: problem.shape)
    }
  }
}
