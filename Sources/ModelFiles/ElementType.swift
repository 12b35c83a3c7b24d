/// How one value of a tensor is stored; the raw value is the name that safetensors files use.
///
/// All types of safetensors; a file of another one is refused with the tensor's name.
public enum ElementType: String, Sendable, CaseIterable, Codable {
  case bool = "BOOL"
  case u8 = "U8"
  case i8 = "I8"
  case u16 = "U16"
  case i16 = "I16"
  case u32 = "U32"
  case i32 = "I32"
  case u64 = "U64"
  case i64 = "I64"
  case f16 = "F16"
  case bf16 = "BF16"
  case f32 = "F32"
  case f64 = "F64"
  case f8E4M3 = "F8_E4M3"
  case f8E5M2 = "F8_E5M2"
  case f8E8M0 = "F8_E8M0"
  case f8E4M3FNUZ = "F8_E4M3FNUZ"
  case f8E5M2FNUZ = "F8_E5M2FNUZ"
  case c64 = "C64"
  case f6E2M3 = "F6_E2M3"
  case f6E3M2 = "F6_E3M2"
  case f4 = "F4"

  /// The size of one value in bits; a tensor of less than bytes has whole bytes together.
  public var bitCount: Int {
    switch self {
    case .f4: 4
    case .f6E2M3, .f6E3M2: 6
    case .bool, .u8, .i8, .f8E4M3, .f8E5M2, .f8E8M0, .f8E4M3FNUZ, .f8E5M2FNUZ: 8
    case .u16, .i16, .f16, .bf16: 16
    case .u32, .i32, .f32: 32
    case .u64, .i64, .f64, .c64: 64
    }
  }

  /// The size of one value in bytes, of the types that have whole ones.
  var byteCount: Int { bitCount / 8 }

  package var isInteger: Bool {
    switch self {
    case .u8, .i8, .u16, .i16, .u32, .i32, .u64, .i64: true
    default: false
    }
  }

  /// Whether values can be read as `Float`; smaller floats and complex numbers pass as bytes only.
  package var isNumeric: Bool {
    switch self {
    case .f4, .f6E2M3, .f6E3M2, .f8E4M3, .f8E5M2, .f8E8M0, .f8E4M3FNUZ, .f8E5M2FNUZ, .c64: false
    default: true
    }
  }

  /// Whether such a tensor can be compressed: floating point of 16 bits and more.
  package var isFloat: Bool { Self.floats.contains(self) }

  package static let floats: [ElementType] = [.f64, .f32, .f16, .bf16]
}

/// Which byte of a number comes first.
enum ByteOrder: Sendable {
  case littleEndian, bigEndian
}
