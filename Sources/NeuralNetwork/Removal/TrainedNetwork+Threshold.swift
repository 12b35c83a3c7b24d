import LinearAlgebra

extension TrainedNetwork {
  /// Sets the incoming weights of small units to zero: those whose norm is at most `threshold` times
  /// the largest of their layer. The scores change. Biases and batch norm stay, and so do layers none of
  /// whose units could be removed.
  ///
  /// - Throws: `NeuralNetworkError.invalidOption` when the threshold is not from 0 to below 1.
  public func zeroingUnits(upTo threshold: Float) throws -> TrainedNetwork {
    guard (0..<1).contains(threshold) else {
      throw NeuralNetworkError.invalidOption(
        option: "the threshold", value: "\(threshold)", expected: "from 0 to below 1")
    }
    let graph = try definition.graph()
    let spaces = ChannelSpaces(graph)
    let result = weights.duplicate()
    for node in graph.nodes where !spaces.isLocked(spaces.root(node.output)) {
      switch node.operation {
      case .linear, .convolution: break
      default: continue
      }
      guard let slot = result.layout["\(node.name).weight"], let count = slot.shape.first else {
        continue
      }
      let size = slot.count / max(1, count)
      let units = (0..<count).map {
        slot.range.lowerBound + $0 * size..<slot.range.lowerBound + ($0 + 1) * size
      }
      let norms = units.map { unit in
        result[unit].reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      }
      let limit = Double(threshold) * (norms.max() ?? 0)
      for (unit, norm) in zip(units, norms) where norm <= limit {
        result[unit].update(repeating: 0)
      }
    }
    return try TrainedNetwork(
      definition, weights: result, statistics: statistics, normalisation: normalisation)
  }
}
