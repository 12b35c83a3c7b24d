import Compression
import Foundation
import LinearAlgebra

/// The metadata entry `lcm`.
private struct Description: Codable {
  struct Part: Codable {
    let label: String
    let operation: String
    let tensors: [CompressedModel.TensorShape]
    let form: StoredForm
  }
  let version: Int
  let order: [String]
  let parts: [Part]
}

extension CompressedModel {
  /// The version of the format that this package writes, and the only one that it reads.
  public static let formatVersion = 1
  private static let key = "lcm"

  /// Writes the file, whole or not at all.
  ///
  /// - Returns: its size in bytes.
  /// - Throws: `ModelFileError` when it cannot be written.
  @discardableResult
  public func write(to path: String) throws -> Int {
    let (tensors, metadata) = try stored()
    try SafetensorsFile.write(tensors, metadata: metadata, to: path)
    return try SafetensorsFile.byteCount(tensors, metadata: metadata)
  }

  /// The size of the file in bytes, as it would be written.
  public func fileSize() throws -> Int {
    let (tensors, metadata) = try stored()
    return try SafetensorsFile.byteCount(tensors, metadata: metadata)
  }

  private func stored() throws -> ([TensorSource], [String: String]) {
    var tensors = plain.map {
      TensorSource(name: "plain." + $0.shape.name, shape: $0.shape.shape, floats: $0.values)
    }
    let parts = self.parts.enumerated().map { index, part in
      Description.Part(
        label: part.label, operation: part.operation, tensors: part.tensors,
        form: StoredForm(part.form, prefix: "\(index).", tensors: &tensors))
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let description = Description(version: Self.formatVersion, order: order, parts: parts)
    var metadata = self.metadata
    metadata[Self.key] = String(decoding: try encoder.encode(description), as: UTF8.self)
    return (tensors, metadata)
  }

  /// Whether a safetensors file says that it is a compressed model.
  public static func isCompressed(_ file: SafetensorsFile) -> Bool { file.metadata[key] != nil }

  /// Reads a file.
  ///
  /// - Throws: `ModelFileError` when it is not there, not a compressed model, of an unknown version
  ///   or damaged.
  public init(path: String) throws { try self.init(SafetensorsFile(path: path)) }

  public init(_ file: SafetensorsFile) throws {
    func wrong(_ message: String) -> ModelFileError {
      .malformedModel(path: file.path, problem: message)
    }
    guard let text = file.metadata[Self.key] else {
      throw wrong("it has no metadata entry '\(Self.key)', so it is not a compressed model")
    }
    struct Version: Codable { let version: Int }
    let description: Description
    do {
      let found = try JSONDecoder().decode(Version.self, from: Data(text.utf8)).version
      guard found == Self.formatVersion else {
        throw wrong("format version \(Self.formatVersion) was expected, found \(found)")
      }
      description = try JSONDecoder().decode(Description.self, from: Data(text.utf8))
    } catch let error as ModelFileError {
      throw error
    } catch {
      throw wrong("its description is not what version \(Self.formatVersion) demands")
    }
    try StoredForm.requireModest(description.parts.map(\.form), in: file)
    do {
      let parts = try description.parts.enumerated().map { index, part in
        let form = try part.form.form(prefix: "\(index).", in: file)
        let counts = try part.tensors.map { try elementCount(of: $0.shape) }
        let total = counts.reduce(into: 0) { $0 = $0.addingReportingOverflow($1).partialValue }
        guard total == form.count, counts.allSatisfy({ $0 <= form.count }) else {
          throw wrong("part '\(part.label)' has \(form.count) weights, its tensors \(total)")
        }
        return Part(
          label: part.label, operation: part.operation, tensors: part.tensors, form: form)
      }
      let plain = try file.tensors.filter { $0.name.hasPrefix("plain.") }.map {
        (TensorShape(String($0.name.dropFirst(6)), $0.shape), try file.floats($0.name))
      }
      let names = parts.flatMap { $0.tensors.map(\.name) } + plain.map { $0.0.name }
      guard Set(names).count == names.count, names.sorted() == description.order.sorted() else {
        throw wrong("its tensors are not those that it lists")
      }
      var metadata = file.metadata
      metadata[Self.key] = nil
      self.init(parts: parts, plain: plain, order: description.order, metadata: metadata)
    } catch let error as ModelFileError {
      throw error
    } catch {
      throw wrong("\(error)")
    }
  }
}
