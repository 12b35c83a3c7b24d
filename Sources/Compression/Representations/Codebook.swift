import LinearAlgebra

/// Each weight is one of the K entries of a codebook: Δ(θ)ᵢ = entries[codes[i]].
public struct Codebook: CompressedForm {
  /// What of the entries has to be stored.
  public enum Entries: Sendable, Equatable {
    /// All K of them, as floats.
    case free
    /// One scale a; the entries are a · pattern.
    case scaled(pattern: [Float])
  }

  /// The K entries, ascending.
  public let entries: [Float]
  /// The code of each of the n weights, less than K.
  public let codes: [UInt16]
  public let kind: Entries

  /// - Throws: `CompressionError.malformedForm` when a code has no entry, or there are no entries
  ///   or more than 65,536.
  public init(entries: [Float], codes: [UInt16], kind: Entries = .free) throws {
    guard (1...65_536).contains(entries.count) else {
      throw CompressionError.malformedForm(
        "1 to 65536 codebook entries expected, \(entries.count) found")
    }
    if let largest = codes.max(), Int(largest) >= entries.count {
      throw CompressionError.malformedForm(
        "code \(largest) in a codebook of \(entries.count) entries")
    }
    if case .scaled(let pattern) = kind, pattern.count != entries.count {
      throw CompressionError.malformedForm(
        "\(entries.count) entries from a pattern of \(pattern.count)")
    }
    self.entries = entries
    self.codes = codes
    self.kind = kind
  }

  /// Every weight's nearest entry, ties to the lower one. O(n·K) vectorised, O(n·log K) for large K.
  ///
  /// - Parameter entries: ascending, at least one.
  init(nearest values: [Float], entries: [Float], kind: Entries = .free) {
    let thresholds = zip(entries, entries.dropFirst()).map { midpoint($0, $1) }
    self.entries = entries
    self.kind = kind
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
    let stored =
      switch kind {
      case .free: entries.count
      case .scaled: 1
      }
    return Storage(codes: count * codeBits, codebooks: 32 * stored)
  }

  /// A row's inputs are added up by code, then each non-zero entry multiplies once.
  public func operations(in range: Range<Int>, rows: Int, columns: Int) -> Operations {
    let nonZero =
      switch kind {
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
