import Compression
import Foundation
import LinearAlgebra

/// A compressed model's file that is open for reading, part by part, so that a model larger than
/// memory can be looked at.
package struct CompressedFile: Sendable {
  package let file: SafetensorsFile
  let description: PackedModel.Description
  /// What the file says about its plain tensors, under their own names.
  package let plain: [CompressedModel.TensorShape]

  static let plainPrefix = "plain."

  /// Reads the file once for its checksum, then the description, and checks the names.
  ///
  /// - Throws: `ModelFileError` when the file is not a compressed model, of an unknown version or
  ///   damaged.
  package init(_ file: SafetensorsFile) throws {
    func wrong(_ message: String) -> ModelFileError {
      .malformedModel(path: file.path, problem: message)
    }
    guard let text = file.metadata[PackedModel.key] else {
      throw wrong("it has no metadata entry '\(PackedModel.key)', so it is not a compressed model")
    }
    struct Version: Codable { let version: Int }
    do {
      let found = try JSONDecoder().decode(Version.self, from: Data(text.utf8)).version
      guard (1...PackedModel.formatVersion).contains(found) else {
        throw wrong("format version 1 or \(PackedModel.formatVersion) was expected, found \(found)")
      }
      if found > 1 { try file.requireChecksum() }
      description = try JSONDecoder().decode(PackedModel.Description.self, from: Data(text.utf8))
    } catch let error as ModelFileError {
      throw error
    } catch {
      throw wrong("its description is not what version \(PackedModel.formatVersion) demands")
    }
    self.file = file
    plain = file.tensors.compactMap { entry in
      entry.name.rest(after: Self.plainPrefix).map { .init($0, entry.shape, dtype: entry.dtype) }
    }
    let names = description.parts.flatMap { $0.tensors.map(\.name) } + plain.map(\.name)
    let distinct = Set(names.map(ExactName.init))
    guard distinct.count == names.count, names.count == description.order.count,
      distinct == Set(description.order.map(ExactName.init))
    else { throw wrong("its tensors are not those that it lists") }
  }

  /// The number of compressed views.
  package var partCount: Int { description.parts.count }

  /// All tensors' names in their original order.
  package var order: [String] { description.order }

  /// - Throws: `ModelFileError.malformedModel` when the forms are too large for such a file.
  package func requireModest() throws {
    try StoredForm.requireModest(description.parts.map(\.form), in: file)
  }

  /// Reads one compressed view.
  ///
  /// - Throws: `ModelFileError` when the file is damaged.
  package func part(_ index: Int) throws -> CompressedModel.Part {
    func wrong(_ message: String) -> ModelFileError {
      .malformedModel(path: file.path, problem: message)
    }
    let part = description.parts[index]
    do {
      let form = try part.form.form(prefix: "\(index).", in: file)
      let counts = try part.tensors.map { try elementCount(of: $0.shape) }
      let total = counts.reduce(into: 0) { $0 = $0.addingReportingOverflow($1).partialValue }
      guard total == form.count, counts.allSatisfy({ $0 <= form.count }) else {
        throw wrong("part '\(part.label)' has \(form.count) weights, its tensors \(total)")
      }
      if let other = part.tensors.first(where: { !$0.dtype.isFloat }) {
        throw wrong("'\(other.name)' is compressed, but of type \(other.dtype.rawValue)")
      }
      return CompressedModel.Part(
        label: part.label, operator: part.operator, tensors: part.tensors, form: form)
    } catch let error as ModelFileError {
      throw error
    } catch {
      throw wrong("\(error)")
    }
  }

  /// Reads one plain tensor.
  ///
  /// - Throws: `ModelFileError` when the file has changed.
  package func plain(_ index: Int) throws -> PlainTensor {
    let shape = plain[index]
    return PlainTensor(unchecked: shape, bytes: try file.bytes(Self.plainPrefix + shape.name))
  }
}
