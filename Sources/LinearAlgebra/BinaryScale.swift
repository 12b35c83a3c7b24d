extension Array where Element == Float {
  /// The exponent of a power of two by which these numbers should be divided, because their squares and
  /// sums would leave the range of a `Float` or its full precision; 0 where their magnitudes do not
  /// exceed 2⁴⁰ and reach 2⁻⁴⁰. O(n).
  ///
  /// The largest magnitude is then from 1 to 2, so that what is found at w and at 2ᵏ·w is the same.
  package var uncomfortableExponent: Int {
    // The bits of a magnitude are ordered as it is.
    var parts = [UInt32](repeating: 0, count: partCount(of: count, grain: 65_536))
    withUnsafeBufferPointer { values in
      parts.withUnsafeMutableBufferPointer { parts in
        let parts = parts
        parallel(over: values.count, parts: parts.count) { part, range in
          var bits: UInt32 = 0
          for index in range { bits = Swift.max(bits, values[index].bitPattern & 0x7FFF_FFFF) }
          parts[part] = bits
        }
      }
    }
    let largest = Float(bitPattern: parts.reduce(0, Swift.max))
    guard largest > 0, largest.isFinite, !(0x1p-40...0x1p40).contains(largest) else { return 0 }
    return Int(largest.exponent)
  }

  /// These numbers times a power of two; exact unless the result is denormal or infinite. O(n).
  package func scaled(byPowerOfTwo exponent: Int) -> [Float] {
    // In two steps, because 2^exponent itself may not be a Float.
    let first = Float(sign: .plus, exponent: exponent / 2, significand: 1)
    let second = Float(sign: .plus, exponent: exponent - exponent / 2, significand: 1)
    return map { $0 * first * second }
  }
}
