import Datasets
import Foundation
import LinearAlgebra
import ModelFiles
import NeuralNetwork

/// A file of weights, dense or compressed, with what it says of the network that they belong to.
///
/// `TrainedNetwork.write` and `AlternationResult.model` make such files, and `lc` reads and writes them.
/// Files of other programs say nothing of a network, and nothing is assumed.
package struct NetworkFile {
  static let networkKey = "network"
  static let normalisationKey = "normalisation"
  static let unknown = "unknown"

  /// The tensors, read when they are asked for.
  package let tensors: any TensorFile

  /// Opens a safetensors, npz or `.lcm` file.
  ///
  /// - Throws: `ModelFileError` when it is not there, or neither of these.
  package init(_ path: String) throws { try self.init(openTensorFile(path)) }

  package init(_ tensors: any TensorFile) { self.tensors = tensors }

  package var path: String { tensors.path }

  /// All that the file says beside its tensors; npz files say nothing.
  package var metadata: [String: String] { (tensors as? SafetensorsFile)?.metadata ?? [:] }

  /// The compressed model, where the file is one: θ, read and checked.
  ///
  /// - Throws: `ModelFileError` when it is damaged.
  package var compressedModel: CompressedModel? {
    get throws {
      guard let file = tensors as? SafetensorsFile, CompressedModel.isCompressed(file) else {
        return nil
      }
      return try CompressedModel(file)
    }
  }

  /// The network, where the file describes one.
  ///
  /// - Throws: `ModelFileError.malformedModel` when the description is none.
  package var definition: NetworkDefinition? {
    get throws {
      guard let text = metadata[Self.networkKey], describesNetwork else { return nil }
      return try NetworkDefinition(
        json: Data(text.utf8), of: path, in: "the metadata entry '\(Self.networkKey)'")
    }
  }

  /// How the images were normalised that the weights were trained with; none when the file does not say
  /// it, as those of other programs.
  ///
  /// - Throws: `ModelFileError.malformedModel` when it says something that is not known.
  package var normalisation: Normalisation.Kind? {
    get throws {
      guard let text = metadata[Self.normalisationKey] else {
        return describesNetwork ? .mean : nil
      }
      if text == Self.unknown { return nil }
      if let kind = Normalisation.Kind(rawValue: text) { return kind }
      // Beside no network of ours the entry is another program's.
      guard describesNetwork else { return nil }
      throw ModelFileError.malformedModel(
        path: path,
        problem: "the metadata entry '\(Self.normalisationKey)' is not one of "
          + Normalisation.Kind.allCases.map(\.rawValue).joined(separator: ", "))
    }
  }

  /// Where the file comes from, where it says so.
  package var provenance: Provenance? { Provenance(metadata: metadata) }

  /// Whether the entry is one of ours: a JSON object. Others write a mere name under that key.
  private var describesNetwork: Bool {
    metadata[Self.networkKey]?.first { !$0.isWhitespace } == "{"
  }
}

extension NetworkDefinition {
  /// The network that a file describes: JSON alone, where its name ends in `.json`, or a file of weights. None where
  /// that does not.
  ///
  /// - Throws: `ModelFileError` when it cannot be read, or its description is none.
  package static func described(by path: String) throws -> NetworkDefinition? {
    guard isDescription(path) else { return try NetworkFile(path).definition }
    let bytes = try contents(ofSmallFile: path, limit: 1 << 20)
    return try NetworkDefinition(json: Data(bytes), of: path, in: "the file")
  }

  /// Whether a file of that name holds nothing but a network's definition.
  package static func isDescription(_ path: String) -> Bool {
    path.lowercased().hasSuffix(".json")
  }

  /// - Throws: `ModelFileError.malformedModel`, which says where in the JSON something is wrong.
  fileprivate init(json: Data, of path: String, in place: String) throws {
    do {
      self = try JSONDecoder().decode(NetworkDefinition.self, from: json)
    } catch let error as NeuralNetworkError {
      throw ModelFileError.malformedModel(path: path, problem: "\(error)")
    } catch {
      throw ModelFileError.malformedModel(
        path: path, problem: "\(place) describes no network: \(reason(error))")
    }
  }
}

/// What a decoder found wrong, and where.
private func reason(_ error: any Error) -> String {
  // Such as layers[2].residual.body[0].
  func text(_ context: DecodingError.Context, _ last: String? = nil) -> String {
    (context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }
      + (last.map { [".\($0)"] } ?? [])).joined().drop { $0 == "." }.description
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
