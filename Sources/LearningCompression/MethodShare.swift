/// A method, and its share of a run's steps.
public struct MethodShare: Sendable, Equatable {
  /// Any but `.direct` and `.auto`.
  public let method: Method
  /// 0 to 1.
  public let share: Double

  /// A method with its share.
  public init(_ method: Method, _ share: Double) {
    self.method = method
    self.share = share
  }
}

extension [MethodShare] {
  /// The steps of each, together as many as are given where the shares add up to 1. Each ends where its share does,
  /// rounded.
  package func steps(of total: Int) -> [Int] {
    var (end, sum) = (0, 0.0)
    return map {
      sum += $0.share > 0 ? $0.share : 0
      let next = Int((Double(total) * Swift.min(1, sum)).rounded())
      defer { end = Swift.max(end, next) }
      return Swift.max(0, next - end)
    }
  }
}
