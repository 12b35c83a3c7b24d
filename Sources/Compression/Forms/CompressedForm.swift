import LinearAlgebra

/// A compressed weight tensor θ: it can decompress itself to Δ(θ) and count what it costs.
///
/// The forms are a closed set: files, accounting and inference know no other. Operators, which find θ,
/// are an open set.
public indirect enum CompressedForm: Sendable, Equatable {
  /// Codes of a codebook's entries.
  case codebook(Codebook)
  /// A few entries at their places.
  case sparse(Sparse)
  /// The product of two factors.
  case lowRank(LowRank)
  /// The sum of several forms.
  case sum(AdditiveSum)

  /// The number of weights n of the decompressed tensor.
  public var count: Int {
    switch self {
    case .codebook(let form): form.count
    case .sparse(let form): form.count
    case .lowRank(let form): form.count
    case .sum(let form): form.count
    }
  }

  /// Δ(θ), n weights.
  public func decompressed() -> [Float] {
    var weights = [Float](repeating: 0, count: count)
    add(to: &weights, scale: 1)
    return weights
  }

  /// weights += scale · Δ(θ), for n weights. This is how sums are formed without scratch memory.
  ///
  /// - Complexity: O(n), of factors O(m·n·r), of entries O(κ).
  public func add(to weights: inout [Float], scale: Float) {
    switch self {
    case .codebook(let form): form.add(to: &weights, scale: scale)
    case .sparse(let form): form.add(to: &weights, scale: scale)
    case .lowRank(let form): form.add(to: &weights, scale: scale)
    case .sum(let form): form.add(to: &weights, scale: scale)
    }
  }

  /// The bits of θ as it is written to a file.
  public var storage: Storage {
    switch self {
    case .codebook(let form): form.storage
    case .sparse(let form): form.storage
    case .lowRank(let form): form.storage
    case .sum(let form): form.storage
    }
  }

  /// What multiplying by the part `range` of Δ(θ), a `rows` × `columns` matrix, costs in this form.
  public func operations(in range: Range<Int>, rows: Int, columns: Int) -> Operations {
    switch self {
    case .codebook(let form): form.operations(in: range, rows: rows, columns: columns)
    case .sparse(let form): form.operations(in: range, rows: rows, columns: columns)
    case .lowRank(let form): form.operations(in: range, rows: rows, columns: columns)
    case .sum(let form): form.operations(in: range, rows: rows, columns: columns)
    }
  }
}

extension CompressedForm {
  /// The codebook, where it is one.
  public var codebook: Codebook? { if case .codebook(let form) = self { form } else { nil } }
  /// The entries, where they are all.
  public var sparse: Sparse? { if case .sparse(let form) = self { form } else { nil } }
  /// The factors, where they are all.
  public var lowRank: LowRank? { if case .lowRank(let form) = self { form } else { nil } }
  /// The parts of a sum; the form itself where it is none.
  public var parts: [CompressedForm] {
    if case .sum(let form) = self { form.parts } else { [self] }
  }
}
