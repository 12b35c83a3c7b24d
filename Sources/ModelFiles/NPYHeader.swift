/// The header of an npy file: what the values are and how they are laid out.
struct NPYHeader: Equatable {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// Far beyond what a plain array needs; numpy itself trusts no more than 10,000.
  private static let maximumTextByteCount = 1 << 16
  /// What numpy allows.
  static let maximumRank = 64

  let dtype: ElementType
  let byteOrder: ByteOrder
  /// Whether the first dimension, not the last, is the fastest in the file.
  let isFortranOrder: Bool
  let shape: [Int]
  /// The number of values.
  let count: Int
  /// The bytes of the file from its start that the values take.
  let byteRange: Range<Int>

  /// Reads the header from the start of an npy file of numbers, versions 1 to 3.
  ///
  /// - Throws: `ModelFileError.malformedTensor`, and what the source throws.
  init(
    from source: inout some ByteSource, path: String, tensor: String
  ) throws {
    let (fields, dataStart) = try Self.fields(from: &source, path: path, tensor: tensor)
    try self.init(fields, dataStart: dataStart, path: path, tensor: tensor)
  }

  /// Reads what the header says, whatever the type of the values.
  static func fields(
    from source: inout some ByteSource, path: String, tensor: String
  ) throws -> (NPYHeaderScanner.Fields, dataStart: Int) {
    func contradiction(_ expected: String, _ found: String) -> ModelFileError {
      .malformedTensor(path: path, tensor: tensor, expected: expected, found: found)
    }
    func take(_ count: Int) throws -> ByteReader {
      var bytes = [UInt8](repeating: 0, count: count)
      try bytes.withUnsafeMutableBytes { try source.read(into: $0) }
      return ByteReader(bytes, path: path, base: 0)
    }
    var preamble = try take(8)
    guard try preamble.take(6).elementsEqual(Self.magic) else {
      throw contradiction("an npy array, which begins with \\x93NUMPY", "other bytes")
    }
    let version = (try preamble.read(UInt8.self), try preamble.read(UInt8.self))
    guard (1...3).contains(version.0), version.1 == 0 else {
      throw contradiction("npy version 1.0, 2.0 or 3.0", "\(version.0).\(version.1)")
    }
    let lengthByteCount = version.0 == 1 ? 2 : 4
    var lengthField = try take(lengthByteCount)
    let textByteCount =
      version.0 == 1
      ? Int(try lengthField.read(UInt16.self)) : Int(try lengthField.read(UInt32.self))
    guard textByteCount <= Self.maximumTextByteCount else {
      throw contradiction(
        "an npy header of at most \(Self.maximumTextByteCount) bytes", "\(textByteCount)")
    }
    var scanner = NPYHeaderScanner(try take(textByteCount).bytes, path: path, tensor: tensor)
    return (try scanner.read(), 8 + lengthByteCount + textByteCount)
  }

  /// - Throws: `ModelFileError.malformedTensor` when the type is not known or the shape impossible.
  init(
    _ fields: NPYHeaderScanner.Fields, dataStart: Int, path: String, tensor: String
  ) throws {
    func contradiction(_ expected: String, _ found: String) -> ModelFileError {
      .malformedTensor(path: path, tensor: tensor, expected: expected, found: found)
    }
    guard let (dtype, byteOrder) = Self.elementType(fields.descr) else {
      throw contradiction("a numeric dtype of npy", "'\(fields.descr)'")
    }
    guard fields.shape.count <= Self.maximumRank, let size = tensorSize(fields.shape, dtype),
      case (let end, let overflow) = dataStart.addingReportingOverflow(size.byteCount), !overflow
    else { throw contradiction("a possible shape", described(fields.shape)) }
    self.dtype = dtype
    self.byteOrder = byteOrder
    isFortranOrder = fields.isFortranOrder
    shape = fields.shape
    count = size.count
    byteRange = dataStart..<end
  }

  /// What numpy's name of a dtype, such as "<f4", means.
  static func elementType(_ descr: String) -> (ElementType, ByteOrder)? {
    let order: ByteOrder
    switch descr.first {
    case "<", "=", "|": order = .littleEndian
    case ">": order = .bigEndian
    default: return nil
    }
    guard let dtype = codes.first(where: { $0.value == descr.dropFirst() })?.key else { return nil }
    // "|" says that there is no order, which is true of single bytes only.
    return descr.hasPrefix("|") && dtype.byteCount > 1 ? nil : (dtype, order)
  }

  /// What numbers a dtype stands for that no element type here does; none for text, objects, dates, records.
  static func unknownNumbers(_ descr: String) -> String? {
    let kinds: [Character: String] = [
      "f": "floating-point numbers", "c": "complex numbers", "i": "integers",
      "u": "unsigned integers", "b": "booleans", "V": "bytes without a type, as of bfloat16",
    ]
    let code = "<>=|".contains(descr.first ?? " ") ? descr.dropFirst() : descr[...]
    guard let kind = code.first, let width = Int(code.dropFirst()), width > 0 else { return nil }
    return kinds[kind].map { "\(width)-byte \($0)" }
  }

  private static let codes: [ElementType: String] = [
    .bool: "b1", .u8: "u1", .i8: "i1", .u16: "u2", .i16: "i2", .u32: "u4", .i32: "i4",
    .u64: "u8", .i64: "i8", .f16: "f2", .f32: "f4", .f64: "f8",
    .c64: "c8",
  ]

  /// The header that stands before the row-major, little-endian values of a tensor; nothing when
  /// npy has no such dtype or not so many dimensions.
  ///
  /// Padded so that the values begin at a multiple of 64 bytes.
  static func encoded(_ dtype: ElementType, _ shape: [Int]) -> [UInt8]? {
    guard let code = codes[dtype], shape.count <= maximumRank else { return nil }
    let order = dtype.byteCount == 1 ? "|" : "<"
    let sizes = shape.map { "\($0)," }.joined(separator: " ")
    // A tuple of one keeps its comma, a longer one has none after the last size.
    let tuple = shape.count > 1 ? String(sizes.dropLast()) : sizes
    var text = Array(
      "{'descr': '\(order)\(code)', 'fortran_order': False, 'shape': (\(tuple)), }".utf8)
    text.append(contentsOf: repeatElement(0x20, count: -(text.count + 11) & 63))
    text.append(UInt8(ascii: "\n"))
    var header = magic + [1, 0]
    header.append(littleEndian: UInt16(text.count))
    return header + text
  }
}
