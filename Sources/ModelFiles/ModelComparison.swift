import Compression
import LinearAlgebra

/// A compressed model's file beside the weights that it was made of: every distortion, recomputed from
/// what the file holds.
///
/// Tensors are read one by one; of a joint view, all of its own.
package struct ModelComparison: Sendable, Codable {
  /// One tensor.
  package struct Row: Sendable, Codable {
    package let name: String
    package let shape: [Int]
    /// The operator; none for what is not compressed.
    package let `operator`: String?
    /// ‖w − Δ‖² / ‖w‖² of a compressed tensor.
    package var relativeError: RelativeError?
    /// ‖w − Δ‖².
    package var squaredError: Double?
    /// What should be alike and is not; none where all is as it should be.
    package var difference: String?
    /// Whether the model has it; text and the like no file of tensors can hold.
    package var isKept = true
  }

  /// In the model's order; what only the original has comes last.
  package let rows: [Row]
  /// Of all compressed tensors together.
  package let relativeError: RelativeError
  package let squaredError: Double
  package var differences: [Row] { rows.filter { $0.difference != nil } }

  /// - Throws: `ModelFileError` when one of the files is damaged.
  package init(_ model: CompressedFile, with original: any TensorFile) throws {
    try model.requireModest()
    let entries = Dictionary(original.tensors.map { (ExactName($0.name), $0) }) { first, _ in first
    }
    var rows: [ExactName: Row] = [:]
    var (distance, norm) = (0.0, 0.0)
    for index in 0..<model.partCount {
      let part = try model.part(index)
      let values = part.form.decompressed()
      var start = 0
      for tensor in part.tensors {
        let name = ExactName(tensor.name)
        let range = start..<start + tensor.count
        start = range.upperBound
        var row = Row(name: tensor.name, shape: tensor.shape, operator: part.operator)
        defer { rows[name] = row }
        guard let entry = entries[name], entry.shape == tensor.shape, entry.dtype.isNumeric else {
          row.difference = Self.difference(entries[name], tensor, path: original.path)
          continue
        }
        let weights: [Float]
        do {
          weights = try original.weights(tensor.name)
        } catch ModelFileError.malformedTensor(_, _, let expected, let found) {
          row.difference = "\(original.path) has \(found), not \(expected)"
          continue
        }
        let error = weights.squaredDistance(to: Array(values[range]))
        row.squaredError = error
        row.relativeError = RelativeError(squaredError: error, squaredNorm: weights.squaredNorm)
        distance += error
        norm += weights.squaredNorm
      }
    }
    for (index, tensor) in model.plain.enumerated() {
      let name = ExactName(tensor.name)
      var row = Row(name: tensor.name, shape: tensor.shape, operator: nil)
      if let entry = entries[name], entry.shape == tensor.shape, entry.dtype == tensor.dtype {
        row.difference = Self.difference(
          try model.plain(index).bytes, try original.bytes(tensor.name), of: tensor.dtype)
      } else {
        row.difference = Self.difference(entries[name], tensor, path: original.path)
      }
      rows[name] = row
    }
    let known = Set(model.order.map(ExactName.init))
    self.rows =
      model.order.compactMap { rows[ExactName($0)] }
      + original.tensors.filter { !known.contains(ExactName($0.name)) }.map {
        Row(
          name: $0.name, shape: $0.shape, operator: nil,
          difference: "missing in \(model.file.path)")
      }
      + original.others.map {
        Row(
          name: $0.name, shape: [], operator: "not kept: values of type \($0.type)", isKept: false)
      }
    squaredError = distance
    relativeError = RelativeError(squaredError: distance, squaredNorm: norm)
  }

  private static func difference(
    _ found: TensorEntry?, _ expected: CompressedModel.TensorShape, path: String
  ) -> String {
    guard let found else { return "missing in \(path)" }
    return "\(expected.dtype.rawValue) \(described(expected.shape)), "
      + "but \(found.dtype.rawValue) \(described(found.shape)) in \(path)"
  }

  private static func difference(_ a: [UInt8], _ b: [UInt8], of dtype: ElementType) -> String? {
    guard a != b else { return nil }
    guard a.count == b.count else { return "\(a.count) bytes, not \(b.count)" }
    let width = max(1, dtype.byteCount)
    let places = stride(from: 0, to: a.count, by: width).filter {
      a[$0..<$0 + width] != b[$0..<$0 + width]
    }
    return "\(places.count) of \(a.count / width) values differ, the first at place "
      + "\((places.first ?? 0) / width)"
  }
}
