// Least-significant-digit radix sort of floats: three digits of 11, 11 and 10 bits.
//
// A float's bits become an unsigned integer of the same order by flipping the sign bit of positive
// and all bits of negative numbers. Each thread counts and scatters its own part; with the counts
// of all parts known beforehand the parts do not meet.

/// Sorts ascending: −∞ first, −0 before +0, NaN at the ends.
///
/// - Complexity: O(n) time: four reads and three writes of the data; n floats of scratch.
package func radixSort(_ x: inout [Float]) {
  let count = x.count
  guard count > 256 else {
    x.sort { orderedBits($0) < orderedBits($1) }
    return
  }
  var scratch = [UInt32](unsafeUninitializedCapacity: count) { $1 = count }
  x.withUnsafeMutableBufferPointer { floats in
    scratch.withUnsafeMutableBufferPointer { scratch in
      floats.withMemoryRebound(to: UInt32.self) { sort(keys: $0, scratch: scratch) }
    }
  }
}

private func bits(of key: UInt32) -> UInt32 {
  key ^ (UInt32(bitPattern: Int32(bitPattern: ~key) >> 31) | 0x8000_0000)
}

private let radix = 2048

private func sort(
  keys: UnsafeMutableBufferPointer<UInt32>, scratch: UnsafeMutableBufferPointer<UInt32>
) {
  let count = keys.count
  let parts = partCount(of: count, grain: 65_536)
  var source = keys
  var target = scratch
  for (pass, shift) in [UInt32(0), 11, 22].enumerated() {
    // Where each part writes its keys of each digit: counts first, then their running sum.
    var places = [Int](repeating: 0, count: parts * radix)
    places.withUnsafeMutableBufferPointer { places in
      let places = places
      let from = source
      let to = target
      parallel(over: count, parts: parts) { part, range in
        let mine = UnsafeMutableBufferPointer(rebasing: places[part * radix..<(part + 1) * radix])
        for index in range {
          let key = pass == 0 ? orderedBits(Float(bitPattern: from[index])) : from[index]
          mine[Int(key >> shift) & (radix - 1)] &+= 1
        }
      }
      var running = 0
      for digit in 0..<radix {
        for part in 0..<parts {
          let here = places[part * radix + digit]
          places[part * radix + digit] = running
          running += here
        }
      }
      parallel(over: count, parts: parts) { part, range in
        let mine = UnsafeMutableBufferPointer(rebasing: places[part * radix..<(part + 1) * radix])
        for index in range {
          let key = pass == 0 ? orderedBits(Float(bitPattern: from[index])) : from[index]
          let digit = Int(key >> shift) & (radix - 1)
          let place = mine[digit]
          mine[digit] = place &+ 1
          to[place] = pass == 2 ? bits(of: key) : key
        }
      }
    }
    swap(&source, &target)
  }
  // Three passes end in the scratch buffer.
  _ = keys.update(fromContentsOf: scratch)
}
