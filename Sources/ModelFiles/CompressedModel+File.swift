import Compression
import Foundation
import LinearAlgebra

extension CompressedModel {
  /// Whether a safetensors file says that it is a compressed model.
  public static func isCompressed(_ file: SafetensorsFile) -> Bool {
    file.metadata[PackedModel.key] != nil
  }

  /// Reads a file.
  ///
  /// - Throws: `ModelFileError` when it is not there, not a compressed model, of an unknown version
  ///   or damaged.
  public init(path: String) throws { try self.init(SafetensorsFile(path: path)) }

  public init(_ file: SafetensorsFile) throws {
    func wrong(_ message: String) -> ModelFileError {
      .malformedModel(path: file.path, problem: message)
    }
    guard let text = file.metadata[PackedModel.key] else {
      throw wrong("it has no metadata entry '\(PackedModel.key)', so it is not a compressed model")
    }
    struct Version: Codable { let version: Int }
    let description: PackedModel.Description
    do {
      let found = try JSONDecoder().decode(Version.self, from: Data(text.utf8)).version
      guard found == PackedModel.formatVersion else {
        throw wrong("format version \(PackedModel.formatVersion) was expected, found \(found)")
      }
      description = try JSONDecoder().decode(PackedModel.Description.self, from: Data(text.utf8))
    } catch let error as ModelFileError {
      throw error
    } catch {
      throw wrong("its description is not what version \(PackedModel.formatVersion) demands")
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
      metadata[PackedModel.key] = nil
      self.init(parts: parts, plain: plain, order: description.order, metadata: metadata)
    } catch let error as ModelFileError {
      throw error
    } catch {
      throw wrong("\(error)")
    }
  }
}
