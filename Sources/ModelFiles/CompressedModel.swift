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
    public let `operator`: String
    /// The tensors, one after the other.
    public let tensors: [TensorShape]
    /// θ of all the tensors together.
    public let form: CompressedForm

    /// A view of some tensors, whose values together are as many as the form's.
    public init(label: String, operator: String, tensors: [TensorShape], form: CompressedForm) {
      self.label = label
      self.operator = `operator`
      self.tensors = tensors
      self.form = form
    }

    /// 32 bits a weight.
    public var referenceBits: Int { 32 * form.count }
    /// What the weights took in their source.
    public var sourceBits: Int { tensors.reduce(0) { $0 + $1.sourceBits } }

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

  /// What is compressed, in the order of the plan.
  public let parts: [Part]
  /// What is not compressed, each in its own type.
  public let plain: [PlainTensor]
  /// All tensors' names in their original order.
  public let order: [String]
  /// Whatever else belongs to the model: its network, its plan, the figures it reached.
  public let metadata: [String: String]

  /// A model of these parts; `order` names each of their tensors and of the plain ones once.
  public init(
    parts: [Part], plain: [PlainTensor], order: [String], metadata: [String: String]
  ) {
    self.parts = parts
    self.plain = plain
    self.order = order
    self.metadata = metadata
  }

  /// The model of a resolved plan, its forms and the arena that holds the uncompressed tensors.
  public init(
    _ plan: ResolvedPlan, forms: [CompressedForm], weights: Arena, metadata: [String: String]
  ) {
    let compressed = Set(plan.problems.flatMap { $0.slots.map { ExactName($0.name) } })
    self.init(
      parts: zip(plan.problems, forms).map { problem, form in
        Part(
          label: problem.label, operator: problem.operator.description,
          tensors: problem.slots.map { TensorShape($0.name, $0.shape) }, form: form)
      },
      plain: weights.layout.slots.filter { !compressed.contains(ExactName($0.name)) }.map {
        PlainTensor($0.name, $0.shape, floats: weights[$0])
      }, order: weights.layout.slots.map(\.name), metadata: metadata)
  }

  /// The bits of θ.
  public var bits: Int { parts.reduce(0) { $0 + $1.form.storage.bits } }
  /// 32 bits for each compressed weight.
  public var referenceBits: Int { parts.reduce(0) { $0 + $1.referenceBits } }
  /// What the compressed weights took in their source.
  public var sourceBits: Int { parts.reduce(0) { $0 + $1.sourceBits } }
  /// What is not compressed, as it is stored.
  public var plainBits: Int { plain.reduce(0) { $0 + 8 * $1.bytes.count } }
  /// The compressed tensors' bits before, 32 a weight, and after.
  public var ratio: Double { Self.ratio(referenceBits, bits) }
  /// The same against their source, of which a weight may have had 16 bits or 64.
  public var sourceRatio: Double { Self.ratio(sourceBits, bits) }
  /// The whole network's bits before and after.
  public var networkRatio: Double { Self.ratio(referenceBits + plainBits, bits + plainBits) }
  /// The same against the source.
  public var sourceNetworkRatio: Double { Self.ratio(sourceBits + plainBits, bits + plainBits) }

  private static func ratio(_ before: Int, _ after: Int) -> Double {
    Double(before) / Double(max(1, after))
  }

  /// Every tensor in the original order: the compressed ones decompressed, as F32, the others as they
  /// are.
  public func decompressed() -> [PlainTensor] {
    var tensors = Dictionary(plain.map { (ExactName($0.shape.name), $0) }) { first, _ in first }
    for part in parts {
      let values = part.form.decompressed()
      var start = 0
      for shape in part.tensors {
        tensors[ExactName(shape.name)] = PlainTensor(
          shape.name, shape.shape, floats: values[start..<start + shape.count])
        start += shape.count
      }
    }
    return order.compactMap { tensors[ExactName($0)] }
  }
}
