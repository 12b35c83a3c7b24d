import Datasets
import Foundation
import LinearAlgebra
import ModelFiles
import NeuralNetwork

/// What a network's file holds: the trained weights, and batch norm's running statistics.
struct NetworkState {
  let weights: Arena
  let statistics: Arena
}

/// Reading and writing the state of a network as safetensors.
enum Weights {
  static let networkKey = "network"
  static let normalisationKey = "normalisation"

  /// The weights and statistics of a file in a network's layout, of a compressed model those that it
  /// stands for. What PyTorch counts beside them (`num_batches_tracked`) is not needed.
  ///
  /// - Throws: `NeuralNetworkError.wrongWeights` when a tensor is missing, has another shape or
  ///   numbers that are not finite, or does not belong to the network.
  static func load(_ path: String, for definition: NetworkDefinition) throws -> NetworkState {
    let file = try openTensorFile(path)
    if let file = file as? SafetensorsFile, CompressedModel.isCompressed(file) {
      return try state(CompressedModel(file), for: definition, path: path)
    }
    return try state(
      Dictionary(file.tensors.map { (ExactName($0.name), $0.shape) }) { first, _ in first },
      for: definition, path: path
    ) { try file.floats($0) }
  }

  /// The weights and statistics of a compressed model.
  static func state(_ model: CompressedModel, for definition: NetworkDefinition, path: String)
    throws -> NetworkState
  {
    let tensors = Dictionary(
      model.decompressed().map { (ExactName($0.shape.name), $0) }
    ) { first, _ in first }
    return try state(tensors.mapValues(\.shape.shape), for: definition, path: path) { name in
      guard let tensor = tensors[ExactName(name)] else { return [] }
      guard let floats = tensor.floats else {
        throw NeuralNetworkError.wrongWeights(
          tensor: name, expected: "numbers", found: "\(tensor.shape.dtype.rawValue) in \(path)")
      }
      return floats
    }
  }

  private static func state(
    _ shapes: [ExactName: [Int]], for definition: NetworkDefinition, path: String,
    values: (String) throws -> [Float]
  ) throws -> NetworkState {
    let layouts = (weights: try definition.layout(), statistics: try definition.statisticsLayout())
    func text(_ shape: [Int]) -> String { "[\(shape.map(String.init).joined(separator: ", "))]" }
    for slot in layouts.weights.slots + layouts.statistics.slots {
      let expected = "shape \(text(slot.shape)) for network '\(definition.name)'"
      guard let shape = shapes[ExactName(slot.name)] else {
        throw NeuralNetworkError.wrongWeights(
          tensor: slot.name, expected: expected, found: "no such tensor in \(path)")
      }
      guard shape == slot.shape else {
        throw NeuralNetworkError.wrongWeights(
          tensor: slot.name, expected: expected, found: "shape \(text(shape)) in \(path)")
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
    let state = NetworkState(
      weights: try filled(layouts.weights), statistics: try filled(layouts.statistics))
    for slot in state.statistics.layout.slots where slot.name.hasSuffix(".running_var") {
      if let variance = state.statistics[slot].first(where: { $0 < 0 }) {
        throw NeuralNetworkError.wrongWeights(
          tensor: slot.name, expected: "variances of 0 or more", found: "\(variance) in \(path)")
      }
    }
    return state
  }

  /// Writes the weights and statistics of a network, with its definition and the normalisation of its
  /// images as metadata.
  static func save(
    _ weights: Arena, statistics: Arena, of definition: NetworkDefinition,
    normalisation: Normalisation.Kind?,
    provenance: Provenance, to path: String
  ) throws {
    let metadata = try [networkKey: json(definition), Provenance.key: provenance.json()]
      .merging(metadata(normalisation)) { $1 }
    try SafetensorsFile.write(
      [weights, statistics].flatMap { arena in
        arena.layout.slots.map { slot in
          TensorSource(name: slot.name, shape: slot.shape, floats: arena.values(of: slot))
        }
      }, metadata: metadata, to: path)
  }

  /// What evaluation must know of the images; nothing where they are normalised as usual.
  static func metadata(_ normalisation: Normalisation.Kind?) -> [String: String] {
    normalisation == .mean ? [:] : [normalisationKey: normalisation?.rawValue ?? unknown]
  }

  private static let unknown = "unknown"

  /// How the images were normalised that the model of a file was trained with; none when the file
  /// does not say, as those of other programs.
  ///
  /// - Throws: `Failure.badInput` when it says something that is not known; `ModelFileError`.
  static func normalisation(ofModelAt path: String) throws -> Normalisation.Kind? {
    let metadata = (try openTensorFile(path) as? SafetensorsFile)?.metadata ?? [:]
    let isOurs = describesNetwork(metadata)
    guard let text = metadata[normalisationKey] else { return isOurs ? .mean : nil }
    if text == unknown { return nil }
    guard let kind = Normalisation.Kind(rawValue: text) else {
      // Beside no network of ours the entry is another program's.
      guard isOurs else { return nil }
      throw Failure.badInput(
        "\(path): the metadata entry '\(normalisationKey)' is not one of "
          + Normalisation.Kind.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return kind
  }

  /// The same, or what is wanted where the file does not say it.
  ///
  /// - Throws: also `Failure.usage` when the file says something else.
  static func normalisation(ofModelAt path: String, wanted: Normalisation.Kind?) throws
    -> Normalisation.Kind?
  {
    guard let kind = try normalisation(ofModelAt: path) else { return wanted }
    if let wanted, kind != wanted {
      throw Failure.usage(
        "\(path) was trained with '--normalise \(kind.rawValue)', not '\(wanted.rawValue)'")
    }
    return kind
  }

  static func json(_ definition: NetworkDefinition) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(definition), as: UTF8.self)
  }

  /// Whether the entry is one of this program's: a JSON object. Others write a mere name under that key.
  private static func describesNetwork(_ metadata: [String: String]) -> Bool {
    metadata[networkKey]?.first { !$0.isWhitespace } == "{"
  }

  /// The network that a file's metadata describes, if it does.
  static func definition(in metadata: [String: String], path: String) throws -> NetworkDefinition? {
    guard let text = metadata[networkKey], describesNetwork(metadata) else { return nil }
    do {
      return try JSONDecoder().decode(NetworkDefinition.self, from: Data(text.utf8))
    } catch let error as NeuralNetworkError {
      throw Failure.badInput("\(path): \(error)")
    } catch {
      throw Failure.badInput(
        "\(path): the metadata entry '\(networkKey)' describes no network: \(reason(error))")
    }
  }
}

/// What a decoder found wrong, and where.
private func reason(_ error: any Error) -> String {
  func text(_ context: DecodingError.Context, _ last: String? = nil) -> String {
    let keys = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
    return (keys + (last.map { [$0] } ?? [])).joined(separator: ".")
  }
  switch error {
  case DecodingError.keyNotFound(let key, let context):
    return "\(text(context, key.stringValue)) is missing"
  case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
    return "\(text(context)): \(context.debugDescription)"
  case DecodingError.dataCorrupted(let context):
    return context.codingPath.isEmpty
      ? "it is not JSON" : "\(text(context)): \(context.debugDescription)"
  default: return "\(error)"
  }
}

extension CompressedModel {
  /// With batch norm's running statistics among the tensors that are not compressed.
  func with(statistics: Arena) -> CompressedModel {
    let slots = statistics.layout.slots
    return CompressedModel(
      parts: parts,
      plain: plain + slots.map { PlainTensor($0.name, $0.shape, floats: statistics[$0]) },
      order: order + slots.map(\.name), metadata: metadata)
  }
}
