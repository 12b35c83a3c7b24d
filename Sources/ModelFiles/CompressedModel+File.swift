import Compression
import LinearAlgebra

extension CompressedModel {
  /// Whether a safetensors file says that it is a compressed model.
  package static func isCompressed(_ file: SafetensorsFile) -> Bool {
    file.metadata[PackedModel.key] != nil
  }

  /// Reads a file.
  ///
  /// - Throws: `ModelFileError` when it is not there, not a compressed model, of an unknown version
  ///   or damaged.
  public init(path: String) throws { try self.init(SafetensorsFile(path: path)) }

  package init(_ file: SafetensorsFile) throws {
    let open = try CompressedFile(file)
    try open.requireModest()
    var metadata = file.metadata
    metadata[PackedModel.key] = nil
    self.init(
      parts: try (0..<open.partCount).map(open.part), plain: try open.plain.indices.map(open.plain),
      order: open.order, metadata: metadata)
  }
}
