import Foundation
import LinearAlgebra
import ModelFiles
import NeuralNetwork

/// Reading and writing the weights of a network as safetensors.
enum Weights {
  static let networkKey = "network"

  /// The weights of a file in a network's layout.
  ///
  /// - Throws: `NeuralNetworkError.wrongWeights` when a tensor is missing, has another shape or
  ///   numbers that are not finite, or does not belong to the network.
  static func load(_ path: String, for definition: NetworkDefinition) throws -> Arena {
    let file = try openTensorFile(path)
    return try arena(
      Dictionary(file.tensors.map { ($0.name, $0.shape) }) { first, _ in first },
      for: definition, path: path
    ) { try file.floats($0) }
  }

  /// The weights of a compressed model.
  static func arena(_ model: CompressedModel, for definition: NetworkDefinition, path: String)
    throws
    -> Arena
  {
    let tensors = Dictionary(model.decompressed().map { ($0.shape.name, $0) }) { first, _ in first }
    return try arena(tensors.mapValues(\.shape.shape), for: definition, path: path) {
      tensors[$0]?.values ?? []
    }
  }

  private static func arena(
    _ shapes: [String: [Int]], for definition: NetworkDefinition, path: String,
    values: (String) throws -> [Float]
  ) throws -> Arena {
    let layout = try definition.layout()
    func text(_ shape: [Int]) -> String { "[\(shape.map(String.init).joined(separator: ", "))]" }
    for slot in layout.slots {
      guard let shape = shapes[slot.name] else {
        throw NeuralNetworkError.wrongWeights(
          tensor: slot.name, expected: "shape \(text(slot.shape)) for network '\(definition.name)'",
          found: "no such tensor in \(path)")
      }
      guard shape == slot.shape else {
        throw NeuralNetworkError.wrongWeights(
          tensor: slot.name, expected: "shape \(text(slot.shape)) for network '\(definition.name)'",
          found: "shape \(text(shape)) in \(path)")
      }
    }
    if let stranger = shapes.keys.sorted().first(where: { layout[$0] == nil }) {
      throw NeuralNetworkError.wrongWeights(
        tensor: stranger, expected: "only the tensors of network '\(definition.name)'",
        found: "this one in \(path)")
    }
    // Only now is it known that the file holds as much as the network claims.
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

  /// Writes the weights of a network, with its definition as metadata.
  static func save(
    _ weights: Arena, of definition: NetworkDefinition, provenance: Provenance, to path: String
  ) throws {
    try SafetensorsFile.write(
      weights.layout.slots.map { slot in
        TensorSource(name: slot.name, shape: slot.shape, floats: weights.values(of: slot))
      }, metadata: [networkKey: json(definition), Provenance.key: provenance.json()], to: path)
  }

  static func json(_ definition: NetworkDefinition) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(definition), as: UTF8.self)
  }

  /// The network that a file's metadata describes, if it does.
  static func definition(in metadata: [String: String], path: String) throws -> NetworkDefinition? {
    guard let text = metadata[networkKey] else { return nil }
    do {
      return try JSONDecoder().decode(NetworkDefinition.self, from: Data(text.utf8))
    } catch let error as NeuralNetworkError {
      throw Failure.badInput("\(path): \(error)")
    } catch {
      throw Failure.badInput("\(path): the metadata entry '\(networkKey)' describes no network")
    }
  }
}
