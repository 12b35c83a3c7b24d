import Compression
import Foundation

/// A compressed model on its way to a file: each form is packed as soon as it is there, so that a
/// model larger than memory can be written tensor by tensor.
public struct PackedModel: Sendable {
  /// The metadata entry `lcm`.
  struct Description: Codable {
    let version: Int
    let order: [String]
    let parts: [Part]
  }

  /// One compressed view, as the file describes it, with what it stores.
  struct Part: Sendable, Codable {
    let label: String
    let `operator`: String
    let tensors: [CompressedModel.TensorShape]
    let form: StoredForm
    /// Where the packed numbers come from; not for a part that is read.
    var sources: [TensorSource] = []
    /// Of the form that was packed.
    var digest: UInt64 = 0

    /// An operator is an `operation` in the files.
    enum CodingKeys: String, CodingKey {
      case label, tensors, form
      case `operator` = "operation"
    }
  }

  /// The version of the format that this package writes; it reads version 1 as well, which has no
  /// checksum.
  package static let formatVersion = 2
  static let key = "lcm"

  let parts: [Part]
  /// What is not compressed; the names begin with `plain.`.
  let plain: [TensorSource]
  let order: [String]
  let metadata: [String: String]

  /// The bytes of each part's tensors.
  ///
  /// - Throws: `ModelFileError.cannotWrite` when a size overflows.
  package func partBytes() throws -> [Int] {
    try parts.map { try $0.sources.reduce(0) { $0 + (try $1.byteCount(path: "the model")) } }
  }

  private func stored() throws -> ([TensorSource], [String: String]) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let description = Description(
      version: Self.formatVersion, order: order, parts: parts)
    var metadata = self.metadata
    metadata[Self.key] = String(decoding: try encoder.encode(description), as: UTF8.self)
    return (plain + parts.flatMap(\.sources), metadata)
  }

  /// Writes the file, whole or not at all, and reads it again before it gets its name.
  ///
  /// - Returns: its size in bytes.
  /// - Throws: `ModelFileError` when it cannot be written; `.wrongCopy` when what is read is not what
  ///   was to be written, which is a fault of this package.
  @discardableResult
  public func write(to path: String) throws -> Int {
    let (tensors, metadata) = try stored()
    try SafetensorsFile.writeChecksummed(tensors, metadata: metadata, to: path) {
      try check($0, $1, metadata: metadata, path: path)
    }
    return try SafetensorsFile.checksummedByteCount(tensors, metadata: metadata)
  }

  /// The size of the file in bytes, as it would be written, or without an entry of its metadata.
  public func fileSize(without key: String? = nil) throws -> Int {
    var (tensors, metadata) = try stored()
    if let key { metadata[key] = nil }
    return try SafetensorsFile.checksummedByteCount(tensors, metadata: metadata)
  }
}

extension PackedModel.Part {
  /// - Parameters:
  ///   - index: its number in the model; its tensors' names begin with it.
  ///   - weights: Δ(θ), where it is at hand.
  init(_ part: CompressedModel.Part, index: Int, decompressed weights: [Float]? = nil) {
    var sources: [TensorSource] = []
    let form = StoredForm(part.form, prefix: "\(index).", tensors: &sources)
    self.init(
      label: part.label, operator: part.operator, tensors: part.tensors, form: form,
      sources: sources, digest: part.form.digest(decompressed: weights))
  }
}

extension CompressedModel {
  /// Its parts packed, as they stand in a file.
  public var packed: PackedModel {
    PackedModel(
      parts: parts.enumerated().map { PackedModel.Part($1, index: $0) },
      plain: plain.map { $0.source(named: CompressedFile.plainPrefix + $0.shape.name) },
      order: order, metadata: metadata)
  }

  /// Writes the file as `PackedModel` does.
  ///
  /// - Returns: its size in bytes.
  /// - Throws: `ModelFileError` when it cannot be written.
  @discardableResult
  public func write(to path: String) throws -> Int { try packed.write(to: path) }

  /// The size of the file in bytes, as it would be written.
  public func fileSize() throws -> Int { try packed.fileSize() }
}
