import LinearAlgebra

/// Each weight is one of the K entries of a codebook: Δ(θ)ᵢ = entries[codes[i]].
public struct Codebook: CompressedForm {
  /// The codebook as it is stored.
  public enum Entries: Sendable, Equatable {
    /// K floats, ascending.
    case free([Float])
    /// One float a ≥ 0: the entries are a · pattern. The ascending pattern belongs to the operator
    /// and costs nothing.
    case scaled(Float, pattern: [Float])

    /// The K entries, ascending.
    public var values: [Float] {
      switch self {
      case .free(let values): values
      case .scaled(let scale, let pattern): pattern.map { scale * $0 }
      }
    }

    /// How many floats are stored.
    var storedCount: Int {
      switch self {
      case .free(let values): values.count
      case .scaled: 1
      }
    }
  }

  public let stored: Entries
  /// The K entries, ascending.
  public let entries: [Float]
  /// The code of each of the n weights, less than K.
  public let codes: [UInt16]

  /// - Throws: `CompressionError.malformedForm` when a code has no entry, or there are no entries,
  ///   more than 65,536 of them, or one that is not finite.
  public init(_ stored: Entries, codes: [UInt16]) throws {
    let entries = stored.values
    guard (1...65_536).contains(entries.count), entries.isFinite else {
      throw CompressionError.malformedForm(
        "a codebook needs 1 to 65536 finite entries, found \(entries.count)")
    }
    if let largest = codes.max(), Int(largest) >= entries.count {
      throw CompressionError.malformedForm(
        "code \(largest) in a codebook of \(entries.count) entries")
    }
    self.stored = stored
    self.entries = entries
    self.codes = codes
  }

  /// Every weight's nearest entry, ties to the lower one. O(n·K) vectorised, O(n·log K) for large K.
  ///
  /// - Parameter stored: at least one entry.
  public init(nearest values: [Float], in stored: Entries) {
    let entries = stored.values
    precondition(!entries.isEmpty)
    let thresholds = zip(entries, entries.dropFirst()).map { midpoint($0, $1) }
    self.entries = entries
    self.stored = stored
    codes = [UInt16](unsafeUninitializedCapacity: values.count) { codes, count in
      values.withUnsafeBufferPointer {
        countThresholds(
          below: $0, thresholds, into: UnsafeMutableBufferPointer(rebasing: codes[..<values.count]))
      }
      count = values.count
    }
  }

  public var count: Int { codes.count }

  /// The bits of one code.
  public var codeBits: Int { bitsToTellApart(entries.count) }

  public func add(to weights: inout [Float], scale: Float) {
    weights.withUnsafeMutableBufferPointer { weights in
      codes.withUnsafeBufferPointer { addEntries(entries, at: $0, scale: scale, to: weights) }
    }
  }

  public var storage: Storage {
    Storage(codes: count * codeBits, codebooks: 32 * stored.storedCount)
  }

  /// A row's inputs are added up by code, then each non-zero entry multiplies once.
  public func operations(in range: Range<Int>, rows: Int, columns: Int) -> Operations {
    let nonZero =
      switch stored {
      case .free: entries.count { $0 != 0 }
      case .scaled: 1  // ±: the signs are free, one scale a row
      }
    return Operations(
      multiplications: rows * min(nonZero, columns), additions: rows * columns)
  }

  public var representation: Representation { .codebook(self) }
  public init?(_ representation: Representation) {
    guard case .codebook(let form) = representation else { return nil }
    self = form
  }
}

/// The threshold between two neighbouring entries; formed so that it neither overflows nor rounds
/// beyond the upper one.
func midpoint(_ a: Float, _ b: Float) -> Float { Float((Double(a) + Double(b)) / 2) }
