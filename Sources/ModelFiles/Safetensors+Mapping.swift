import Foundation

extension SafetensorsFile {
  /// Calls the body with the values of one tensor as they stand in the file, row-major and
  /// little-endian, without reading them into memory: only the pages that the body touches are read,
  /// and the system may drop them again. For tensors of any size, beyond that of memory too.
  ///
  /// The pointer is not aligned to the values and is not valid after the call. A file that another
  /// process cuts shorter *during* the call kills this process (SIGBUS); where that can happen,
  /// `bytes(_:)` and `floats(_:)` give an error instead.
  ///
  /// - Throws: `ModelFileError.noSuchTensor`, `.truncated` when the file has become shorter since it
  ///   was opened, `.cannotRead`; what the body throws.
  package func withMappedBytes<Result>(
    _ name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard let tensor = self[name] else {
      throw ModelFileError.noSuchTensor(path: path, tensor: name)
    }
    return try file.withMapping(of: tensor.byteRange, body)
  }
}

extension InputFile {
  func withMapping<Result>(
    of range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let size = try currentByteCount()
    guard range.lowerBound >= 0, range.upperBound <= size else {
      throw ModelFileError.truncated(
        path: path, offset: range.lowerBound, expected: range.count,
        found: max(0, size - range.lowerBound))
    }
    // Nothing cannot be mapped.
    guard !range.isEmpty else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
    // A mapping begins on a page.
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let start = range.lowerBound / page * page
    let count = range.upperBound - start
    guard let pages = map(from: start, count: count), pages != MAP_FAILED else {
      throw ModelFileError.cannotRead(path: path, reason: reason(of: errno))
    }
    defer { munmap(pages, count) }
    let whole = UnsafeRawBufferPointer(start: pages, count: count)
    return try body(UnsafeRawBufferPointer(rebasing: whole[(range.lowerBound - start)...]))
  }
}
