import LinearAlgebra

/// How a network's weights begin.
public enum Initialisation: String, Sendable, CaseIterable {
  /// Uniform in ±√(6 / (in + out)) (Glorot & Bengio 2010): keeps the variance through tanh layers.
  case xavier
  /// Uniform in ±√(6 / in) (He et al. 2015): keeps the variance through ReLU layers.
  case kaiming

  /// Kaiming's where the network has a ReLU, Xavier's otherwise.
  public static func usual(for network: NetworkDefinition) -> Initialisation {
    network.layers.contains(.relu) ? .kaiming : .xavier
  }

  /// Fills the weights of that layout; biases become zero.
  public func fill(_ weights: Arena, using random: inout RandomGenerator) {
    for slot in weights.layout.slots {
      let values = weights[slot]
      guard slot.shape.count >= 2 else {
        values.update(repeating: 0)
        continue
      }
      let outputs = Float(slot.shape[0])
      let inputs = Float(slot.count) / outputs
      let limit =
        switch self {
        case .xavier: (6 / (inputs + outputs)).squareRoot()
        case .kaiming: (6 / inputs).squareRoot()
        }
      for index in values.indices { values[index] = limit * (2 * random.uniform() - 1) }
    }
  }
}
