/// What Docs/Operators claims: how many times the least objective an operator's may be.
enum Claim {
  /// "exact": but for the rounding of floats.
  static let exact = 1 + 1e-6
  /// quantize.md: `exact` aside, within 0.05 %; values of `k=K` are found the same way.
  static let kMeans = 1.0005
  /// lowrank.md: block Krylov iteration within 0.02 % by its own estimate; the rest is margin.
  static let lowRank = 1.0005
  /// uniform.md: of a dense search; symmetric, affine, and affine for groups of few weights.
  static let symmetricGrid = 1.03
  static let affineGrid = 1.15
  static let affineGridOfGroup = 1.6
}
