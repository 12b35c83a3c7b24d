/// The counts and sums of floats in bins that are cut by the floats' leading bits.
///
/// The bits, with the sign's order mended, ascend as the values do, so the bins are in order, and
/// their width is about a fixed share of the value's size: 2^(9 − bits) of it. Empty bins are left out.
package struct FloatHistogram: Sendable {
  /// Ascending by value; each at least 1.
  package private(set) var counts: [Int] = []
  package private(set) var sums: [Double] = []
  /// The least and the greatest float that the bin could hold.
  package private(set) var bounds: [ClosedRange<Float>] = []

  /// - Parameters:
  ///   - x: finite.
  ///   - bits: how many leading bits a bin is told by, from 10 to 20.
  /// - Complexity: O(n + 2^bits) time, 12·2^bits bytes a thread.
  package init(_ x: UnsafeBufferPointer<Float>, bits: Int) {
    precondition((10...20).contains(bits))
    let bins = 1 << bits
    let shift = UInt32(32 - bits)
    let parts = partCount(of: x.count, grain: bins)
    var counts = [UInt32](repeating: 0, count: parts * bins)
    var sums = [Double](repeating: 0, count: parts * bins)
    counts.withUnsafeMutableBufferPointer { counts in
      sums.withUnsafeMutableBufferPointer { sums in
        let (counts, sums) = (counts, sums)
        parallel(over: x.count, parts: parts) { part, range in
          // Below parts · bins: the part is below parts, the key's leading bits below bins.
          let first = part * bins
          for index in range {
            let value = x[index]
            let bin = first + Int(orderedBits(value) >> shift)
            counts[bin] &+= 1
            sums[bin] += Double(value)
          }
        }
        for bin in 0..<bins {
          var count = 0
          var sum = 0.0
          for part in 0..<parts {
            count += Int(counts[part * bins + bin])
            sum += sums[part * bins + bin]
          }
          if count > 0 {
            self.counts.append(count)
            self.sums.append(sum)
            let least = UInt32(bin) << shift
            let greatest = least | (1 << shift &- 1)
            bounds.append(floatOf(orderedBits: least)...floatOf(orderedBits: greatest))
          }
        }
      }
    }
  }
}

/// The float whose `orderedBits` these are.
private func floatOf(orderedBits key: UInt32) -> Float {
  Float(bitPattern: key ^ (UInt32(bitPattern: Int32(bitPattern: ~key) >> 31) | 0x8000_0000))
}

/// The values in a range, in their order, of which there are at most `limit`. O(n).
package func values(
  of x: UnsafeBufferPointer<Float>, in range: ClosedRange<Float>, atMost limit: Int
) -> [Float] {
  [Float](unsafeUninitializedCapacity: limit) { found, count in
    for value in x where range.contains(value) && count < limit {
      found[count] = value
      count += 1
    }
  }
}
