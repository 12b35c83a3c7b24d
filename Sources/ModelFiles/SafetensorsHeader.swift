/// The JSON header of a safetensors file, checked as the format's specification demands.
struct SafetensorsHeader {
  /// The limit that the format's own implementation sets.
  static let maximumByteCount = 100_000_000
  static let metadataKey = "__metadata__"

  /// In the order of the data; of empty tensors at the same place, in that of the header.
  private(set) var tensors: [TensorEntry] = []
  private(set) var metadata: [String: String] = [:]

  /// Reads the header of an open file.
  ///
  /// - Throws: `ModelFileError`, when anything about the file but the values themselves is wrong.
  init(of file: InputFile) throws {
    var preamble = ByteReader(
      try file.bytes(at: 0, count: 8), path: file.path, base: 0)
    let length = try preamble.read(UInt64.self)
    guard length <= Self.maximumByteCount, let byteCount = Int(exactly: length) else {
      throw ModelFileError.malformed(
        path: file.path, offset: 0,
        expected: "a safetensors, npz or npy file",
        found: "another kind (as safetensors its header would have \(length) bytes)")
    }
    var scanner = JSONScanner(
      try file.bytes(at: 8, count: byteCount), path: file.path, base: 8)
    guard scanner.next == UInt8(ascii: "{") else {
      throw scanner.error(at: 0, expected: "a safetensors header, which begins with '{'")
    }
    let data = (8 + byteCount)..<file.byteCount
    try scanner.readObject { scanner, key in
      if key == Self.metadataKey {
        try scanner.readObject { scanner, key in
          let start = scanner.position
          // The keys differ in their bytes, but the dictionary would keep one of them.
          guard metadata.updateValue(try scanner.readString(), forKey: key) == nil else {
            throw scanner.error(
              at: start, expected: "metadata keys that differ in more than their composition",
              found: "'\(key)' again")
          }
        }
      } else {
        tensors.append(try Self.readTensor(named: key, data: data, from: &scanner))
      }
    }
    try scanner.readEnd()
    try requireSeamless(data, path: file.path)
  }

  /// Reads `{"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}`; other keys are ignored.
  private static func readTensor(
    named name: String, data: Range<Int>, from scanner: inout JSONScanner
  ) throws -> TensorEntry {
    func contradiction(_ expected: String, _ found: String) -> ModelFileError {
      .malformedTensor(path: scanner.path, tensor: name, expected: expected, found: found)
    }
    var dtypeName: String?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.readObject { scanner, key in
      switch key {
      case "dtype": dtypeName = try scanner.readString()
      case "shape": shape = try readCounts(atMost: 1024, from: &scanner)
      case "data_offsets": offsets = try readCounts(atMost: 2, from: &scanner)
      default: try scanner.skipValue()
      }
    }
    guard let dtypeName, let shape, let offsets else {
      let missing = dtypeName == nil ? "dtype" : shape == nil ? "shape" : "data_offsets"
      throw contradiction("a \(missing)", "none")
    }
    guard let dtype = ElementType(rawValue: dtypeName) else {
      throw contradiction("a known dtype", "'\(dtypeName)'")
    }
    guard let size = tensorSize(shape, dtype) else {
      throw contradiction(
        "whole bytes, fewer than 2^63 of them", "\(dtypeName) \(described(shape))")
    }
    guard offsets.count == 2, offsets[0] <= offsets[1], offsets[1] <= data.count else {
      throw contradiction("data_offsets in order, within 0…\(data.count)", described(offsets))
    }
    guard offsets[1] - offsets[0] == size.byteCount else {
      throw contradiction(
        "\(size.byteCount) bytes for \(dtypeName) \(described(shape))",
        "\(offsets[1] - offsets[0]) bytes")
    }
    return TensorEntry(
      name: name, dtype: dtype, shape: shape, count: size.count,
      byteRange: data.lowerBound + offsets[0]..<data.lowerBound + offsets[1])
  }

  private static func readCounts(atMost limit: Int, from scanner: inout JSONScanner) throws -> [Int]
  {
    var counts: [Int] = []
    try scanner.readArray { scanner in
      guard counts.count < limit else {
        throw scanner.error(at: scanner.position, expected: "at most \(limit) numbers")
      }
      counts.append(try scanner.readCount())
    }
    return counts
  }

  /// Sorts the tensors by their places and checks that they cover the data, once and wholly.
  private mutating func requireSeamless(_ data: Range<Int>, path: String) throws {
    let order = tensors.enumerated().sorted {
      let (left, right) = ($0.element.byteRange, $1.element.byteRange)
      return (left.lowerBound, left.upperBound, $0.offset)
        < (right.lowerBound, right.upperBound, $1.offset)
    }
    tensors = order.map(\.element)
    var end = data.lowerBound
    for tensor in tensors {
      let begin = tensor.byteRange.lowerBound
      guard begin == end else {
        throw ModelFileError.malformedTensor(
          path: path, tensor: tensor.name,
          expected: "data from byte \(end - data.lowerBound) on, where the tensor before it ends",
          found: "\(begin < end ? "an overlap" : "a hole"), from byte \(begin - data.lowerBound) on"
        )
      }
      end = tensor.byteRange.upperBound
    }
    guard end == data.upperBound else {
      throw ModelFileError.malformed(
        path: path, offset: end, expected: "the end of the file after the last tensor",
        found: "\(data.upperBound - end) bytes more")
    }
  }
}
