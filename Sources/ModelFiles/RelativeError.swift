/// ‖w − Δ‖² / ‖w‖²: 0 where nothing is lost, no number where ‖w‖² is 0 and something is, or where the
/// weights are not finite.
///
/// As JSON a number or `null`; the squared error beside it tells the two apart.
public struct RelativeError: Sendable, Equatable, Codable {
  /// The ratio, 0 or more; none where it is no number.
  public let value: Double?

  /// ‖w − Δ‖² against ‖w‖².
  public init(squaredError: Double, squaredNorm: Double) {
    let ratio = squaredError == 0 ? 0 : squaredError / squaredNorm
    value = ratio.isFinite ? ratio : nil
  }

  /// Decodes a number or `null`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    value = container.decodeNil() ? nil : try container.decode(Double.self)
  }

  /// Encodes a number or `null`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let value { try container.encode(value) } else { try container.encodeNil() }
  }
}
