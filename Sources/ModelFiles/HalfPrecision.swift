/// The two 16-bit floating-point formats of model files, as bits.
///
/// F16 is IEEE 754 binary16 (5 bits of exponent, 10 of fraction); BF16 is the upper half of a
/// `Float` (8 and 7).
package enum HalfPrecision {
  /// The value of an F16; exact.
  package static func float(f16 bits: UInt16) -> Float {
    // With exponent and fraction in a Float's fields, the value is too small by 2^(127 - 15); the
    // product is exact for subnormal numbers too. Branch-free, so that loops vectorise.
    let magnitude = UInt32(bits & 0x7FFF) << 13
    let scaled = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
    let special: UInt32 = magnitude >= 0x0F80_0000 ? 0x7F80_0000 : 0
    return Float(bitPattern: scaled | special | UInt32(bits & 0x8000) << 16)
  }

  /// The value of a BF16; exact.
  package static func float(bf16 bits: UInt16) -> Float {
    Float(bitPattern: UInt32(bits) << 16)
  }

  /// The F16 nearest to a value, ties to even; values from 65520 on become infinite.
  package static func f16(_ value: Float) -> UInt16 {
    Float16(value).bitPattern
  }

  /// The BF16 nearest to a value, ties to even; a NaN stays one.
  package static func bf16(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    // Rounding could carry a NaN's fraction into the sign; its upper bits and "quiet" will do.
    if value.isNaN { return UInt16(bits >> 16) | 0x0040 }
    let halfMinusTie = 0x7FFF + (bits >> 16 & 1)
    return UInt16((bits + halfMinusTie) >> 16)
  }
}
