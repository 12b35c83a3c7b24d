import Datasets
import Foundation
import LearningCompression
import ModelFiles
import NeuralNetwork

/// Where a network's definition comes from.
enum NetworkSource {
  case zoo(String)
  /// The metadata of a file.
  case stored(NetworkDefinition)

  static let names =
    "\(NetworkZoo.names.joined(separator: ", ")), or a file that describes one: weights that 'lc' wrote, or JSON (.json)"

  /// - Parameters:
  ///   - name: what --network says.
  ///   - file: the file that says it otherwise.
  /// - Throws: `NeuralNetworkError.unknownNetwork`, `ModelFileError`, `Failure` when the file does not
  ///   describe a network.
  init(_ name: String?, orOf file: String?) throws {
    if let name {
      if NetworkZoo.names.contains(name) {
        self = .zoo(name)
      } else if name.contains(".") || FileManager.default.fileExists(atPath: name) {
        guard let definition = try Self.definition(in: name) else {
          throw Failure.badInput("--network: \(name) does not describe a network")
        }
        self = .stored(definition)
      } else {
        throw NeuralNetworkError.unknownNetwork(name, known: NetworkZoo.names)
      }
    } else if let file {
      guard let definition = try Self.definition(in: file) else {
        throw Failure.usage("\(file) does not say which network it belongs to; give --network")
      }
      self = .stored(definition)
    } else {
      throw Failure.usage("give --network: \(Self.names)")
    }
  }

  /// The file that --network names, if it names one.
  static func file(_ name: String?) -> String? {
    name.flatMap { NetworkZoo.names.contains($0) ? nil : $0 }
  }

  /// - Parameter width: multiplies the units of a network of the zoo.
  /// - Throws: `NeuralNetworkError` when the network does not take the data's images; `Failure.usage` for
  ///   another width of a file's network.
  func definition(for data: Dataset, width: Double = 1) throws -> NetworkDefinition {
    if case .stored = self, width != 1 {
      throw Failure.usage("--width belongs to the networks by name, not to that of a file")
    }
    let definition =
      switch self {
      case .zoo(let name): try Self.zoo(name, for: data)
      case .stored(let definition): definition
      }
    try definition.check(fits: data)
    return try definition.widened(by: width)
  }

  /// - Throws: with what helps where images are too small for the network.
  private static func zoo(_ name: String, for data: Dataset) throws -> NetworkDefinition {
    func network(_ shape: [Int]) throws -> NetworkDefinition {
      let network = try NetworkZoo.network(named: name, input: shape, classes: data.classes)
      _ = try network.layout()
      return network
    }
    let (shape, side) = (data.training.shape, 32)
    do {
      return try network(shape)
    } catch let error as NeuralNetworkError {
      guard shape.count == 3, shape[1] < side || shape[2] < side, max(shape[1], shape[2]) <= side,
        (try? network([shape[0], side, side])) != nil
      else { throw error }
      throw Failure.usage("\(error); images padded to \(side) × \(side) do: --pad \(side)")
    }
  }

  private static func definition(in path: String) throws -> NetworkDefinition? {
    try NetworkDefinition.described(by: path)
  }

  /// How images were normalised for the weights of a file: as it says, or else the file that --network names.
  ///
  /// - Parameter wanted: what the options say.
  /// - Throws: `Failure.usage` when the file says something else; `ModelFileError`.
  static func normalisation(of path: String, network: String?, wanted: Normalisation.Kind?) throws
    -> Normalisation.Kind?
  {
    guard let kind = try NetworkFile(path).normalisation else {
      return try wanted
        ?? file(network).flatMap {
          try NetworkDefinition.isDescription($0) ? nil : NetworkFile($0).normalisation
        }
    }
    if let wanted, kind != wanted {
      throw Failure.usage(
        "\(path) was trained with '--normalise \(kind.rawValue)', not '\(wanted.rawValue)'")
    }
    return kind
  }
}
