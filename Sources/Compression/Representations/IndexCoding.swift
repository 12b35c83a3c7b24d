/// How the places of sparse entries are written, and how many bits that takes.
public struct IndexCoding: Sendable, Equatable {
  public enum Scheme: Sendable, Equatable {
    /// The number of skipped places before each entry, in `width` bits. The code 2^width − 1 is a
    /// filler: that many places are skipped and no entry follows.
    case gaps(width: Int)
    /// One bit a weight.
    case bitmap
    /// Each index by itself in ⌈log₂ n⌉ bits.
    case absolute(width: Int)
  }

  public let scheme: Scheme
  /// The bits of all places together, fillers counted.
  public let bits: Int

  /// The scheme with the fewest bits; gaps are preferred, narrow ones first, when several tie.
  ///
  /// - Complexity: O(32·κ).
  public static func cheapest(for form: Sparse) -> IndexCoding {
    var best = IndexCoding(scheme: .bitmap, bits: form.count)
    let absolute = bitsToTellApart(form.count)
    consider(.absolute(width: absolute), bits: form.indices.count * absolute)
    for width in (1...32).reversed() {
      consider(.gaps(width: width), bits: gapCodes(of: form, width: width) * width)
    }
    return best

    func consider(_ scheme: Scheme, bits: Int) {
      if bits <= best.bits { best = IndexCoding(scheme: scheme, bits: bits) }
    }
  }

  /// The number of codes of that width: one an entry, and the fillers.
  private static func gapCodes(of form: Sparse, width: Int) -> Int {
    let filler = (1 << width) - 1
    var next = 0
    var codes = form.indices.count
    for index in form.indices {
      codes += (Int(index) - next) / filler
      next = Int(index) + 1
    }
    return codes
  }
}
