import LinearAlgebra
import ModelFiles
import NeuralNetwork

extension NetworkFile {
  /// The network with the weights and batch norm's running statistics of the file; of a compressed model
  /// those that θ stands for. What PyTorch counts beside them (`num_batches_tracked`) is not needed.
  ///
  /// - Parameter definition: the network, where the file does not describe it, or another that has the
  ///   same tensors.
  /// - Throws: `NeuralNetworkError.wrongWeights` when a tensor is missing, has another shape or numbers
  ///   that are not finite, or does not belong to the network; `ModelFileError` when the file is damaged,
  ///   or describes no network and none is given.
  package func network(_ definition: NetworkDefinition? = nil) throws -> TrainedNetwork {
    guard let definition = try definition ?? self.definition else {
      throw ModelFileError.malformedModel(
        path: path, problem: "it does not say which network it belongs to")
    }
    if let model = try compressedModel { return try network(definition, of: model) }
    let shapes = tensors.tensors.map { (ExactName($0.name), $0.shape) }
    return try network(definition, Dictionary(shapes) { first, _ in first }) {
      try tensors.floats($0)
    }
  }

  /// The same for a compressed model that has been read.
  package func network(_ definition: NetworkDefinition, of model: CompressedModel) throws
    -> TrainedNetwork
  {
    let dense = model.decompressed().map { (ExactName($0.shape.name), $0) }
    let tensors = Dictionary(dense) { first, _ in first }
    return try network(definition, tensors.mapValues(\.shape.shape)) { name in
      guard let tensor = tensors[ExactName(name)] else { return [] }
      guard let floats = tensor.floats else {
        throw NeuralNetworkError.wrongWeights(
          tensor: name, expected: "numbers", found: "\(tensor.shape.dtype.rawValue) in \(path)")
      }
      return floats
    }
  }

  private func network(
    _ definition: NetworkDefinition, _ shapes: [ExactName: [Int]],
    values: (String) throws -> [Float]
  ) throws -> TrainedNetwork {
    let layouts = (weights: try definition.layout(), statistics: try definition.statisticsLayout())
    for slot in layouts.weights.slots + layouts.statistics.slots {
      let expected = "shape \(slot.shape) for network '\(definition.name)'"
      guard let shape = shapes[ExactName(slot.name)] else {
        throw NeuralNetworkError.wrongWeights(
          tensor: slot.name, expected: expected,
          found: "no such tensor in \(path), \(listing(shapes, like: slot))")
      }
      guard shape == slot.shape else {
        throw NeuralNetworkError.wrongWeights(
          tensor: slot.name, expected: expected, found: "shape \(shape) in \(path)")
      }
    }
    let stranger = shapes.keys.sorted().map(\.text).first {
      layouts.weights[$0] == nil && layouts.statistics[$0] == nil
        && !$0.hasSuffix(".num_batches_tracked")
    }
    if let stranger {
      throw NeuralNetworkError.wrongWeights(
        tensor: stranger, expected: "only the tensors of network '\(definition.name)'",
        found: "this one in \(path)")
    }
    // Only now is it known that the file holds as much as the network claims.
    func filled(_ layout: ArenaLayout) throws -> Arena {
      let arena = Arena(layout)
      for slot in layout.slots {
        let floats = try values(slot.name)
        guard floats.isFinite else {
          throw NeuralNetworkError.wrongWeights(
            tensor: slot.name, expected: "finite numbers", found: "NaN or infinity in \(path)")
        }
        try arena.set(slot, to: floats)
      }
      return arena
    }
    let (weights, statistics) = (try filled(layouts.weights), try filled(layouts.statistics))
    for slot in layouts.statistics.slots where slot.name.hasSuffix(".running_var") {
      if let variance = statistics[slot].first(where: { $0 < 0 }) {
        throw NeuralNetworkError.wrongWeights(
          tensor: slot.name, expected: "variances of 0 or more", found: "\(variance) in \(path)")
      }
    }
    return try TrainedNetwork(
      definition, weights: weights, statistics: statistics, normalisation: normalisation)
  }

  /// The tensors of a file, those first that may be the one that is missed: with a name like it, then of its shape.
  private func listing(_ shapes: [ExactName: [Int]], like slot: ArenaLayout.Slot) -> String {
    let names = shapes.keys.sorted().map(\.text)
    let alike = closestWords(to: slot.name, of: names)
    let fitting = names.filter { shapes[ExactName($0)] == slot.shape && !alike.contains($0) }
    let others = names.filter { !alike.contains($0) && !fitting.contains($0) }
    let shown = (alike + fitting + others).prefix(6)
    guard !shown.isEmpty else { return "which holds none" }
    return "which holds "
      + shown.map { "'\($0.prefix(128))' \(shapes[ExactName($0)] ?? [])" }.joined(separator: ", ")
      + (names.count > shown.count ? " and \(names.count - shown.count) more" : "")
  }
}
