/// The order in which an epoch visits the images: a permutation of 0..<count.
package struct EpochOrder: Sendable, Equatable {
  /// The permutation.
  package private(set) var indices: [Int32]

  /// 0, 1, …, count − 1.
  ///
  /// - Precondition: `count` is in 0…Int32.max.
  package init(count: Int) {
    precondition(count >= 0 && count <= Int32.max, "indices are 32-bit")
    indices = Array(0..<Int32(count))
  }

  /// Draws a new permutation, every one equally likely, by Fisher and Yates's shuffle.
  ///
  /// It depends on the generator alone, not on the order before, so a run that is resumed with the
  /// generator's state goes on as if it had never stopped. Nothing is allocated.
  ///
  /// - Complexity: O(count)
  /// - Source: Durstenfeld, "Algorithm 235: random permutation", CACM 7(7), 1964; inside-out form.
  package mutating func shuffle(using generator: inout some RandomNumberGenerator) {
    for position in indices.indices {
      let other = Int(drawn(below: UInt64(position) + 1, using: &generator))
      indices[position] = indices[other]
      indices[other] = Int32(position)
    }
  }

  /// How many batches of `size` make an epoch; the last may be smaller.
  ///
  /// - Precondition: `size` is positive.
  package func batchCount(size: Int) -> Int {
    precondition(size > 0, "a batch has at least one image")
    return indices.count / size + (indices.count % size == 0 ? 0 : 1)
  }

  /// The indices of a batch.
  ///
  /// - Precondition: `number` is in 0..<batchCount(size: size).
  /// - Complexity: O(1)
  package func batch(_ number: Int, size: Int) -> ArraySlice<Int32> {
    precondition(number >= 0 && number < batchCount(size: size), "no batch has this number")
    let start = number * size
    return indices[start..<start + min(size, indices.count - start)]
  }
}

/// A number in 0..<bound, all equally likely.
///
/// Not the standard library's `next(upperBound:)`, which does not promise to draw the same numbers
/// in its next version.
///
/// - Source: Lemire, "Fast random integer generation in an interval", ACM TOMACS 29(1), 2019.
private func drawn(
  below bound: UInt64, using generator: inout some RandomNumberGenerator
) -> UInt64 {
  let threshold = (0 &- bound) % bound
  while true {
    let product = bound.multipliedFullWidth(by: generator.next() as UInt64)
    if product.low >= threshold { return product.high }
  }
}
