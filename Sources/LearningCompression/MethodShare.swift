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
  /// The steps of each, together as many as are given: what rounding down leaves goes to the first ones.
  public func steps(of total: Int) -> [Int] {
    var steps = map { Int((Double(total) * $0.share).nextUp) }
    var left = total - steps.reduce(0, +)
    for index in steps.indices where left > 0 {
      steps[index] += 1
      left -= 1
    }
    return steps
  }
}
