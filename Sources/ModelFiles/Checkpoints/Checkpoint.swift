import Compression
import Foundation
import LinearAlgebra

/// The state of a run as a file: a safetensors file with a checksum.
///
/// Its tensors are the arenas, the packed forms and, last, `checksum`; the metadata entry
/// `checkpoint` holds the rest as JSON. See `Docs/Runs.md`.
public struct Checkpoint: Sendable, Equatable {
  /// The version of the format that this package writes, and the only one that it reads.
  package static let formatVersion = 1
  private static let key = "checkpoint"

  /// The arenas and the small values of the run.
  public var state: Snapshot
  /// Compressed forms, one a problem of the plan, under the names that the run gives them.
  public var forms: [String: [CompressedForm]]

  /// A checkpoint of that state.
  public init(state: Snapshot, forms: [String: [CompressedForm]] = [:]) {
    self.state = state
    self.forms = forms
  }

  private struct Description: Codable {
    let version: Int
    let values: [String: String]
    let forms: [String: [StoredForm]]
  }

  /// Writes the file, whole or not at all.
  ///
  /// - Throws: `ModelFileError.cannotWrite`.
  public func write(to path: String) throws {
    var tensors = state.floats.sorted { $0.key < $1.key }.map {
      TensorSource(name: "state." + $0.key, shape: [$0.value.count], floats: $0.value)
    }
    var stored: [String: [StoredForm]] = [:]
    for (name, forms) in forms.sorted(by: { $0.key < $1.key }) {
      stored[name] = forms.enumerated().map { index, form in
        StoredForm(form, prefix: "forms.\(name).\(index).", tensors: &tensors)
      }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = try encoder.encode(
      Description(version: Self.formatVersion, values: state.values, forms: stored))
    try SafetensorsFile.writeChecksummed(
      tensors, metadata: [Self.key: String(decoding: text, as: UTF8.self)], to: path)
  }

  /// Reads a file and verifies its checksum before anything else.
  ///
  /// - Throws: `ModelFileError` when it is not there, not a checkpoint, of an unknown version or
  ///   damaged.
  public init(path: String) throws {
    let file = try SafetensorsFile(path: path)
    func wrong(_ message: String) -> ModelFileError {
      .malformedModel(path: path, problem: message)
    }
    guard let text = file.metadata[Self.key] else {
      throw wrong("it has no metadata entry '\(Self.key)', so it is not a checkpoint")
    }
    try file.requireChecksum()
    struct Version: Codable { let version: Int }
    guard let version = try? JSONDecoder().decode(Version.self, from: Data(text.utf8)).version
    else { throw wrong("its description cannot be read") }
    guard version == Self.formatVersion else {
      throw wrong("checkpoint version \(Self.formatVersion) was expected, found \(version)")
    }
    guard let description = try? JSONDecoder().decode(Description.self, from: Data(text.utf8))
    else { throw wrong("its description is not what version \(version) demands") }
    try StoredForm.requireModest(description.forms.values.flatMap { $0 }, in: file)
    var floats: [String: [Float]] = [:]
    for tensor in file.tensors where tensor.name.hasPrefix("state.") {
      floats[String(tensor.name.dropFirst(6))] = try file.floats(tensor.name)
    }
    do {
      forms = try description.forms.reduce(into: [:]) { all, entry in
        all[entry.key] = try entry.value.enumerated().map { index, form in
          try form.form(prefix: "forms.\(entry.key).\(index).", in: file)
        }
      }
    } catch let error as ModelFileError {
      throw error
    } catch {
      throw wrong("\(error)")
    }
    state = Snapshot(floats: floats, values: description.values)
  }
}
