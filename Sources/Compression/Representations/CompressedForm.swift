import LinearAlgebra

/// A compressed weight tensor θ: it can decompress itself to Δ(θ) and count what it costs.
///
/// The forms are a closed set, `Representation`: files, accounting and inference know no other.
/// Operators, which find θ, are an open set.
public protocol CompressedForm: Sendable, Equatable {
  /// The number of weights n of the decompressed tensor.
  var count: Int { get }

  /// weights += scale · Δ(θ), for n weights. This is how sums are formed without scratch memory.
  func add(to weights: inout [Float], scale: Float)

  /// The bits of θ as it is written to a file.
  var storage: Storage { get }

  /// What multiplying by the part `range` of Δ(θ), a `rows` × `columns` matrix, costs in this form.
  func operations(in range: Range<Int>, rows: Int, columns: Int) -> Operations

  /// This form as one of the closed set, and back.
  var representation: Representation { get }
  init?(_ representation: Representation)
}

extension CompressedForm {
  /// Δ(θ), n weights.
  public func decompressed() -> [Float] {
    var weights = [Float](repeating: 0, count: count)
    add(to: &weights, scale: 1)
    return weights
  }
}

/// Every form that there is.
public indirect enum Representation: CompressedForm {
  case codebook(Codebook)
  case sparse(Sparse)
  case lowRank(LowRank)
  case sum(AdditiveSum)

  private var form: any CompressedForm {
    switch self {
    case .codebook(let form): form
    case .sparse(let form): form
    case .lowRank(let form): form
    case .sum(let form): form
    }
  }

  public var count: Int { form.count }
  public func add(to weights: inout [Float], scale: Float) { form.add(to: &weights, scale: scale) }
  public var storage: Storage { form.storage }
  public func operations(in range: Range<Int>, rows: Int, columns: Int) -> Operations {
    form.operations(in: range, rows: rows, columns: columns)
  }
  public var representation: Representation { self }
  public init?(_ representation: Representation) { self = representation }
}
