// Which entries have the largest magnitudes: a most-significant-digit radix selection.
//
// The bits of |x|, read as an integer, are ordered as |x| is. A histogram of their upper 11 bits
// tells in which bin the κ-th largest lies; only that bin's keys are looked at again. One pass to
// count and one to collect, whatever κ is; quickselect needs about three and moves the data.

/// The indices of the `count` entries of largest magnitude, ascending.
///
/// Equal magnitudes are taken from the lower index on. NaN counts as larger than infinity.
/// - Complexity: O(n) time; scratch of the size of one histogram bin.
package func indicesOfLargestMagnitudes(_ x: UnsafeBufferPointer<Float>, count kept: Int)
  -> [UInt32]
{
  precondition(kept >= 0 && kept <= x.count && x.count <= UInt32.max)
  guard kept > 0 else { return [] }
  if kept == x.count { return Array(0..<UInt32(x.count)) }
  let (threshold, ties) = magnitudeThreshold(x, count: kept)
  return collect(x, from: threshold, ties: ties, count: kept)
}

/// The magnitude's bits of the `count`-th largest entry, and how many entries with just these bits
/// belong to the `count` largest.
private func magnitudeThreshold(_ x: UnsafeBufferPointer<Float>, count kept: Int) -> (UInt32, Int) {
  let bins = 2048
  let parts = partCount(of: x.count, grain: 65_536)
  var counts = [UInt32](repeating: 0, count: parts * bins)
  counts.withUnsafeMutableBufferPointer { counts in
    let base = counts
    parallel(over: x.count, parts: parts) { part, range in
      let mine = UnsafeMutableBufferPointer(rebasing: base[part * bins..<(part + 1) * bins])
      for value in x[range] { mine[Int((value.bitPattern & 0x7FFF_FFFF) >> 20)] &+= 1 }
    }
  }
  var remaining = kept
  var bin = bins - 1
  var inBin = 0
  while true {
    inBin = (0..<parts).reduce(0) { $0 + Int(counts[$1 * bins + bin]) }
    if inBin >= remaining { break }
    remaining -= inBin
    bin -= 1
  }
  // Written always and kept when it fits, so that nothing branches; hence one place more.
  var keys = [UInt32](unsafeUninitializedCapacity: inBin + 1) { keys, filled in
    for value in x {
      let bits = value.bitPattern & 0x7FFF_FFFF
      keys[filled] = bits & 0x000F_FFFF
      filled += Int(bits >> 20) == bin ? 1 : 0
    }
  }
  var threshold = UInt32(bin) << 20
  for shift: UInt32 in [10, 0] {
    var counts = [Int](repeating: 0, count: 1024)
    for key in keys { counts[Int(key >> shift) & 1023] += 1 }
    var digit = 1023
    while counts[digit] < remaining {
      remaining -= counts[digit]
      digit -= 1
    }
    threshold |= UInt32(digit) << shift
    if shift > 0 { keys.removeAll { Int($0 >> shift) != digit } }
  }
  return (threshold, remaining)
}

/// All indices whose magnitude's bits exceed the threshold, and the first `ties` that equal it.
private func collect(
  _ x: UnsafeBufferPointer<Float>, from threshold: UInt32, ties: Int, count kept: Int
) -> [UInt32] {
  var ties = ties
  return [UInt32](unsafeUninitializedCapacity: kept) { indices, filled in
    let lanes = 16
    let limit = SIMD16<UInt32>(repeating: threshold)
    let mask = SIMD16<UInt32>(repeating: 0x7FFF_FFFF)
    let whole = x.count & ~(lanes - 1)
    let raw = UnsafeRawBufferPointer(x)
    func take(_ index: Int) {
      let key = x[index].bitPattern & 0x7FFF_FFFF
      if key < threshold { return }
      if key == threshold {
        if ties == 0 { return }
        ties -= 1
      }
      indices[filled] = UInt32(truncatingIfNeeded: index)
      filled += 1
    }
    var start = 0
    while start < whole {
      let keys = raw.loadUnaligned(fromByteOffset: start * 4, as: SIMD16<UInt32>.self) & mask
      if any(keys .>= limit) { for index in start..<start + lanes { take(index) } }
      start += lanes
    }
    for index in whole..<x.count { take(index) }
  }
}
