import LinearAlgebra

/// Each weight is one of the K entries of a codebook: Δ(θ)ᵢ = entries[codes[i]].
///
/// All weights share one codebook, or each run of `groupSize` weights (a row of a matrix, a group of
/// g weights) has its own of the same K.
public struct Codebook: CompressedForm {
  /// The codebooks as they are stored, one group after the other.
  public enum Entries: Sendable, Equatable {
    /// K floats a group, ascending.
    case free([Float], levels: Int)
    /// One float a ≥ 0 a group: the entries are a · pattern. The ascending pattern belongs to the
    /// operator and costs nothing.
    case scaled([Float], pattern: [Float])
    /// Two floats a group: the entries are offset + step · (0 … K − 1), step ≥ 0.
    case affine(offsets: [Float], steps: [Float], levels: Int)
    /// Nothing is stored: the pattern, ascending, is the codebook of all weights.
    case fixed(pattern: [Float])

    /// K.
    public var levels: Int {
      switch self {
      case .free(_, let levels), .affine(_, _, let levels): levels
      case .scaled(_, let pattern), .fixed(let pattern): pattern.count
      }
    }

    /// The entries of all groups, K each, ascending in each group.
    public var values: [Float] {
      switch self {
      case .free(let values, _): values
      case .scaled(let scales, let pattern): scales.flatMap { scale in pattern.map { scale * $0 } }
      case .affine(let offsets, let steps, let levels):
        zip(offsets, steps).flatMap { offset, step in
          (0..<max(0, levels)).map { offset + step * Float($0) }
        }
      case .fixed(let pattern): pattern
      }
    }

    /// How many floats are stored.
    public var storedCount: Int {
      switch self {
      case .free(let values, _): values.count
      case .scaled(let scales, _): scales.count
      case .affine(let offsets, let steps, _): offsets.count + steps.count
      case .fixed: 0
      }
    }
  }

  public let stored: Entries
  /// The entries of all groups, K each, ascending in each group.
  public let entries: [Float]
  /// K.
  public let levels: Int
  /// How many consecutive weights share a codebook; the last group may be smaller.
  public let groupSize: Int
  /// The code of each of the n weights, less than K.
  public let codes: [UInt16]

  /// - Throws: `CompressionError.malformedForm` when a code has no entry, the groups are not as many
  ///   as the weights need, K is not from 1 to 65,536, or an entry is not finite.
  public init(_ stored: Entries, codes: [UInt16], groupSize: Int? = nil) throws {
    let groupSize = groupSize ?? max(1, codes.count)
    let levels = stored.levels
    guard groupSize > 0, (1...65_536).contains(levels) else {
      throw CompressionError.malformedForm(
        "a codebook needs from 1 to 65536 entries and groups of 1 weight or more")
    }
    let groups = max(1, (codes.count - 1) / groupSize + 1)
    if case .affine(let offsets, let steps, _) = stored, offsets.count != steps.count {
      throw CompressionError.malformedForm("\(offsets.count) offsets and \(steps.count) steps")
    }
    let found =
      switch stored {
      case .free(let values, _): values.count
      case .scaled(let scales, _): scales.count * levels
      case .affine(let offsets, _, _): offsets.count.multipliedReportingOverflow(by: levels).0
      case .fixed: groups == 1 ? levels : 0
      }
    guard found == groups * levels else {
      throw CompressionError.malformedForm(
        "\(groups) groups need \(groups * levels) codebook entries, found \(found)")
    }
    let entries = stored.values
    guard entries.isFinite else {
      throw CompressionError.malformedForm("a codebook entry is not a finite number")
    }
    if let largest = codes.max(), Int(largest) >= levels {
      throw CompressionError.malformedForm("code \(largest) in a codebook of \(levels) entries")
    }
    self.stored = stored
    self.entries = entries
    self.levels = levels
    self.groupSize = groupSize
    self.codes = codes
  }

  /// Every weight's nearest entry, ties to the lower one. O(n·K) vectorised, O(n·log K) for large K.
  ///
  /// - Parameters:
  ///   - values: at least one.
  ///   - stored: at least one entry, and as many groups as the values need.
  public init(nearest values: [Float], in stored: Entries, groupSize: Int? = nil) {
    let groupSize = groupSize ?? max(1, values.count)
    let levels = stored.levels
    let entries = stored.values
    precondition(levels > 0 && entries.count == levels * max(1, (values.count - 1) / groupSize + 1))
    self.stored = stored
    self.entries = entries
    self.levels = levels
    self.groupSize = groupSize
    codes = [UInt16](unsafeUninitializedCapacity: values.count) { codes, count in
      values.withUnsafeBufferPointer { values in
        var first = 0
        for start in stride(from: 0, to: values.count, by: groupSize) {
          let range = start..<min(start + groupSize, values.count)
          let own = entries[first..<first + levels]
          countThresholds(
            below: UnsafeBufferPointer(rebasing: values[range]),
            zip(own, own.dropFirst()).map { midpoint($0, $1) },
            into: UnsafeMutableBufferPointer(rebasing: codes[range]))
          first += levels
        }
      }
      count = values.count
    }
  }

  public var count: Int { codes.count }

  /// The entries of the group that holds the weight at that index.
  public func entries(ofGroup group: Int) -> [Float] {
    Array(entries[group * levels..<(group + 1) * levels])
  }

  public var groupCount: Int { entries.count / levels }

  /// The bits of one code.
  public var codeBits: Int { bitsToTellApart(levels) }

  public func add(to weights: inout [Float], scale: Float) {
    precondition(weights.count == count)
    weights.withUnsafeMutableBufferPointer { weights in
      codes.withUnsafeBufferPointer { codes in
        for (group, start) in stride(from: 0, to: count, by: groupSize).enumerated() {
          let range = start..<min(start + groupSize, count)
          addEntries(
            groupCount == 1 ? entries : entries(ofGroup: group),
            at: UnsafeBufferPointer(rebasing: codes[range]), scale: scale,
            to: UnsafeMutableBufferPointer(rebasing: weights[range]))
        }
      }
    }
  }

  public var storage: Storage {
    Storage(codes: count * codeBits, codebooks: 32 * stored.storedCount)
  }

  /// A row's inputs are added up by code, then each non-zero entry multiplies once; signs are free,
  /// and a scale multiplies once a row.
  public func operations(in range: Range<Int>, rows: Int, columns: Int) -> Operations {
    let perRow =
      switch stored {
      case .free: (entries.prefix(levels)).count { $0 != 0 }
      case .affine: 2
      case .scaled, .fixed:
        max(1, Set(stored.values.prefix(levels).map { abs($0) }).subtracting([0]).count)
      }
    // With groups smaller than a row, each group of a row multiplies by itself.
    let groupsInRow = max(1, (columns - 1) / groupSize + 1)
    return Operations(
      multiplications: rows * min(perRow * groupsInRow, columns), additions: rows * columns)
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
