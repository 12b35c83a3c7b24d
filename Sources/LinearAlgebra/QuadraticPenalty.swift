/// The quadratic term of the L step: μ/2 · ‖w − t‖² over some ranges of the arena, where
/// t = Δ(θ) + λ/μ.
public struct QuadraticPenalty {
  /// μ, above 0.
  public let mu: Float
  /// t, of the weights' layout; only the ranges are read.
  public let target: Arena
  /// Ascending and disjoint.
  public let ranges: [Range<Int>]

  /// The penalty of some ranges; the target is not copied.
  ///
  /// - Precondition: μ is above 0.
  public init(mu: Float, target: Arena, ranges: [Range<Int>]) {
    precondition(mu > 0)
    self.mu = mu
    self.target = target
    self.ranges = ranges
  }
}
