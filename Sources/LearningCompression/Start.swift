/// Where a run begins: the weights w, and direct compression, θ ← Π(w).
public struct Start: Sendable, Equatable, Codable {
  /// Of w.
  public let reference: Figures
  /// Of Δ(θ).
  public let direct: Figures
  /// ‖w − Δ(θ)‖² over the compressed weights.
  public let squaredDistance: Double
  /// ‖w‖² over the compressed weights.
  public let squaredNorm: Double

  /// The share of the squared distance that is where there are factors of low rank and no codes: Δ(θ) then goes
  /// smoothly wherever the loss wants it.
  public let smoothShare: Double
  /// The part of that share where there are entries at places beside the factors.
  public let mixedShare: Double?

  /// μ of direct compression where operators have a price and no μ was given: where it balances the loss's
  /// curvature; none elsewhere.
  public let balance: Double?
  /// The share of the squared distance that is where there is a price, with a balance.
  public let pricedShare: Double?

  /// Where a run begins.
  public init(
    reference: Figures, direct: Figures, squaredDistance: Double, squaredNorm: Double,
    smoothShare: Double = 0, mixedShare: Double? = nil, balance: Double? = nil,
    pricedShare: Double? = nil
  ) {
    self.balance = balance
    self.pricedShare = pricedShare
    self.mixedShare = mixedShare
    self.reference = reference
    self.direct = direct
    self.squaredDistance = squaredDistance
    self.squaredNorm = squaredNorm
    self.smoothShare = smoothShare
  }

  /// Whether most of the way is where there are factors and no codes.
  var isSmooth: Bool { smoothShare > 0.5 }

  /// Whether most of that has entries beside the factors.
  var isMixed: Bool { isSmooth && (mixedShare ?? 0) > smoothShare / 2 }

  /// h, the loss's curvature on the way from w to Δ(θ), as if the loss were a parabola with its minimum at w:
  /// L(Δ) = L(w) + h/2·‖w − Δ‖². None where direct compression loses nothing.
  public var curvature: Double? {
    let curvature = 2 * (direct.trainLoss - reference.trainLoss) / squaredDistance
    return curvature > 0 && curvature.isFinite ? curvature : nil
  }

  /// Whether most of the way is where there are prices, and their balance is known.
  var isPriced: Bool { balance != nil && (pricedShare ?? 0) > 0.5 }

  /// What μ is measured in: a price is weighed where it balances the curvature.
  var unit: Double? { isPriced ? balance : curvature }
}
