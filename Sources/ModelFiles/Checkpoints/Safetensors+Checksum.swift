// A checksum that other readers of safetensors see as one more tensor: `checksum`, U8 [4], the last
// bytes of the file, holds the CRC-32 of all bytes before it, lowest byte first.

extension SafetensorsFile {
  private static let checksumName = "checksum"

  /// Writes a file as `write` does, with a checksum at its end.
  ///
  /// - Throws: `ModelFileError.cannotWrite`, or what a tensor's provider throws.
  static func writeChecksummed(
    _ tensors: [TensorSource], metadata: [String: String], to path: String
  ) throws {
    // A U8 tensor that comes last in the list comes last in the file, for wide types come first.
    let place = TensorSource(name: checksumName, dtype: .u8, shape: [4], bytes: [0, 0, 0, 0])
    try TensorSource.requireDistinctNames(tensors + [place], path: path)
    let ordered = ordered(tensors + [place])
    let header = try encodedHeader(ordered, metadata, path: path)
    try AtomicFile.write(to: path) { writer in
      var checksum = Checksum()
      header.withUnsafeBytes { checksum.update($0) }
      try writer.append(header)
      for tensor in ordered.dropLast() { try tensor.write(to: &writer) { checksum.update($0) } }
      var bytes: [UInt8] = []
      bytes.append(littleEndian: checksum.value)
      try writer.append(bytes)
    }
  }

  /// Reads the whole file once and compares.
  ///
  /// - Throws: `ModelFileError.malformedModel` when the checksum is missing or another one.
  func requireChecksum() throws {
    guard let last = tensors.last, last.name == Self.checksumName, last.dtype == .u8,
      last.count == 4, last.byteRange.upperBound == file.byteCount
    else {
      throw ModelFileError.malformedModel(path: path, problem: "it has no checksum at its end")
    }
    let end = last.byteRange.lowerBound
    var checksum = Checksum()
    var buffer = [UInt8](repeating: 0, count: min(end, 1 << 20))
    for start in stride(from: 0, to: end, by: max(1, buffer.count)) {
      let count = min(buffer.count, end - start)
      try buffer.withUnsafeMutableBytes { buffer in
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
        try file.read(into: part, at: start)
        checksum.update(UnsafeRawBufferPointer(part))
      }
    }
    var reader = ByteReader(try bytes(Self.checksumName), path: path, base: end)
    guard try reader.read(UInt32.self) == checksum.value else {
      throw ModelFileError.malformedModel(
        path: path, problem: "it is damaged: its checksum is not that of its bytes")
    }
  }
}

/// The CRC-32 of some bytes, to tell whether data is that of an earlier run; no protection against
/// intent.
public func checksum(of bytes: UnsafeRawBufferPointer) -> UInt32 {
  var checksum = Checksum()
  checksum.update(bytes)
  return checksum.value
}
