import LinearAlgebra

/// Each weight is one of the K entries of a codebook: Δ(θ)ᵢ = entries[codes[i]].
///
/// All weights share one codebook, or each run of `groupSize` weights (a row of a matrix, a group of
/// g weights) has its own of the same K.
public struct Codebook: Sendable, Equatable {
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
      case .scaled(let scales, let pattern):
        filled(scales.count, pattern.count) { scales[$0] * pattern[$1] }
      case .affine(let offsets, let steps, let levels):
        filled(offsets.count, levels) { offsets[$0] + steps[$0] * Float($1) }
      case .fixed(let pattern): pattern
      }
    }

    /// `levels` entries for each group.
    private func filled(_ groups: Int, _ levels: Int, _ entry: (Int, Int) -> Float) -> [Float] {
      let levels = max(0, levels)
      let (total, overflow) = groups.multipliedReportingOverflow(by: levels)
      guard !overflow else { return [] }
      return [Float](unsafeUninitializedCapacity: total) { entries, count in
        for group in 0..<groups {
          for level in 0..<levels { entries[group * levels + level] = entry(group, level) }
        }
        count = total
      }
    }

    /// Whether they are multiples of that pattern, no scale negative.
    func hasScales(of pattern: [Float]) -> Bool {
      guard case .scaled(let scales, pattern) = self else { return false }
      return scales.allSatisfy { $0 >= 0 }
    }

    /// The floats that are stored, by what they are.
    var stored: [[Float]] {
      switch self {
      case .free(let values, _): [values]
      case .scaled(let scales, _): [scales]
      case .affine(let offsets, let steps, _): [offsets, steps]
      case .fixed: []
      }
    }

    /// How many floats are stored.
    public var storedCount: Int { stored.reduce(0) { $0 + $1.count } }
  }

  /// The codebooks as they are stored.
  public let stored: Entries
  /// The entries of all groups, K each, ascending in each group.
  public let entries: [Float]
  /// K.
  public let levels: Int
  /// How many consecutive weights share a codebook; the last group may be smaller.
  public let groupSize: Int
  /// The code of each of the n weights, less than K.
  public let codes: [UInt16]

  /// Codes of codebooks that are there.
  ///
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
    let isOne = groupSize >= values.count
    codes = [UInt16](unsafeUninitializedCapacity: values.count) { codes, count in
      let codes = UnsafeMutableBufferPointer(rebasing: codes[..<values.count])
      values.withUnsafeBufferPointer { values in
        if isOne {
          let thresholds = zip(entries, entries.dropFirst()).map { midpoint($0, $1) }
          countThresholds(below: values, thresholds, into: codes)
        } else {
          entries.withUnsafeBufferPointer { entries in
            forEachGroup(of: groupSize, in: values.count, scratch: levels) {
              thresholds, group, range in
              let first = group * levels
              for level in 0..<levels - 1 {
                thresholds[level] = midpoint(entries[first + level], entries[first + level + 1])
              }
              countFewThresholds(
                below: UnsafeBufferPointer(rebasing: values[range]),
                UnsafeBufferPointer(rebasing: thresholds[..<(levels - 1)]),
                into: UnsafeMutableBufferPointer(rebasing: codes[range]))
            }
          }
        }
      }
      count = values.count
    }
  }

  /// The number of weights n.
  public var count: Int { codes.count }

  /// The entries of the group that holds the weight at that index.
  public func entries(ofGroup group: Int) -> [Float] {
    Array(entries[group * levels..<(group + 1) * levels])
  }

  /// How many codebooks there are: ⌈n / `groupSize`⌉, or one.
  public var groupCount: Int { entries.count / levels }

  /// The bits of one code.
  package var codeBits: Int { bitsToTellApart(levels) }

  /// Δ(θ), n weights.
  public func decompressed() -> [Float] { CompressedForm.codebook(self).decompressed() }

  /// weights += scale · Δ(θ).
  public func add(to weights: inout [Float], scale: Float) {
    precondition(weights.count == count)
    weights.withUnsafeMutableBufferPointer { weights in
      let weights = weights
      codes.withUnsafeBufferPointer { codes in
        if groupCount == 1 { return addEntries(entries, at: codes, scale: scale, to: weights) }
        entries.withUnsafeBufferPointer { entries in
          forEachGroup(of: groupSize, in: count) { group, range in
            addFewEntries(
              UnsafeBufferPointer(rebasing: entries[group * levels..<(group + 1) * levels]),
              at: UnsafeBufferPointer(rebasing: codes[range]), scale: scale,
              to: UnsafeMutableBufferPointer(rebasing: weights[range]))
          }
        }
      }
    }
  }

  /// n·⌈log₂K⌉ bits of codes and 32 for each stored float.
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
}

/// The threshold between two neighbouring entries a ≤ b: the greatest float that is not nearer to b. So
/// it is below b, even where no float lies between them.
func midpoint(_ a: Float, _ b: Float) -> Float {
  let exact = (Double(a) + Double(b)) / 2
  let middle = Float(exact)
  return Double(middle) <= exact ? middle : middle.nextDown
}

/// Calls `body(group, range)` for each run of `size` out of `count` weights, on all threads.
func forEachGroup(of size: Int, in count: Int, _ body: (Int, Range<Int>) -> Void) {
  guard count > 0 else { return }
  parallel(over: (count - 1) / size + 1, grain: max(1, 16_384 / size)) { groups in
    for group in groups { body(group, group * size..<min((group + 1) * size, count)) }
  }
}

/// The same with floats of scratch that a thread's groups share.
func forEachGroup(
  of size: Int, in count: Int, scratch: Int,
  _ body: (UnsafeMutableBufferPointer<Float>, Int, Range<Int>) -> Void
) {
  guard count > 0 else { return }
  parallel(over: (count - 1) / size + 1, grain: max(1, 16_384 / size)) { groups in
    withUnsafeTemporaryAllocation(of: Float.self, capacity: scratch) { floats in
      floats.initialize(repeating: 0)
      for group in groups { body(floats, group, group * size..<min((group + 1) * size, count)) }
    }
  }
}
