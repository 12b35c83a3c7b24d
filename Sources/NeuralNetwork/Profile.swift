/// Where a network's time goes.
public struct Profile: Sendable {
  /// One operation, in the order of the forward pass.
  public struct Entry: Sendable {
    public let name: String
    /// Seconds of the forward and the backward pass, the least of the repetitions.
    public var forward: Double
    public var backward: Double
    /// Floating-point operations of both; 0 where memory is all that counts.
    public let forwardWork: Double
    public let backwardWork: Double
  }

  public var entries: [Entry]
}

extension Network {
  /// Times each operation of learning steps apart.
  public func profile(repetitions: Int) throws -> Profile {
    var entries = operations.map {
      Profile.Entry(
        name: $0.name, forward: .infinity, backward: .infinity, forwardWork: $0.work,
        backwardWork: $0.backwardWork)
    }
    func time(_ body: () throws -> Void) rethrows -> Double {
      let start = ContinuousClock.now
      try body()
      let elapsed = (ContinuousClock.now - start).components
      return Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
    }
    for _ in 0..<repetitions {
      try prepare()
      for (index, operation) in operations.enumerated() {
        let took = try time { try operation.forward(training: true) }
        entries[index].forward = min(entries[index].forward, took)
      }
      _ = loss()
      for (index, operation) in operations.enumerated().reversed() {
        let took = try time { try operation.backward() }
        entries[index].backward = min(entries[index].backward, took)
      }
    }
    return Profile(entries: entries)
  }
}
