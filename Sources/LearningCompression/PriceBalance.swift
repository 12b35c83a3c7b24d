import Compression
import LinearAlgebra

/// What a squared distance is worth to operators with a price, α·C(θ), before there is a schedule.
///
/// For the loss as a parabola, L(w) + h/2·‖w − Δ‖², the best θ is the C step's at μ = h. But h is that of the
/// way to Δ, and so depends on μ: sought is where h(μ) = μ. With a larger μ next to nothing is compressed, with a
/// smaller one more than the loss allows.
struct PriceBalance {
  /// What has a price, alone.
  private let plan: ResolvedPlan
  private let weights: Arena
  /// w, but Δ(θ) in what has a price.
  private let compressed: Arena

  /// Within that factor μ is found.
  private static let tolerance: Float = 1.5
  /// By that factor μ moves until the balance is passed.
  private static let stride: Float = 16
  private static let range: ClosedRange<Float> = 1e-30...1e30

  /// None where nothing has a price.
  ///
  /// - Parameter forms: of direct compression.
  /// - Throws: `CompressionError.notFinite`.
  init?(_ plan: ResolvedPlan, _ forms: [CompressedForm], of weights: Arena) throws {
    let priced = try zip(plan.problems, forms).filter { problem, form in
      let target = try problem.target(weights)
      if problem.operator.cost(of: form, in: target) > 0 { return true }
      // Where nothing is left, or nothing of a part, there is nothing to pay for.
      guard problem.operator is CompressionSum || form.decompressed().allSatisfy({ $0 == 0 }) else {
        return false
      }
      let all = try problem.operator.compress(target, from: nil, penalty: Self.range.upperBound)
      return problem.operator.cost(of: all, in: target) > 0
    }
    guard !priced.isEmpty else { return nil }
    self.plan = plan.of(priced.map(\.0))
    self.weights = weights
    compressed = weights.duplicate()
  }

  /// The smallest μ found with h(μ) < μ; the first where there is no balance.
  ///
  /// - Parameters:
  ///   - first: where the search begins.
  ///   - loss: of some weights.
  /// - Complexity: one C step and loss for each factor of 16 between the first and the balance, and four more.
  /// - Throws: what the operators and the loss throw.
  func mu(from first: Float, loss: (Arena) throws -> Double) throws -> Float {
    let reference = try loss(weights)
    /// Whether the loss would have less compressed.
    func isTooSmall(_ mu: Float) throws -> Bool {
      _ = try plan.compress(weights, mu: mu, into: compressed)
      let distance = plan.distance(from: weights, to: compressed).absolute
      let rise = try loss(compressed) - reference
      guard rise.isFinite else { return true }
      return 2 * rise >= Double(mu) * distance * distance && distance > 0
    }
    var (low, high) = (first, first)
    if try isTooSmall(first) {
      repeat {
        guard high < Self.range.upperBound / Self.stride else { return first }
        (low, high) = (high, high * Self.stride)
      } while try isTooSmall(high)
    } else {
      repeat {
        guard low > Self.range.lowerBound * Self.stride else { return first }
        (low, high) = (low / Self.stride, low)
      } while try !isTooSmall(low)
    }
    while high / low > Self.tolerance {
      let middle = low * (high / low).squareRoot()
      if try isTooSmall(middle) { low = middle } else { high = middle }
    }
    return high
  }
}
