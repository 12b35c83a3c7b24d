import Compression
import Datasets
import Foundation
import LinearAlgebra
import ModelFiles
import NeuralNetwork

extension TrainedNetwork {
  /// Reads a network from a safetensors, npz or `.lcm` file, see `NetworkFile.network`.
  ///
  /// - Parameter definition: needed where the file does not describe its network.
  public init(contentsOf path: String, definition: NetworkDefinition? = nil) throws {
    self = try NetworkFile(path).network(definition)
  }

  /// Writes weights and running statistics as a safetensors file with PyTorch's names, and as metadata
  /// the definition and the normalisation of the images.
  ///
  /// - Throws: `ModelFileError.cannotWrite`; there is no new file then.
  public func write(to path: String, provenance: Provenance? = nil) throws {
    var metadata = try self.metadata
    metadata[Provenance.key] = try provenance?.json()
    try SafetensorsFile.write(
      [weights, statistics].flatMap { arena in
        arena.layout.slots.map { slot in
          TensorSource(name: slot.name, shape: slot.shape, floats: arena.values(of: slot))
        }
      }, metadata: metadata, to: path)
  }

  /// What the file of a network says of it: the definition, and how its images are normalised where that
  /// is not as usual.
  fileprivate var metadata: [String: String] {
    get throws {
      var metadata = [NetworkFile.networkKey: try definition.json()]
      if normalisation != .mean {
        metadata[NetworkFile.normalisationKey] = normalisation?.rawValue ?? NetworkFile.unknown
      }
      return metadata
    }
  }
}

extension NetworkDefinition {
  /// As a file's metadata hold it.
  package func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}

extension AlternationResult {
  /// The compressed network as a whole: θ, what is not compressed, batch norm's running statistics, and
  /// as metadata the definition, the normalisation, the plan and the name of the data. Its `write` makes
  /// a file that `lc` and `TrainedNetwork(contentsOf:)` read.
  ///
  /// - Parameters:
  ///   - learning: the L step that the result is of.
  ///   - provenance: what made it; nothing is said otherwise.
  public func model(of learning: NetworkLearning, provenance: Provenance? = nil) throws
    -> CompressedModel
  { try model(of: learning, forms: forms, provenance: provenance) }

  /// The same with direct compression's θ; `weights` are those of this result.
  package func directModel(of learning: NetworkLearning) throws -> CompressedModel {
    try model(of: learning, forms: directForms, provenance: nil)
  }

  private func model(
    of learning: NetworkLearning, forms: [CompressedForm], provenance: Provenance?
  ) throws -> CompressedModel {
    let trainer = learning.trainer
    let statistics = try learning.statistics(for: weights)
    let network = try TrainedNetwork(
      trainer.definition, weights: weights, statistics: statistics,
      normalisation: trainer.data.normalisation.kind)
    var metadata = try network.metadata
    metadata["plan"] = plan.written.description
    metadata["data"] = trainer.data.name
    metadata[Provenance.key] = try provenance?.json()
    let model = CompressedModel(plan, forms: forms, weights: weights, metadata: metadata)
    let slots = statistics.layout.slots
    return CompressedModel(
      parts: model.parts,
      plain: model.plain + slots.map { PlainTensor($0.name, $0.shape, floats: statistics[$0]) },
      order: model.order + slots.map(\.name), metadata: metadata)
  }
}
