extension NPZFile {
  /// Writes an npz file of stored arrays, atomically, holding no more than one piece of it in memory.
  ///
  /// The same input gives the same bytes; the order is kept.
  ///
  /// - Throws: `ModelFileError.cannotWrite`, also for BF16 and other types that npy does not have,
  ///   or what a tensor's provider throws; the file that stood at `path` is then untouched.
  package static func write(_ tensors: [TensorSource], to path: String) throws {
    try write(tensors, to: path, zip64From: Int(UInt32.max), orMembers: Int(UInt16.max))
  }

  /// - Parameters:
  ///   - wideSize: The size or offset from which on the wide fields of zip64 are used.
  ///   - wideCount: The number of members from which on the end record of zip64 is used.
  static func write(
    _ tensors: [TensorSource], to path: String, zip64From wideSize: Int, orMembers wideCount: Int
  ) throws {
    try TensorSource.requireDistinctNames(tensors, path: path)
    try AtomicFile.write(to: path) { writer in
      var zip = ZipWriter(wideSize: wideSize, wideCount: wideCount)
      for tensor in tensors {
        guard let header = NPYHeader.encoded(tensor.dtype, tensor.shape) else {
          throw tensor.cannotWrite(
            path, "npy files have no \(tensor.dtype.rawValue) \(described(tensor.shape))")
        }
        let (byteCount, overflow) = try tensor.byteCount(path: path)
          .addingReportingOverflow(header.count)
        guard !overflow, tensor.name.utf8.count <= Int(UInt16.max) - 4 else {
          throw tensor.cannotWrite(path, "its size or its name is too long for a zip file")
        }
        try zip.append("\(tensor.name).npy", byteCount: byteCount, to: &writer) { writer, crc in
          header.withUnsafeBytes { crc.update($0) }
          try writer.append(header)
          try tensor.write(to: &writer) { crc.update($0) }
        }
      }
      try zip.finish(&writer)
    }
  }
}
