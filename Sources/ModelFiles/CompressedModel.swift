import Compression
import Foundation
import LinearAlgebra

/// A compressed network or file of weights: θ for what is compressed, plain tensors for the rest.
///
/// Its file, `.lcm`, is a safetensors file whose tensors are packed codes, codebooks, factors and
/// sparse entries; the metadata entry `lcm` describes them in JSON. See `Docs/FileFormat.md`.
public struct CompressedModel: Sendable {
  /// One compressed view: a tensor, or several as one joint vector.
  public struct Part: Sendable {
    /// The view's name.
    public let label: String
    /// The operator, as it stands in the plan.
    public let operation: String
    /// The tensors, one after the other.
    public let tensors: [TensorShape]
    public let form: Representation

    public init(label: String, operation: String, tensors: [TensorShape], form: Representation) {
      self.label = label
      self.operation = operation
      self.tensors = tensors
      self.form = form
    }

    /// 32 bits a weight.
    public var referenceBits: Int { 32 * form.count }

    /// What a product with each tensor, as a matrix, costs in the compressed form.
    ///
    /// - Parameter uses: at how many places a kernel is applied to one input, by its name; else 1.
    public func operations(uses: [String: Int] = [:]) -> Operations {
      var start = 0
      return tensors.reduce(Operations()) { total, tensor in
        let count = tensor.count
        defer { start += count }
        let rows = tensor.shape.first ?? 1
        return total
          + (uses[tensor.name] ?? 1)
          * form.operations(
            in: start..<start + count, rows: rows, columns: count / max(1, rows))
      }
    }
  }

  /// A tensor's name and shape.
  public struct TensorShape: Sendable, Equatable, Codable {
    public let name: String
    public let shape: [Int]
    public var count: Int { shape.reduce(1, *) }

    public init(_ name: String, _ shape: [Int]) {
      self.name = name
      self.shape = shape
    }
  }

  public let parts: [Part]
  /// What is not compressed.
  public let plain: [(shape: TensorShape, values: [Float])]
  /// All tensors' names in their original order.
  public let order: [String]
  /// Whatever else belongs to the model: its network, its plan, the figures it reached.
  public let metadata: [String: String]

  public init(
    parts: [Part], plain: [(shape: TensorShape, values: [Float])], order: [String],
    metadata: [String: String]
  ) {
    self.parts = parts
    self.plain = plain
    self.order = order
    self.metadata = metadata
  }

  /// The model of a resolved plan, its forms and the arena that holds the uncompressed tensors.
  public init(
    _ plan: ResolvedPlan, forms: [Representation], weights: Arena, metadata: [String: String]
  ) {
    let compressed = Set(plan.problems.flatMap { $0.slots.map(\.name) })
    self.init(
      parts: zip(plan.problems, forms).map { problem, form in
        Part(
          label: problem.label, operation: problem.operation.description,
          tensors: problem.slots.map { TensorShape($0.name, $0.shape) }, form: form)
      },
      plain: weights.layout.slots.filter { !compressed.contains($0.name) }.map {
        (TensorShape($0.name, $0.shape), weights.values(of: $0))
      }, order: weights.layout.slots.map(\.name), metadata: metadata)
  }

  /// The bits of θ.
  public var bits: Int { parts.reduce(0) { $0 + $1.form.storage.bits } }
  /// 32 bits for each compressed weight.
  public var referenceBits: Int { parts.reduce(0) { $0 + $1.referenceBits } }
  /// 32 bits for each number that is not compressed.
  public var plainBits: Int { plain.reduce(0) { $0 + 32 * $1.values.count } }
  /// The compressed tensors' bits before and after.
  public var ratio: Double { Double(referenceBits) / Double(max(1, bits)) }
  /// The whole network's bits before and after.
  public var networkRatio: Double {
    Double(referenceBits + plainBits) / Double(max(1, bits + plainBits))
  }

  /// Every tensor, decompressed, in the original order.
  public func decompressed() -> [(shape: TensorShape, values: [Float])] {
    var tensors = Dictionary(plain.map { ($0.shape.name, $0) }) { first, _ in first }
    for part in parts {
      let values = part.form.decompressed()
      var start = 0
      for shape in part.tensors {
        tensors[shape.name] = (shape, Array(values[start..<start + shape.count]))
        start += shape.count
      }
    }
    return order.compactMap { tensors[$0] }
  }
}
