extension ElementType {
  /// Converts stored values to `Float`.
  ///
  /// Exact for F16, BF16, F32 and integers of up to 24 bits. Larger integers and F64 are rounded to
  /// the nearest `Float`, ties to even; an F64 beyond the range of `Float` becomes infinite.
  /// A BOOL is 1 unless its byte is 0.
  ///
  /// - Precondition: the type is numeric and `bytes.count == floats.count * byteCount`.
  func convert(
    _ bytes: UnsafeRawBufferPointer, _ byteOrder: ByteOrder,
    to floats: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(bytes.count == floats.count * byteCount)
    switch self {
    case .bool: fill(floats, bytes, byteOrder) { (value: UInt8) in value == 0 ? 0 : 1 }
    case .u8: fill(floats, bytes, byteOrder) { (value: UInt8) in Float(value) }
    case .i8: fill(floats, bytes, byteOrder) { (value: Int8) in Float(value) }
    case .u16: fill(floats, bytes, byteOrder) { (value: UInt16) in Float(value) }
    case .i16: fill(floats, bytes, byteOrder) { (value: Int16) in Float(value) }
    case .u32: fill(floats, bytes, byteOrder) { (value: UInt32) in Float(value) }
    case .i32: fill(floats, bytes, byteOrder) { (value: Int32) in Float(value) }
    case .u64: fill(floats, bytes, byteOrder) { (value: UInt64) in Float(value) }
    case .i64: fill(floats, bytes, byteOrder) { (value: Int64) in Float(value) }
    case .f16: fill(floats, bytes, byteOrder) { HalfPrecision.float(f16: $0) }
    case .bf16: fill(floats, bytes, byteOrder) { HalfPrecision.float(bf16: $0) }
    case .f32: fill(floats, bytes, byteOrder) { Float(bitPattern: $0) }
    case .f64: fill(floats, bytes, byteOrder) { Float(Double(bitPattern: $0)) }
    case .f4, .f6E2M3, .f6E3M2, .f8E4M3, .f8E5M2, .f8E8M0, .f8E4M3FNUZ, .f8E5M2FNUZ, .c64:
      preconditionFailure("\(rawValue) has no conversion to Float")
    }
  }

  /// In bounds: `convert` has checked that `bytes` has a whole `Bits` for each of `floats`.
  @inline(__always)
  private func fill<Bits: FixedWidthInteger>(
    _ floats: UnsafeMutableBufferPointer<Float>, _ bytes: UnsafeRawBufferPointer,
    _ byteOrder: ByteOrder, _ convert: (Bits) -> Float
  ) {
    let size = MemoryLayout<Bits>.size
    switch byteOrder {
    case .littleEndian:
      for index in floats.indices {
        let bits = bytes.loadUnaligned(fromByteOffset: index &* size, as: Bits.self)
        floats.initializeElement(at: index, to: convert(Bits(littleEndian: bits)))
      }
    case .bigEndian:
      for index in floats.indices {
        let bits = bytes.loadUnaligned(fromByteOffset: index &* size, as: Bits.self)
        floats.initializeElement(at: index, to: convert(Bits(bigEndian: bits)))
      }
    }
  }
}

/// Reads the next `count` values of a source as `Float`.
///
/// Little-endian F32 goes straight into the array; other types pass through a small buffer.
///
/// - Precondition: the type is numeric and `count * dtype.byteCount` does not overflow.
func readFloats(
  _ count: Int, of dtype: ElementType, _ byteOrder: ByteOrder, from source: inout some ByteSource
) throws -> [Float] {
  try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
    let floats = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
    if dtype == .f32 && byteOrder == .littleEndian {
      try source.read(into: UnsafeMutableRawBufferPointer(floats))
    } else {
      let chunk = min(count, 1 << 16)
      let scratch = UnsafeMutableRawBufferPointer.allocate(
        byteCount: chunk * dtype.byteCount, alignment: 8)
      defer { scratch.deallocate() }
      for start in stride(from: 0, to: count, by: max(chunk, 1)) {
        let part = UnsafeMutableBufferPointer(rebasing: floats[start..<min(start + chunk, count)])
        let bytes = UnsafeMutableRawBufferPointer(
          rebasing: scratch[..<(part.count * dtype.byteCount)])
        try source.read(into: bytes)
        dtype.convert(UnsafeRawBufferPointer(bytes), byteOrder, to: part)
      }
    }
    initialized = count
  }
}
