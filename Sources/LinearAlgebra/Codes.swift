import RealModule

// Codes of a one-dimensional codebook. With the entries ascending, the code of x is the number of
// thresholds (midpoints between neighbours) below x.

/// Writes how many of the ascending thresholds are less than each xᵢ.
///
/// - Complexity: O(n) for many values: a table tells the count for a float's 16 leading bits, but for
///   the thresholds that share these. O(n·log K) for few, O(n·K) vectorised up to 16 thresholds.
package func countThresholds(
  below x: UnsafeBufferPointer<Float>, _ thresholds: [Float],
  into codes: UnsafeMutableBufferPointer<UInt16>
) {
  precondition(codes.count == x.count && thresholds.count <= UInt16.max)
  if thresholds.count <= 3 || x.count < 65_536 {
    return thresholds.withUnsafeBufferPointer { thresholds in
      parallel(over: x.count, grain: 32_768) { range in
        countFewThresholds(
          below: UnsafeBufferPointer(rebasing: x[range]), thresholds,
          into: UnsafeMutableBufferPointer(rebasing: codes[range]))
      }
    }
  }
  // The number of thresholds below every float with these leading bits. Adding +0 turns −0 into +0,
  // so that a weight of +0 is not taken to exceed it.
  let thresholds = thresholds.map { $0 + 0 }
  let keys = thresholds.map { orderedBits($0) }
  var table = [UInt16](repeating: 0, count: 65_536)
  var below = 0
  for bin in 0..<65_536 {
    while below < keys.count, keys[below] < UInt32(bin) << 16 { below += 1 }
    table[bin] = UInt16(truncatingIfNeeded: below)
  }
  table.withUnsafeBufferPointer { table in
    thresholds.withUnsafeBufferPointer { thresholds in
      parallel(over: x.count, grain: 32_768) { range in
        for index in range {
          let value = x[index]
          // 16 bits: below the table's 65,536 entries.
          let bin = Int(orderedBits(value) >> 16)
          var code = Int(table[bin])
          // Where many thresholds share the leading bits they are halved, not walked through.
          let next = bin + 1 < 65_536 ? Int(table[bin + 1]) : thresholds.count
          if next - code > 8 {
            code += position(
              of: value, in: UnsafeBufferPointer(rebasing: thresholds[code..<next]))
          } else {
            while code < next, value > thresholds[code] { code += 1 }
          }
          codes[index] = UInt16(truncatingIfNeeded: code)
        }
      }
    }
  }
}

/// The same for few values, or few thresholds, on the calling thread.
package func countFewThresholds(
  below x: UnsafeBufferPointer<Float>, _ thresholds: UnsafeBufferPointer<Float>,
  into codes: UnsafeMutableBufferPointer<UInt16>
) {
  if thresholds.count <= 16 {
    for index in x.indices { codes[index] = 0 }
    for threshold in thresholds {
      for index in x.indices { codes[index] &+= x[index] > threshold ? 1 : 0 }
    }
  } else {
    for index in x.indices {
      codes[index] = UInt16(truncatingIfNeeded: position(of: x[index], in: thresholds))
    }
  }
}

/// A float's bits as an integer that ascends as the value does; −0 before +0.
@inline(__always)
func orderedBits(_ value: Float) -> UInt32 {
  let bits = value.bitPattern
  return bits ^ (UInt32(bitPattern: Int32(bitPattern: bits) >> 31) | 0x8000_0000)
}

/// How many of the ascending thresholds are less than x. O(log K).
private func position(of x: Float, in thresholds: UnsafeBufferPointer<Float>) -> Int {
  var low = 0
  var high = thresholds.count
  while low < high {
    let middle = (low + high) / 2
    if thresholds[middle] < x { low = middle + 1 } else { high = middle }
  }
  return low
}

/// target[i] += scale · entries[codes[i]]. O(n); every code must be less than `entries.count`.
package func addEntries(
  _ entries: [Float], at codes: UnsafeBufferPointer<UInt16>, scale: Float,
  to target: UnsafeMutableBufferPointer<Float>
) {
  precondition(codes.count == target.count)
  let scaled = entries.map { $0 * scale }
  parallel(over: codes.count, grain: 65_536) { range in
    if scaled.count == 2 {
      // A choice between two registers instead of a look-up: eight weights at a time.
      let (low, high) = (scaled[0], scaled[1])
      for index in range { target[index] += codes[index] == 0 ? low : high }
      return
    }
    scaled.withUnsafeBufferPointer { scaled in
      for index in range { target[index] += scaled[Int(codes[index])] }
    }
  }
}

/// The same on the calling thread, without scratch.
package func addFewEntries(
  _ entries: UnsafeBufferPointer<Float>, at codes: UnsafeBufferPointer<UInt16>, scale: Float,
  to target: UnsafeMutableBufferPointer<Float>
) {
  for index in codes.indices { target[index] += entries[Int(codes[index])] * scale }
}

/// For each threshold: how many xᵢ exceed it, and the sum of their distances from a center. One pass,
/// O(n·K).
///
/// This is all that an iteration of Lloyd's algorithm needs; differences of neighbours give each
/// cell's count and sum. With the center near the mean, sums lose little where the xᵢ differ little.
package func countsAndSums(
  above thresholds: [Float], _ x: UnsafeBufferPointer<Float>, about center: Float
) -> (counts: [Int], sums: [Double]) {
  let cells = thresholds.count
  let parts = partCount(of: x.count, grain: 32_768)
  var counts = [Int](repeating: 0, count: parts * cells)
  var sums = [Double](repeating: 0, count: parts * cells)
  counts.withUnsafeMutableBufferPointer { counts in
    sums.withUnsafeMutableBufferPointer { sums in
      let counts = counts
      let sums = sums
      parallel(over: x.count, parts: parts) { part, range in
        // A block stays in the nearest cache while all thresholds look at it.
        var start = range.lowerBound
        while start < range.upperBound {
          let end = min(start + 4096, range.upperBound)
          for (cell, threshold) in thresholds.enumerated() {
            let (count, sum) = countAndSum(above: threshold, x, start..<end, center)
            counts[part * cells + cell] += count
            sums[part * cells + cell] += sum
          }
          start = end
        }
      }
    }
  }
  for part in 1..<max(1, parts) {
    for cell in 0..<cells {
      counts[cell] += counts[part * cells + cell]
      sums[cell] += sums[part * cells + cell]
    }
  }
  return (Array(counts.prefix(cells)), Array(sums.prefix(cells)))
}

private func countAndSum(
  above threshold: Float, _ x: UnsafeBufferPointer<Float>, _ range: Range<Int>,
  _ center: Float
) -> (Int, Double) {
  // Zero costs no subtraction.
  if center == 0 { return countAndSum(above: threshold, x, range) { $0 } }
  return countAndSum(above: threshold, x, range) { $0 - center }
}

@inline(__always)
private func countAndSum(
  above threshold: Float, _ x: UnsafeBufferPointer<Float>, _ range: Range<Int>,
  _ term: (Float) -> Float
) -> (Int, Double) {
  var count = 0
  var total = 0.0
  var start = range.lowerBound
  // Relaxed sums of 1024 floats, then in Double: 64 additions a lane lose no more than rounding the
  // terms does.
  while start < range.upperBound {
    let end = min(start + 1024, range.upperBound)
    var above: Int32 = 0
    var sum: Float = 0
    for index in start..<end {
      let value = x[index]
      let isAbove = value > threshold
      above &+= isAbove ? 1 : 0
      sum = Relaxed.sum(sum, isAbove ? term(value) : 0)
    }
    count += Int(above)
    total += Double(sum)
    start = end
  }
  return (count, total)
}

/// target[indices[i]] += scale · values[i]. O(number of indices), each of which must be in range.
package func addScattered(
  _ values: [Float], at indices: [UInt32], scale: Float,
  to target: UnsafeMutableBufferPointer<Float>
) {
  precondition(values.count == indices.count)
  precondition(indices.allSatisfy { Int($0) < target.count })
  for (index, value) in zip(indices, values) { target[Int(index)] += scale * value }
}
