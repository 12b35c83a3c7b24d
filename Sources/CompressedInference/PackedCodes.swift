import Compression

/// Codes of a fixed width, one after the other without a bit between them.
struct PackedCodes: Sendable {
  let count: Int
  /// From 0 to 16 bits.
  let width: Int
  private let words: [UInt64]

  init(_ codes: ArraySlice<UInt16>, width: Int) {
    count = codes.count
    self.width = width
    var words = [UInt64](repeating: 0, count: (codes.count * width + 63) / 64)
    for (index, code) in codes.enumerated() where width > 0 {
      let bit = index * width
      words[bit / 64] |= UInt64(code) << UInt64(bit % 64)
      // `<<` by less than 64 drops what belongs to the next word.
      if bit % 64 + width > 64 { words[bit / 64 + 1] |= UInt64(code) >> UInt64(64 - bit % 64) }
    }
    self.words = words
  }

  var byteCount: Int { 8 * words.count }

  /// Calls `body(index in the range, code)` for the codes of a range, in order.
  @inline(__always)
  func forEach(in range: Range<Int>, _ body: (Int, Int) -> Void) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    guard width > 0 else {
      for index in 0..<range.count { body(index, 0) }
      return
    }
    let mask: UInt64 = (1 << UInt64(width)) - 1
    var word = range.lowerBound * width / 64
    var offset = range.lowerBound * width % 64
    for index in 0..<range.count {
      var code = words[word] >> UInt64(offset)
      if offset + width > 64 { code |= words[word + 1] << UInt64(64 - offset) }
      body(index, Int(code & mask))
      offset += width
      if offset >= 64 {
        offset -= 64
        word += 1
      }
    }
  }
}
