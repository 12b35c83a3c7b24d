import LinearAlgebra

/// A few entries at their places, zero elsewhere.
public struct Sparse: Sendable, Equatable {
  /// What is known of the places, which decides how they are coded.
  public enum Pattern: Sendable, Equatable {
    /// Nothing: each entry has a place of its own.
    case free
    /// The entries are whole blocks of a grid: one place a block.
    case blocks(BlockGrid)
    /// Of each run of `of` weights just `kept` are entries. The weights of a run lie `stride` apart;
    /// the weights between them belong to other runs.
    case runs(kept: Int, of: Int, stride: Int = 1)
  }

  /// The number of weights n.
  public let count: Int
  /// The places of the entries, strictly ascending, less than n.
  public let indices: [UInt32]
  /// The entries' values.
  public let values: [Float]
  /// What is known of the places.
  public let pattern: Pattern
  /// How the values are stored; they need no rounding to it.
  public let format: NumberFormat

  /// Entries at their places among n weights.
  ///
  /// - Throws: `CompressionError.malformedForm` when indices, values, pattern and format do not fit each
  ///   other or n.
  public init(
    count: Int, indices: [UInt32], values: [Float], pattern: Pattern = .free,
    format: NumberFormat = .float32
  ) throws {
    guard indices.count == values.count else {
      throw CompressionError.malformedForm("\(indices.count) indices for \(values.count) values")
    }
    guard zip(indices, indices.dropFirst()).allSatisfy({ $0 < $1 }),
      indices.last.map({ Int($0) < count }) ?? (count >= 0)
    else {
      throw CompressionError.malformedForm("indices must ascend and stay below \(count)")
    }
    guard format.holds(values) else {
      throw CompressionError.malformedForm("values that are not finite or not of their format")
    }
    self.count = count
    self.indices = indices
    self.values = values
    self.pattern = pattern
    self.format = format
    switch pattern {
    case .free: break
    case .blocks(let grid):
      guard grid.count == count, grid.indices(ofBlocks: units) == indices else {
        throw CompressionError.malformedForm("entries that are not whole blocks of \(grid.block)")
      }
    case .runs(let kept, let run, let stride):
      guard let runs = Runs(length: run, stride: stride, count: count), kept > 0, run >= kept,
        indices.count == runs.count * kept, runs.hold(indices, each: kept)
      else {
        throw CompressionError.malformedForm("entries that are not \(kept) of each \(run) weights")
      }
    }
  }

  /// The numbers that tell the places: the blocks for a grid, the places in each run, run by run, for
  /// runs, the indices themselves otherwise.
  package var units: [UInt32] {
    switch pattern {
    case .free: return indices
    case .runs(let kept, let run, let stride):
      return Runs(length: run, stride: stride, count: count)?.places(of: indices, each: kept) ?? []
    case .blocks(let grid): return grid.blocks(of: indices)
    }
  }

  /// The same without free entries that are 0, which are not worth their bits.
  func withoutZeros() throws -> Sparse {
    guard pattern == .free, values.contains(0) else { return self }
    let kept = values.indices.filter { values[$0] != 0 }
    return try Sparse(
      count: count, indices: kept.map { indices[$0] }, values: kept.map { values[$0] },
      format: format)
  }

  /// The same entries times a power of two.
  func scaled(byPowerOfTwo exponent: Int) throws -> Sparse {
    var format = format
    if case .codebook(let values) = format {
      format = .codebook(values.scaled(byPowerOfTwo: exponent))
    }
    return try Sparse(
      count: count, indices: indices, values: values.scaled(byPowerOfTwo: exponent),
      pattern: pattern, format: format)
  }

  /// Δ(θ), n weights.
  public func decompressed() -> [Float] { CompressedForm.sparse(self).decompressed() }

  /// weights += scale · Δ(θ).
  public func add(to weights: inout [Float], scale: Float) {
    precondition(weights.count == count)
    weights.withUnsafeMutableBufferPointer {
      addScattered(values, at: indices, scale: scale, to: $0)
    }
  }

  /// The values' bits by their format, and the places in the cheapest coding.
  public var storage: Storage {
    Storage(values: format.bits(values.count), indices: IndexCoding.cheapest(for: self).bits)
  }

  /// A multiplication and an addition for each entry in the range. O(log κ).
  public func operations(in range: Range<Int>, rows: Int, columns: Int) -> Operations {
    let entries = position(ofIndex: range.upperBound) - position(ofIndex: range.lowerBound)
    return Operations(multiplications: entries, additions: entries)
  }

  /// How many indices are less than the given one. O(log κ).
  private func position(ofIndex index: Int) -> Int {
    var low = 0
    var high = indices.count
    while low < high {
      let middle = (low + high) / 2
      if Int(indices[middle]) < index { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
