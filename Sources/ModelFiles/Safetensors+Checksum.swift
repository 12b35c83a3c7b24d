// A checksum that other readers of safetensors see as one more tensor: `checksum`, U8 [4], the last
// bytes of the file, holds the CRC-32 of all bytes before it, lowest byte first.

import LinearAlgebra

extension SafetensorsFile {
  private static let checksumName = "checksum"

  private static let checksumSource = TensorSource(
    name: checksumName, dtype: .u8, shape: [4], bytes: [0, 0, 0, 0])

  /// Writes a file as `write` does, with a checksum at its end.
  ///
  /// - Parameter check: is given the open file and the CRC-32 of what each tensor's provider gave, before
  ///   the file gets its name.
  /// - Throws: `ModelFileError.cannotWrite`, or what a tensor's provider or `check` throws; there is no
  ///   new file then.
  static func writeChecksummed(
    _ tensors: [TensorSource], metadata: [String: String], to path: String,
    check: ((SafetensorsFile, [ExactName: UInt32]) throws -> Void)? = nil
  ) throws {
    try TensorSource.requireDistinctNames(tensors + [checksumSource], path: path)
    let ordered = ordered(tensors) + [checksumSource]
    let header = try encodedHeader(ordered, metadata, path: path)
    var checksums: [ExactName: UInt32] = [:]
    func checkTemporary(_ temporary: String) throws {
      try check?(SafetensorsFile(path: temporary), checksums)
    }
    try AtomicFile.write(to: path, check: checkTemporary) { writer in
      var checksum = Checksum()
      header.withUnsafeBytes { checksum.update($0) }
      try writer.append(header)
      for tensor in ordered.dropLast() {
        var own = Checksum()
        try tensor.write(to: &writer) {
          checksum.update($0)
          if check != nil { own.update($0) }
        }
        checksums[ExactName(tensor.name)] = own.value
      }
      var bytes: [UInt8] = []
      bytes.append(littleEndian: checksum.value)
      try writer.append(bytes)
    }
  }

  /// The size in bytes of the file that `writeChecksummed` would write.
  ///
  /// - Throws: `ModelFileError.cannotWrite` where it would.
  static func checksummedByteCount(_ tensors: [TensorSource], metadata: [String: String]) throws
    -> Int
  { try byteCount(tensors + [checksumSource], metadata: metadata) }

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
package func checksum(of bytes: UnsafeRawBufferPointer) -> UInt32 {
  var checksum = Checksum()
  checksum.update(bytes)
  return checksum.value
}
