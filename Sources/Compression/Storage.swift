/// The bits that a compressed form takes in a file, by what they hold.
public struct Storage: Sendable, Equatable, Codable {
  /// One code of ⌈log₂K⌉ bits a weight.
  public var codes = 0
  /// Codebook entries and scales.
  public var codebooks = 0
  /// Values of sparse entries.
  public var values = 0
  /// Positions of sparse entries, in the cheapest coding.
  public var indices = 0
  /// The two factors of a low-rank matrix.
  public var factors = 0

  /// That many bits of each kind.
  public init(
    codes: Int = 0, codebooks: Int = 0, values: Int = 0, indices: Int = 0, factors: Int = 0
  ) {
    self.codes = codes
    self.codebooks = codebooks
    self.values = values
    self.indices = indices
    self.factors = factors
  }

  /// All bits.
  public var bits: Int { codes + codebooks + values + indices + factors }

  /// Adds the bits kind by kind.
  public static func + (a: Storage, b: Storage) -> Storage {
    Storage(
      codes: a.codes + b.codes, codebooks: a.codebooks + b.codebooks, values: a.values + b.values,
      indices: a.indices + b.indices, factors: a.factors + b.factors)
  }
}

/// Arithmetic at inference, for one input vector.
public struct Operations: Sendable, Equatable, Codable {
  /// Products of two floats; a change of sign is none.
  public var multiplications = 0
  /// Sums of two floats.
  public var additions = 0

  /// That many of each.
  public init(multiplications: Int = 0, additions: Int = 0) {
    self.multiplications = multiplications
    self.additions = additions
  }

  /// A dense product with a rows × columns matrix.
  public static func dense(rows: Int, columns: Int) -> Operations {
    Operations(multiplications: rows * columns, additions: rows * columns)
  }

  /// The same at several places.
  public static func * (places: Int, a: Operations) -> Operations {
    Operations(
      multiplications: places * a.multiplications, additions: places * a.additions)
  }

  /// Adds both counts.
  public static func + (a: Operations, b: Operations) -> Operations {
    Operations(
      multiplications: a.multiplications + b.multiplications, additions: a.additions + b.additions)
  }
}

/// The bits of a code that tells `count` values apart: ⌈log₂ count⌉.
package func bitsToTellApart(_ count: Int) -> Int {
  count <= 1 ? 0 : Int.bitWidth - (count - 1).leadingZeroBitCount
}
