import Compression
import LinearAlgebra

/// What a squared distance is worth to operators with a price, α·C(θ), before there is a schedule.
///
/// For the loss as a parabola, L(w) + h/2·‖w − Δ‖², the best θ is the C step's at μ = h. But h is that of the
/// way to Δ, and so depends on μ: sought is where h(μ) = μ. With a larger μ next to nothing is compressed, with a
/// smaller one more than the loss allows. Far away, where the loss rises no further, there may be
/// another such μ: the largest is sought, that of the least compression.
struct PriceBalance {
  /// What has a price, alone.
  let plan: ResolvedPlan
  private let weights: Arena
  /// w, but Δ(θ) in what has a price.
  private let compressed: Arena

  /// Within that factor μ is found.
  private static let tolerance: Float = 1.5
  /// By that factor μ moves until the balance is passed.
  private static let stride: Float = 4
  private static let range: ClosedRange<Float> = 1e-30...1e30
  /// The share of ‖w‖² that is next to nothing.
  private static let little = 1e-3
  /// The share that is rounding, as that of factors of full rank: what the loss says there is, too.
  private static let rounding = 1e-6

  /// None where nothing has a price.
  ///
  /// - Parameter forms: of direct compression.
  /// - Throws: `CompressionError.notFinite`.
  init?(_ plan: ResolvedPlan, _ forms: [CompressedForm], of weights: Arena) throws {
    let priced = try zip(plan.problems, forms).filter { problem, form in
      try Self.hasPrice(problem.operator, form, try problem.target(weights))
    }
    guard !priced.isEmpty else { return nil }
    self.plan = plan.of(priced.map(\.0))
    self.weights = weights
    compressed = weights.duplicate()
  }

  private static func hasPrice(
    _ operator: any CompressionOperator, _ form: CompressedForm, _ target: WeightView
  ) throws -> Bool {
    if `operator`.cost(of: form, in: target) > 0 { return true }
    if let sum = `operator` as? CompressionSum, case .sum(let form) = form,
      sum.parts.count == form.parts.count
    {
      return try zip(sum.parts, form.parts).contains { try hasPrice($0, $1, target) }
    }
    // Where nothing is left there is nothing to pay for.
    guard form.decompressed().allSatisfy({ $0 == 0 }) else { return false }
    let all = try `operator`.compress(target, from: nil, penalty: range.upperBound)
    return `operator`.cost(of: all, in: target) > 0
  }

  /// The smallest μ found with h(μ) < μ, from where next to nothing is compressed on; none where the loss would have
  /// even less compressed than that, or anything.
  ///
  /// - Parameters:
  ///   - first: where the search begins.
  ///   - loss: of some weights.
  /// - Complexity: one C step and loss for each factor of 4 between the first and the balance, and five more.
  /// - Throws: what the operators and the loss throw.
  func mu(from first: Float, loss: (Arena) throws -> Double) throws -> Float? {
    // Not of w itself, which an L step may know more of.
    compressed.copy(from: weights)
    let reference = try loss(compressed)
    let (_, norm) = plan.distance(from: weights, to: compressed)
    func distance(_ mu: Float) throws -> Double {
      _ = try plan.compress(weights, mu: mu, into: compressed)
      return plan.distance(from: weights, to: compressed).absolute
    }
    /// Whether the loss would have less compressed.
    func isTooSmall(_ mu: Float) throws -> Bool {
      let distance = try distance(mu)
      guard distance > Self.rounding.squareRoot() * norm else { return false }
      let rise = try loss(compressed) - reference
      guard rise.isFinite else { return true }
      return 2 * rise >= Double(mu) * distance * distance
    }
    var high = first
    while try distance(high) > Self.little.squareRoot() * norm {
      guard high < Self.range.upperBound / Self.stride else { return nil }
      high *= Self.stride
    }
    guard try !isTooSmall(high) else { return nil }
    var low = high
    repeat {
      guard low > Self.range.lowerBound * Self.stride else { return nil }
      (low, high) = (low / Self.stride, low)
    } while try !isTooSmall(low)
    while high / low > Self.tolerance {
      let middle = low * (high / low).squareRoot()
      if try isTooSmall(middle) { low = middle } else { high = middle }
    }
    return high
  }
}
