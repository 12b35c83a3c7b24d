import Datasets
import LinearAlgebra

/// A network with its weights and batch norm's running statistics: what is evaluated, written to a file and
/// made smaller.
public struct TrainedNetwork {
  /// What the network is.
  public let definition: NetworkDefinition
  /// Of the definition's layout; not written to.
  public let weights: Arena
  /// Of the definition's `statisticsLayout`; not written to.
  public let statistics: Arena
  /// How the images of its training were normalised; none where that is not known.
  public let normalisation: Normalisation.Kind?

  /// A network with weights and running statistics, which are not copied.
  ///
  /// - Throws: `NeuralNetworkError.wrongWeights` when an arena has another layout.
  public init(
    _ definition: NetworkDefinition, weights: Arena, statistics: Arena,
    normalisation: Normalisation.Kind? = .mean
  ) throws {
    for (arena, layout, what) in [
      (weights, try definition.layout(), "weights"),
      (statistics, try definition.statisticsLayout(), "running statistics"),
    ] where arena.layout != layout {
      throw NeuralNetworkError.wrongWeights(
        tensor: definition.name, expected: "\(what) of this network", found: "another layout")
    }
    self.definition = definition
    self.weights = weights
    self.statistics = statistics
    self.normalisation = normalisation
  }

  /// The network whose tensors are these, by name.
  init(
    _ definition: NetworkDefinition, tensors: [String: [Float]], normalisation: Normalisation.Kind?
  ) throws {
    func filled(_ layout: ArenaLayout) throws -> Arena {
      let arena = Arena(layout)
      for slot in layout.slots { try arena.set(slot, to: tensors[slot.name] ?? []) }
      return arena
    }
    try self.init(
      definition, weights: filled(definition.layout()),
      statistics: filled(definition.statisticsLayout()), normalisation: normalisation)
  }

  /// The same network, of images that were normalised so.
  public func normalised(by kind: Normalisation.Kind?) throws -> TrainedNetwork {
    try TrainedNetwork(definition, weights: weights, statistics: statistics, normalisation: kind)
  }

  /// The scores [batch, classes] of inputs [batch, inputs], as in evaluation.
  ///
  /// - Throws: `NeuralNetworkError`.
  public func scores(_ inputs: [Float]) throws -> [Float] {
    let batch = inputs.count / max(1, definition.inputCount)
    let network = try Network(
      definition, batch: batch, weights: weights, gradients: nil, statistics: statistics)
    precondition(inputs.count == network.input.count, "inputs of another size")
    _ = network.input.update(fromContentsOf: inputs)
    _ = try network.evaluate()
    return Array(network.scores)
  }
}
