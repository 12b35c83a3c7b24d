import LinearAlgebra

/// A tensor cut into blocks of equal shape; those at the far edges may be smaller.
///
/// Rows, columns, filters, input channels and b × c blocks of a matrix are all such grids: a row of an
/// m × n matrix is a block [1, n], input channel of a kernel [O, I, H, W] a block [O, 1, H, W]. Blocks
/// are numbered row-major.
public struct BlockGrid: Sendable, Equatable, Codable {
  /// The tensor's sizes.
  public let shape: [Int]
  /// A block's sizes, as many.
  public let block: [Int]

  /// A tensor's grid of blocks; a block is cut to the tensor's sizes.
  ///
  /// - Throws: `CompressionError.malformedForm` when the sizes are not positive or do not correspond.
  public init(shape: [Int], block: [Int]) throws {
    guard !shape.isEmpty, shape.count == block.count,
      zip(shape, block).allSatisfy({ $0 > 0 && $1 > 0 }),
      let total = try? elementCount(of: shape), total <= UInt32.max
    else { throw CompressionError.malformedForm("a grid of blocks \(block) in a tensor \(shape)") }
    self.shape = shape
    self.block = zip(shape, block).map(min)
  }

  /// The number of weights.
  public var count: Int { shape.reduce(1, *) }
  /// The number of blocks.
  public var blockCount: Int { blocksAlong.reduce(1, *) }
  private var blocksAlong: [Int] { zip(shape, block).map { ($0 + $1 - 1) / $1 } }

  /// Calls `body(block, range)` for each run of consecutive weights that lie in one block, ascending.
  @inline(__always)
  private func forEachRun(_ body: (Int, Range<Int>) -> Void) {
    // The last dimension that a block does not cover; what comes after it is one run.
    let cut = zip(shape, block).map { $0 != $1 }.lastIndex(of: true) ?? 0
    let inner = shape[(cut + 1)...].reduce(1, *)
    let along = blocksAlong
    let outer = shape[..<cut].reduce(1, *)
    var place = [Int](repeating: 0, count: cut)
    var start = 0
    for _ in 0..<outer {
      // The number of the first block of this line.
      var number = 0
      for dimension in 0..<cut {
        number = number * along[dimension] + place[dimension] / block[dimension]
      }
      number *= along[cut]
      var left = shape[cut]
      while left > 0 {
        let length = min(left, block[cut]) * inner
        body(number, start..<start + length)
        start += length
        left -= block[cut]
        number += 1
      }
      var dimension = cut - 1
      while dimension >= 0 {
        place[dimension] += 1
        if place[dimension] < shape[dimension] { break }
        place[dimension] = 0
        dimension -= 1
      }
    }
  }

  /// Σ w² of each block. O(n).
  package func squaredNorms(_ values: [Float]) -> [Double] {
    precondition(values.count == count)
    var norms = [Double](repeating: 0, count: blockCount)
    values.withUnsafeBufferPointer { values in
      norms.withUnsafeMutableBufferPointer { norms in
        forEachRun { number, range in
          var sum = 0.0
          for value in values[range] { sum += Double(value) * Double(value) }
          norms[number] += sum
        }
      }
    }
    return norms
  }

  /// The number of weights of each block. O(n / length of a run).
  package func sizes() -> [Int] {
    var sizes = [Int](repeating: 0, count: blockCount)
    forEachRun { number, range in sizes[number] += range.count }
    return sizes
  }

  /// The places of the weights of some blocks, ascending. O(n / length of a run + result).
  package func indices(ofBlocks blocks: [UInt32]) -> [UInt32] {
    let isKept = kept(blocks)
    var indices: [UInt32] = []
    forEachRun { number, range in
      if isKept[number] {
        indices.append(contentsOf: UInt32(range.lowerBound)..<UInt32(range.upperBound))
      }
    }
    return indices
  }

  /// The blocks that hold some of these places, which ascend. O(n / length of a run + places).
  package func blocks(of indices: [UInt32]) -> [UInt32] {
    var isKept = [Bool](repeating: false, count: blockCount)
    var next = 0
    forEachRun { number, range in
      while next < indices.count, Int(indices[next]) < range.upperBound {
        isKept[number] = true
        next += 1
      }
    }
    return isKept.indices.filter { isKept[$0] }.map { UInt32($0) }
  }

  /// The number of the block of each place. O(n).
  package func blockOfEachWeight() -> [UInt32] {
    var numbers: [UInt32] = []
    numbers.reserveCapacity(count)
    forEachRun { number, range in
      numbers.append(contentsOf: repeatElement(UInt32(number), count: range.count))
    }
    return numbers
  }

  private func kept(_ blocks: [UInt32]) -> [Bool] {
    var isKept = [Bool](repeating: false, count: blockCount)
    for block in blocks { isKept[Int(block)] = true }
    return isKept
  }
}
