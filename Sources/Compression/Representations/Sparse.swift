import LinearAlgebra

/// A few entries at their places, zero elsewhere.
public struct Sparse: CompressedForm {
  /// The number of weights n.
  public let count: Int
  /// The places of the entries, strictly ascending, less than n.
  public let indices: [UInt32]
  /// The entries' values.
  public let values: [Float]

  /// - Throws: `CompressionError.malformedForm` when indices and values do not fit each other or n.
  public init(count: Int, indices: [UInt32], values: [Float]) throws {
    guard indices.count == values.count else {
      throw CompressionError.malformedForm("\(indices.count) indices for \(values.count) values")
    }
    guard zip(indices, indices.dropFirst()).allSatisfy({ $0 < $1 }),
      indices.last.map({ Int($0) < count }) ?? (count >= 0)
    else {
      throw CompressionError.malformedForm("indices must ascend and stay below \(count)")
    }
    self.count = count
    self.indices = indices
    self.values = values
  }

  public func add(to weights: inout [Float], scale: Float) {
    precondition(weights.count == count)
    weights.withUnsafeMutableBufferPointer {
      addScattered(values, at: indices, scale: scale, to: $0)
    }
  }

  public var storage: Storage {
    Storage(values: 32 * values.count, indices: IndexCoding.cheapest(for: self).bits)
  }

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

  public var representation: Representation { .sparse(self) }
  public init?(_ representation: Representation) {
    guard case .sparse(let form) = representation else { return nil }
    self = form
  }
}
