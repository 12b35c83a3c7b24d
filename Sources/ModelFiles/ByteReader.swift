/// Takes little-endian numbers and runs of bytes from an array, front to back.
struct ByteReader {
  let path: String
  /// Where in the file the first byte of `bytes` stands, for messages.
  let base: Int
  let bytes: [UInt8]
  private(set) var position = 0

  init(_ bytes: [UInt8], path: String, base: Int) {
    self.bytes = bytes
    self.path = path
    self.base = base
  }

  /// Where in the file the next byte stands.
  var offset: Int { base + position }
  /// The number of bytes that were not taken yet.
  var remaining: Int { bytes.count - position }

  /// - Throws: `ModelFileError.truncated` when fewer bytes are left.
  mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
    guard count >= 0, count <= remaining else {
      throw ModelFileError.truncated(path: path, offset: offset, expected: count, found: remaining)
    }
    defer { position += count }
    return bytes[position..<position + count]
  }

  /// - Throws: `ModelFileError.truncated` when fewer bytes are left.
  mutating func read<Value: FixedWidthInteger & UnsignedInteger>(_: Value.Type) throws -> Value {
    try take(MemoryLayout<Value>.size).reversed().reduce(0) { $0 << 8 | Value($1) }
  }

  /// A number of bytes or an offset that is stored in eight bytes.
  ///
  /// - Throws: `ModelFileError.malformed` when it does not fit an `Int`, `.truncated`.
  mutating func readCount() throws -> Int {
    let start = offset
    let value = try read(UInt64.self)
    guard let count = Int(exactly: value) else {
      throw ModelFileError.malformed(
        path: path, offset: start, expected: "a size below 2^63", found: "\(value)")
    }
    return count
  }
}

extension [UInt8] {
  /// Appends the number's bytes, lowest first.
  mutating func append<Value: FixedWidthInteger>(littleEndian value: Value) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
