import LinearAlgebra

extension SafetensorsFile {
  /// Writes a safetensors file, atomically, holding no more than one piece of it in memory.
  ///
  /// The same input gives the same bytes. Tensors of larger element types come first, as in the
  /// format's own implementation, so that every value is aligned to its size; otherwise the given
  /// order is kept. Metadata is sorted by key.
  ///
  /// - Throws: `ModelFileError.cannotWrite`, or what a tensor's provider throws; the file that
  ///   stood at `path` is then untouched.
  public static func write(
    _ tensors: [TensorSource], metadata: [String: String] = [:], to path: String
  ) throws {
    try TensorSource.requireDistinctNames(tensors, path: path)
    let ordered = ordered(tensors)
    let header = try encodedHeader(ordered, metadata, path: path)
    try AtomicFile.write(to: path) { writer in
      try writer.append(header)
      for tensor in ordered { try tensor.write(to: &writer) }
    }
  }

  /// The CRC-32 of a tensor's bytes, of which it holds few at a time.
  func checksum(of tensor: TensorEntry) throws -> UInt32 {
    let piece = 1 << 20
    var checksum = Checksum()
    for start in stride(
      from: tensor.byteRange.lowerBound, to: tensor.byteRange.upperBound, by: piece)
    {
      let count = min(piece, tensor.byteRange.upperBound - start)
      try file.bytes(at: start, count: count).withUnsafeBytes { checksum.update($0) }
    }
    return checksum.value
  }

  /// The size in bytes of the file that `write` would write.
  ///
  /// - Throws: `ModelFileError.cannotWrite` where `write` would.
  package static func byteCount(_ tensors: [TensorSource], metadata: [String: String] = [:]) throws
    -> Int
  {
    let header = try encodedHeader(ordered(tensors), metadata, path: "")
    return try tensors.reduce(header.count) { try $0 + $1.byteCount(path: "") }
  }

  static func ordered(_ tensors: [TensorSource]) -> [TensorSource] {
    tensors.enumerated().sorted {
      ($1.element.dtype.bitCount, $0.offset) < ($0.element.dtype.bitCount, $1.offset)
    }.map(\.element)
  }

  /// The header with its length before it, padded with spaces to a multiple of eight bytes.
  static func encodedHeader(
    _ tensors: [TensorSource], _ metadata: [String: String], path: String
  ) throws -> [UInt8] {
    var members: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      let texts = pairs.map { "\(quotedForJSON($0.key)):\(quotedForJSON($0.value))" }
      members.append("\"\(SafetensorsHeader.metadataKey)\":{\(texts.joined(separator: ","))}")
    }
    var offset = 0
    for tensor in tensors {
      guard tensor.name != SafetensorsHeader.metadataKey else {
        throw tensor.cannotWrite(path, "the name is reserved")
      }
      let (end, overflow) = offset.addingReportingOverflow(try tensor.byteCount(path: path))
      guard !overflow else { throw tensor.cannotWrite(path, "the file would be too large") }
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      members.append(
        "\(quotedForJSON(tensor.name)):{\"dtype\":\"\(tensor.dtype.rawValue)\","
          + "\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var text = Array("{\(members.joined(separator: ","))}".utf8)
    text.append(contentsOf: repeatElement(0x20, count: -text.count & 7))
    guard text.count <= SafetensorsHeader.maximumByteCount else {
      throw ModelFileError.cannotWrite(
        path: path, reason: "the header would have \(text.count) bytes, too many for safetensors")
    }
    var header: [UInt8] = []
    header.append(littleEndian: UInt64(text.count))
    return header + text
  }
}
