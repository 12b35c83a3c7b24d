import Foundation

/// Where a file comes from, as its metadata entry `provenance` says in JSON.
///
/// The same command on the same machine gives the same text: there is no time of day in it, and
/// nothing that only says where output goes.
public struct Provenance: Sendable, Equatable, Codable {
  package static let key = "provenance"

  /// The command that made the file.
  public var command: String
  /// Of the random numbers, where there are any.
  public var seed: UInt64?
  /// This package's version.
  public var version: String
  /// The versions of the libraries that compute.
  public var libraries: [String: String]
  /// How many threads computed.
  public var threads: Int
  /// The processor's name, as the system says it.
  public var processor: String
  /// All that the results depend on, given or not, where the command knows.
  public var settings: [String: String]?

  /// What is known of a file; `settings` can follow.
  public init(
    command: String, seed: UInt64? = nil, version: String, libraries: [String: String],
    threads: Int, processor: String
  ) {
    self.command = command
    self.seed = seed
    self.version = version
    self.libraries = libraries
    self.threads = threads
    self.processor = processor
  }

  /// The text of the metadata entry.
  package func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// What a file's metadata says, if it does.
  package init?(metadata: [String: String]) {
    guard let text = metadata[Self.key],
      let value = try? JSONDecoder().decode(Provenance.self, from: Data(text.utf8))
    else { return nil }
    self = value
  }

  /// The processor's name, as the system says it.
  package static var thisProcessor: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name = line?.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
    return name ?? "unknown"
  }
}

extension PackedModel {
  /// The model with more metadata.
  package func adding(_ more: [String: String]) -> PackedModel {
    PackedModel(
      parts: parts, plain: plain, order: order, metadata: metadata.merging(more) { $1 })
  }
}
