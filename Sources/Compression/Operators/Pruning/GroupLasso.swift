import LinearAlgebra

/// Shrinks whole groups of weights, and single ones, towards zero.
///
/// Solves  min α·((1 − s)·Σ_g √|g|·‖θ_g‖ + s·‖θ‖₁) + μ/2·‖w − θ‖²  exactly: soft(w, s·α/μ), then each
/// group times max(0, 1 − (1 − s)·√|g|·α/(μ·‖·‖)). With s = 0 it is the group lasso.
///
/// - Complexity: O(n).
/// - Source: Yuan & Lin 2006; Simon, Friedman, Hastie & Tibshirani 2013 (sparse-group lasso).
public struct GroupLasso: CompressionOperator {
  /// α.
  public let strength: Double
  /// The groups g: rows, columns, input channels, kernels or blocks.
  public let structure: Structure
  /// s: the share of the strength that is on single weights.
  public let single: Double

  /// The penalty α on groups, of which a share s is on single weights.
  ///
  /// - Throws: `CompressionError.invalidParameter` unless α > 0 and 0 ≤ s ≤ 1.
  public init(strength: Double, of structure: Structure, single: Double = 0) throws {
    guard strength > 0, strength.isFinite else {
      throw CompressionError.invalidParameter(
        operator: "grouplasso", parameter: "alpha", value: "\(strength)", expected: "above 0")
    }
    guard (0...1).contains(single) else {
      throw CompressionError.invalidParameter(
        operator: "grouplasso", parameter: "single", value: "\(single)", expected: "from 0 to 1")
    }
    self.strength = strength
    self.structure = structure
    self.single = single
  }

  /// As it is written in a plan: `grouplasso(alpha=0.01, of=rows)`, with `single=0.2` where s is
  /// not 0.
  public var description: String {
    let arguments =
      ["alpha=\(shortest(strength))", "of=\(structure)"]
      + (single > 0 ? ["single=\(shortest(single))"] : [])
    return "grouplasso(\(arguments.joined(separator: ", ")))"
  }

  /// Refuses vectors, and the structure `kernels` for what is not [O, I, H, W].
  ///
  /// - Throws: `CompressionError.needsMatrix`, `.invalidParameter`.
  public func validate(shape: [Int], view: String) throws {
    _ = try structure.grid(for: shape, operator: "grouplasso", view: view)
  }

  /// Shrinks single weights, then groups, exactly, whatever the warm start. With s = 0 the entries
  /// are whole groups, whose places take fewer bits.
  ///
  /// - Throws: as `validate`.
  /// - Complexity: O(n).
  public func compress(
    _ target: WeightView, from previous: CompressedForm?, penalty mu: Float
  ) throws -> CompressedForm {
    let grid = try structure.grid(for: target.shape, operator: "grouplasso", view: "the view")
    let ratio = strength / Double(mu)
    var shrunk = try Sparse(thresholding: target.values, at: single * ratio).decompressed()
    let factors = zip(grid.squaredNorms(shrunk), grid.sizes()).map { square, size in
      square > 0
        ? max(0, 1 - (1 - single) * ratio * (Double(size) / square).squareRoot()) : 0
    }
    for (index, block) in grid.blockOfEachWeight().enumerated() {
      shrunk[index] = Float(Double(shrunk[index]) * factors[Int(block)])
    }
    if single > 0 { return .sparse(try Sparse(thresholding: shrunk, at: 0)) }
    // Whole groups are cheaper to locate than single weights.
    let kept = factors.indices.filter { factors[$0] > 0 }.map { UInt32($0) }
    let indices = grid.indices(ofBlocks: kept)
    return .sparse(
      try Sparse(
        count: target.count, indices: indices, values: indices.map { shrunk[Int($0)] },
        pattern: .blocks(grid)))
  }

  /// Takes every sparse form: the norms are a cost and bound nothing.
  public func belongs(_ form: CompressedForm, shape: [Int]) -> Bool { form.sparse != nil }

  /// α·((1 − s)·Σ_g √|g|·‖θ_g‖ + s·‖θ‖₁); 0 for a form that is not sparse.
  public func cost(of form: CompressedForm, in view: WeightView) -> Double {
    guard case .sparse(let form) = form else { return 0 }
    guard let grid = try? structure.grid(for: view.shape, operator: "grouplasso", view: "") else {
      return 0
    }
    let norms = zip(grid.squaredNorms(form.decompressed()), grid.sizes())
    let groups = norms.reduce(0) { $0 + (Double($1.1) * $1.0).squareRoot() }
    return strength * ((1 - single) * groups + single * form.values.absoluteSum)
  }
}
