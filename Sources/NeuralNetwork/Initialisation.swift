import LinearAlgebra

/// How a network's weights begin.
public enum Initialisation: String, Sendable, CaseIterable {
  /// Uniform in ±√(6 / (in + out)) (Glorot & Bengio 2010): keeps the variance through tanh layers.
  case xavier
  /// Uniform in ±√(6 / in) (He et al. 2015): keeps the variance through ReLU layers.
  case kaiming

  /// Kaiming's where the network has a ReLU, Xavier's otherwise.
  public static func usual(for network: NetworkDefinition) -> Initialisation {
    network.layers.contains { $0.contains { $0 == .relu } } ? .kaiming : .xavier
  }

  /// Fills the weights of that layout; batch norm's become one, biases zero.
  package func fill(_ weights: Arena, using random: inout RandomGenerator) {
    for slot in weights.layout.slots {
      let values = weights[slot]
      guard slot.shape.count >= 2 else {
        values.update(repeating: slot.name.hasSuffix(".weight") ? 1 : 0)
        continue
      }
      // A kernel's place counts as an input of its own, and on the way back as an output.
      let kernel = slot.shape.dropFirst(2).reduce(1, *)
      let outputs = Float(slot.shape[0] * kernel)
      let inputs = Float(slot.shape[1] * kernel)
      let limit =
        switch self {
        case .xavier: (6 / (inputs + outputs)).squareRoot()
        case .kaiming: (6 / inputs).squareRoot()
        }
      for index in values.indices { values[index] = limit * (2 * random.uniform() - 1) }
    }
  }
}

extension Initialisation {
  /// Running statistics before anything was seen: means 0, variances 1.
  ///
  /// - Throws: `NeuralNetworkError` when the network is not well formed.
  package static func statistics(of network: NetworkDefinition) throws -> Arena {
    let statistics = Arena(try network.statisticsLayout())
    for slot in statistics.layout.slots where slot.name.hasSuffix(".running_var") {
      statistics[slot].update(repeating: 1)
    }
    return statistics
  }
}
