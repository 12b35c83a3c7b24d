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

extension BitReader {
  /// The first `count` codes of at most 16 bits; zeros where the bytes end before.
  ///
  /// - Complexity: O(count), about a nanosecond a code.
  static func codes(_ bytes: [UInt8], width: Int, count: Int) -> [UInt16] {
    precondition((0...16).contains(width))
    let mask = UInt32(1 << width) - 1
    var codes = [UInt16](repeating: 0, count: count)
    guard width > 0 else { return codes }
    // A code and the up to seven bits before it are within the four bytes from its first on.
    let fast = bytes.count < 4 ? 0 : min(count, ((bytes.count - 4) * 8) / width)
    bytes.withUnsafeBytes { bytes in
      codes.withUnsafeMutableBufferPointer { codes in
        for index in 0..<fast {
          let bit = index &* width
          // In bounds: index · width / 8 is at most the number of bytes less four.
          let four = UInt32(
            littleEndian: bytes.loadUnaligned(fromByteOffset: bit >> 3, as: UInt32.self))
          codes[index] = UInt16(truncatingIfNeeded: four >> UInt32(bit & 7) & mask)
        }
      }
    }
    for index in fast..<count {
      var code: UInt32 = 0
      let bit = index * width
      for (place, byte) in bytes.dropFirst(bit >> 3).prefix(4).enumerated() {
        code |= UInt32(byte) << UInt32(8 * place)
      }
      codes[index] = UInt16(truncatingIfNeeded: code >> UInt32(bit & 7) & mask)
    }
    return codes
  }
}
