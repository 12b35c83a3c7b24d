/// Appends codes of a fixed or varying width to bytes, the least significant bit first.
struct BitWriter {
  private(set) var bytes: [UInt8] = []
  private var pending: UInt64 = 0
  private var pendingBits = 0

  /// - Parameter width: from 0 to 32 bits; the value must fit.
  mutating func append(_ value: UInt32, width: Int) {
    pending |= UInt64(value) << UInt64(pendingBits)
    pendingBits += width
    while pendingBits >= 8 {
      bytes.append(UInt8(truncatingIfNeeded: pending))
      pending >>= 8
      pendingBits -= 8
    }
  }

  /// The bytes so far; the last one is filled up with zero bits.
  func finished() -> [UInt8] {
    pendingBits == 0 ? bytes : bytes + [UInt8(truncatingIfNeeded: pending)]
  }
}

/// Reads what `BitWriter` wrote.
struct BitReader {
  private let bytes: [UInt8]
  private var position = 0
  private var pending: UInt64 = 0
  private var pendingBits = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next code, or none when the bytes end before it.
  mutating func next(width: Int) -> UInt32? {
    while pendingBits < width {
      guard position < bytes.count else { return nil }
      pending |= UInt64(bytes[position]) << UInt64(pendingBits)
      position += 1
      pendingBits += 8
    }
    let value = UInt32(truncatingIfNeeded: pending & ((1 << UInt64(width)) - 1))
    pending >>= UInt64(width)
    pendingBits -= width
    return value
  }
}
