/// What activations are kept as: 32-bit floats, or their upper 16 bits. Arithmetic is always on
/// 32-bit floats, eight at a time.
protocol ActivationElement {
  static func load8(_ pointer: UnsafePointer<Self>) -> SIMD8<Float>
  static func store8(_ values: SIMD8<Float>, _ pointer: UnsafeMutablePointer<Self>)
  init(rounding value: Float)
  var float: Float { get }
}

extension Float: ActivationElement {
  @inline(__always) static func load8(_ pointer: UnsafePointer<Float>) -> SIMD8<Float> {
    UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<Float>.self)
  }

  @inline(__always)
  static func store8(_ values: SIMD8<Float>, _ pointer: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: values, as: SIMD8<Float>.self)
  }

  @inline(__always) init(rounding value: Float) { self = value }
  @inline(__always) var float: Float { self }
}

/// A float without its lower 16 bits, rounded to nearest even.
struct BFloat16: ActivationElement {
  var bits: UInt16

  @inline(__always) init(rounding value: Float) {
    let pattern = value.bitPattern
    let rounded = pattern &+ 0x7FFF &+ ((pattern >> 16) & 1)
    // A NaN must not be rounded into an infinity.
    bits = value.isNaN ? 0x7FC0 : UInt16(truncatingIfNeeded: rounded >> 16)
  }

  @inline(__always) var float: Float { Float(bitPattern: UInt32(bits) << 16) }

  @inline(__always) static func load8(_ pointer: UnsafePointer<BFloat16>) -> SIMD8<Float> {
    let bits = UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<UInt16>.self)
    return unsafeBitCast(SIMD8<UInt32>(truncatingIfNeeded: bits) &<< 16, to: SIMD8<Float>.self)
  }

  /// Stores values whose lower 16 bits are zero, such as whole numbers up to 256.
  @inline(__always)
  static func storeUpper8(_ values: SIMD8<Float>, _ pointer: UnsafeMutablePointer<BFloat16>) {
    let upper = unsafeBitCast(values, to: SIMD8<Int32>.self) &>> 16
    UnsafeMutableRawPointer(pointer).storeBytes(
      of: SIMD8<Int16>(truncatingIfNeeded: upper), as: SIMD8<Int16>.self)
  }

  /// NaN with all upper mantissa bits set may become −0; the loss is NaN long before.
  @inline(__always)
  static func store8(_ values: SIMD8<Float>, _ pointer: UnsafeMutablePointer<BFloat16>) {
    let pattern = unsafeBitCast(values, to: SIMD8<UInt32>.self)
    let rounded = pattern &+ 0x7FFF &+ ((pattern &>> 16) & 1)
    // An arithmetic shift, so that the narrowing is one saturating instruction.
    let upper = unsafeBitCast(rounded, to: SIMD8<Int32>.self) &>> 16
    UnsafeMutableRawPointer(pointer).storeBytes(
      of: SIMD8<Int16>(truncatingIfNeeded: upper), as: SIMD8<Int16>.self)
  }
}

extension SIMD8<Float> {
  /// max(x, 0); NaN stays NaN.
  @inline(__always) var rectified: SIMD8<Float> { replacing(with: 0, where: self .< 0) }

  /// These values where the others are positive, zero elsewhere.
  @inline(__always) func kept(where others: SIMD8<Float>) -> SIMD8<Float> {
    SIMD8<Float>(repeating: 0).replacing(with: self, where: others .> 0)
  }
}
