import LinearAlgebra

/// The C step of a whole plan: for each problem the best θ for the present weights.
extension ResolvedPlan {
  /// Solves  min over θ of ‖(w − λ/μ) − Δ(θ)‖²  for each problem and writes Δ(θ) to an arena.
  ///
  /// - Parameters:
  ///   - weights: w.
  ///   - multipliers: λ, or none for the quadratic penalty.
  ///   - mu: the penalty μ; operators that trade distortion for a cost need it for direct compression
  ///     too.
  ///   - previous: the θ of the last C step as warm starts, one a problem. Where one is a point of its
  ///     operator's set and has a lower objective than what the operator finds, it stays.
  ///   - decompressed: receives Δ(θ) in the compressed ranges; the rest is left alone.
  /// - Returns: θ, one form a problem.
  /// - Throws: `CompressionError.notFinite` when a weight is NaN or infinite.
  public func compress(
    _ weights: Arena, multipliers: Arena? = nil, mu: Float = 1,
    from previous: [CompressedForm]? = nil,
    into decompressed: Arena
  ) throws -> [CompressedForm] {
    try problems.enumerated().map { index, problem in
      let target = try problem.target(weights, multipliers: multipliers, mu: mu)
      let best = try problem.solve(target, from: previous?[index], mu: mu)
      problem.scatter(best.decompressed, to: decompressed)
      return best.form
    }
  }

  /// The θ of the same codes, places and ranks that are nearest to the weights.
  ///
  /// - Parameters:
  ///   - forms: one a problem.
  ///   - decompressed: receives Δ(θ) in the compressed ranges.
  /// - Throws: `CompressionError.notFinite` when a weight is NaN or infinite.
  public func refit(_ forms: [CompressedForm], to weights: Arena, into decompressed: Arena) throws
    -> [CompressedForm]
  {
    try zip(problems, forms).map { problem, form in
      let fitted = try problem.operator.refit(form, to: problem.target(weights))
      problem.scatter(fitted.decompressed(), to: decompressed)
      return fitted
    }
  }

  /// Checks that each form is a point of its operator's set.
  ///
  /// - Throws: `CompressionError.leftSet` for a form that is none of its operator's. O(n).
  public func requireBelonging(_ forms: [CompressedForm]) throws {
    for (problem, form) in zip(problems, forms)
    where !problem.operator.belongs(form, shape: problem.shape) {
      throw CompressionError.leftSet(operator: "\(problem.operator)", view: problem.label)
    }
  }

  /// ‖w − Δ(θ)‖ and ‖w‖ over the compressed weights.
  public func distance(from weights: Arena, to decompressed: Arena) -> (
    absolute: Double, norm: Double
  ) {
    var distance = 0.0
    var norm = 0.0
    for range in ranges {
      let w = UnsafeBufferPointer(weights[range])
      distance += squaredDistance(w, UnsafeBufferPointer(decompressed[range]))
      norm += squaredNorm(w)
    }
    return (distance.squareRoot(), norm.squareRoot())
  }
}

extension CompressionProblem {
  /// w − λ/μ of this problem's tensors, one after the other.
  ///
  /// - Throws: `CompressionError.notFinite` when a weight is NaN or infinite.
  public func target(_ weights: Arena, multipliers: Arena? = nil, mu: Float = 1) throws
    -> WeightView
  {
    var values: [Float] = []
    values.reserveCapacity(count)
    for slot in slots { values.append(contentsOf: weights[slot]) }
    if let multipliers, mu > 0 {
      var start = 0
      for slot in slots {
        for (index, multiplier) in multipliers[slot].enumerated() {
          values[start + index] -= multiplier / mu
        }
        start += slot.count
      }
    }
    var view = try WeightView(checking: values, shape: shape, label: label)
    view.positions = positions
    return view
  }

  /// The C step of one problem: the operator's θ, or the one before where that is the better one, for an
  /// operator may miss what a warm start had found; and Δ(θ).
  package func solve(_ target: WeightView, from previous: CompressedForm?, mu: Float) throws -> (
    form: CompressedForm, decompressed: [Float]
  ) {
    let form = try `operator`.compress(target, from: previous, penalty: mu)
    let decompressed = form.decompressed()
    guard let previous, `operator`.belongs(previous, shape: shape) else {
      return (form, decompressed)
    }
    func objective(_ form: CompressedForm, _ decompressed: [Float]) -> Double {
      `operator`.cost(of: form, in: target)
        + Double(mu) / 2 * target.values.squaredDistance(to: decompressed)
    }
    let before = previous.decompressed()
    return objective(previous, before) < objective(form, decompressed)
      ? (previous, before) : (form, decompressed)
  }

  /// Writes Δ(θ) to this problem's tensors.
  func scatter(_ values: [Float], to arena: Arena) {
    var start = 0
    for slot in slots {
      _ = arena[slot].update(fromContentsOf: values[start..<start + slot.count])
      start += slot.count
    }
  }
}
