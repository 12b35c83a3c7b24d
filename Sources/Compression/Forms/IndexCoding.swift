/// How the places of sparse entries are written, and how many bits that takes.
package struct IndexCoding: Sendable, Equatable {
  package enum Scheme: Sendable, Equatable {
    /// The number of skipped places before each entry, in `width` bits. The code 2^width − 1 is a
    /// filler: that many places are skipped and no entry follows.
    case gaps(width: Int)
    /// One bit a place.
    case bitmap
    /// Each place by itself in ⌈log₂ n⌉ bits.
    case absolute(width: Int)
  }

  package let scheme: Scheme
  /// The bits of all places together, fillers counted.
  package let bits: Int

  /// The coding of a form's units: its places, or those of its blocks, with the fewest bits; for runs
  /// the places in each run, ⌈log₂ run⌉ bits each.
  package static func cheapest(for form: Sparse) -> IndexCoding {
    switch form.pattern {
    case .free: return cheapest(places: form.indices, of: form.count)
    case .blocks(let grid): return cheapest(places: form.units, of: grid.blockCount)
    case .runs(_, let run, _):
      let width = bitsToTellApart(run)
      return IndexCoding(scheme: .absolute(width: width), bits: form.indices.count * width)
    }
  }

  /// The scheme with the fewest bits; gaps are preferred, narrow ones first, when several tie.
  ///
  /// - Parameter places: ascending, less than `count`.
  /// - Complexity: O(κ).
  package static func cheapest(places: [UInt32], of count: Int) -> IndexCoding {
    var best = IndexCoding(scheme: .bitmap, bits: count)
    let absolute = bitsToTellApart(count)
    consider(.absolute(width: absolute), bits: places.count * absolute)
    let gaps = Gaps(places)
    for width in (1...32).reversed() {
      consider(.gaps(width: width), bits: gaps.codes(width: width) * width)
    }
    return best

    func consider(_ scheme: Scheme, bits: Int) {
      if bits <= best.bits { best = IndexCoding(scheme: scheme, bits: bits) }
    }
  }

  /// How often each gap occurs; the few long ones are listed.
  private struct Gaps {
    private static let short = 4096
    private var counts = [Int](repeating: 0, count: short)
    private var long: [Int] = []
    private let entries: Int
    private let largest: Int

    init(_ places: [UInt32]) {
      entries = places.count
      var next = 0
      var largest = 0
      for place in places {
        let gap = Int(place) - next
        if gap < Self.short { counts[gap] += 1 } else { long.append(gap) }
        largest = max(largest, gap)
        next = Int(place) + 1
      }
      self.largest = largest
    }

    /// The number of codes of that width: one an entry, and the fillers.
    func codes(width: Int) -> Int {
      let filler = (1 << width) - 1
      guard filler <= largest else { return entries }
      var codes = entries
      for gap in stride(from: filler, to: Self.short, by: 1) {
        codes += counts[gap] * (gap / filler)
      }
      for gap in long { codes += gap / filler }
      return codes
    }
  }
}
