/// An npy file that is open for reading, as a file with one tensor.
///
/// The tensor has the file's name without folders and `.npy`.
package final class NPYFile: TensorFile {
  package let path: String
  package var tensors: [TensorEntry] { directory.tensors }
  private let file: InputFile
  private let header: NPYHeader
  private let directory: TensorDirectory

  /// - Throws: `ModelFileError` when the file is missing, unreadable or not an npy file of numbers.
  package convenience init(path: String) throws {
    try self.init(file: InputFile(path: path))
  }

  init(file: InputFile) throws {
    self.file = file
    path = file.path
    let fileName = path.split(separator: "/").last ?? ""
    let name = String(fileName.hasSuffix(".npy") ? fileName.dropLast(4) : fileName)
    var cursor = InputFile.Cursor(file: file, offset: 0)
    header = try NPYHeader(from: &cursor, path: path, tensor: name)
    try header.requireSize(file.byteCount, path: path, tensor: name)
    directory = try TensorDirectory([header.entry(named: name)], path: path)
  }

  package func floats(_ name: String) throws -> [Float] {
    _ = try directory.numeric(name, path: path)
    var cursor = InputFile.Cursor(file: file, offset: header.byteRange.lowerBound)
    return try header.readFloats(from: &cursor)
  }

  package func bytes(_ name: String) throws -> [UInt8] {
    _ = try directory.position(name, path: path)
    var cursor = InputFile.Cursor(file: file, offset: header.byteRange.lowerBound)
    return try header.readBytes(from: &cursor)
  }
}

extension NPYHeader {
  /// The header's tensor under the name that the surrounding file gives it.
  func entry(named name: String) -> TensorEntry {
    TensorEntry(name: name, dtype: dtype, shape: shape, count: count, byteRange: byteRange)
  }

  /// - Throws: `ModelFileError.malformedTensor` unless a file of that size just holds the values.
  func requireSize(_ byteCount: Int, path: String, tensor: String) throws {
    guard byteCount == byteRange.upperBound else {
      throw ModelFileError.malformedTensor(
        path: path, tensor: tensor,
        expected: "\(byteRange.upperBound) bytes for \(dtype.rawValue) \(described(shape))",
        found: "\(byteCount) bytes")
    }
  }

  /// Reads the values from where they begin and puts them into row-major order.
  func readFloats(from source: inout some ByteSource) throws -> [Float] {
    let floats = try ModelFiles.readFloats(count, of: dtype, byteOrder, from: &source)
    return isFortranOrder ? rowMajor(fromColumnMajor: floats, shape: shape) : floats
  }

  /// Reads the values as they are and puts them into row-major order, the lowest byte of each first.
  func readBytes(from source: inout some ByteSource) throws -> [UInt8] {
    switch dtype.byteCount {
    case 2: try readBytes(as: UInt16.self, from: &source)
    case 4: try readBytes(as: UInt32.self, from: &source)
    case 8: try readBytes(as: UInt64.self, from: &source)
    default: try readBytes(as: UInt8.self, from: &source)
    }
  }

  private func readBytes<Bits: FixedWidthInteger>(
    as _: Bits.Type, from source: inout some ByteSource
  ) throws -> [UInt8] {
    var values = [Bits](repeating: 0, count: count)
    try values.withUnsafeMutableBytes { try source.read(into: $0) }
    if byteOrder == .bigEndian {
      for index in values.indices { values[index] = values[index].byteSwapped }
      if dtype == .c64 {
        // Two numbers, each with its bytes the other way round; the real part stays the first.
        let half = Bits.bitWidth / 2
        for index in values.indices {
          values[index] = values[index] << half | values[index] >> half
        }
      }
    }
    if isFortranOrder { values = rowMajor(fromColumnMajor: values, shape: shape) }
    return values.withUnsafeBytes { Array($0) }
  }
}

/// Reorders values whose first dimension is the fastest so that the last one is.
///
/// - Precondition: `values.count` is the product of the shape.
/// - Complexity: O(n) time, a second array of n values.
func rowMajor<Value>(fromColumnMajor values: [Value], shape: [Int]) -> [Value] {
  let outer = shape.filter { $0 != 1 }.dropLast()
  // At most one dimension is longer than 1, or there are no values: both orders are the same.
  guard let columns = shape.last(where: { $0 != 1 }), !outer.isEmpty, !values.isEmpty else {
    return values
  }
  let columnStride = values.count / columns
  var strides = [1]
  for size in outer.dropLast() { strides.append(strides[strides.count - 1] * size) }
  var index = [Int](repeating: 0, count: outer.count)
  var rowStart = 0
  var result: [Value] = []
  result.reserveCapacity(values.count)
  while result.count < values.count {
    for column in 0..<columns { result.append(values[rowStart + column * columnStride]) }
    // Count the outer index up, the last dimension fastest.
    for axis in outer.indices.reversed() {
      index[axis] += 1
      rowStart += strides[axis]
      if index[axis] < outer[axis] { break }
      rowStart -= outer[axis] * strides[axis]
      index[axis] = 0
    }
  }
  return result
}
