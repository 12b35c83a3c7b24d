import LinearAlgebra

/// An IDX file of unsigned bytes, plain or gzipped: the format of MNIST and its relatives.
///
/// Big-endian: a magic number, one 32-bit size a dimension, then the values, the last index
/// running fastest. The file must end with the last value.
///
/// - Source: LeCun, Cortes & Burges, "The MNIST database of handwritten digits", file format.
struct IDX: Sendable {
  /// Which of the two files of a set; the raw value is the magic number (0x08 for unsigned bytes,
  /// then the number of dimensions).
  enum Kind: UInt32 {
    case images = 0x0000_0803
    case labels = 0x0000_0801

    var dimensions: Int { self == .images ? 3 : 1 }
    var headerLength: Int { 4 + 4 * dimensions }
  }

  /// Files with more values or bytes than this are refused: 1 GiB, over a million MNIST images.
  static let limit = 1 << 30

  /// [count, height, width] or [count]; none is zero.
  let sizes: [Int]
  /// `sizes`' product many.
  let values: [UInt8]
  /// The number of images or labels: the first of the sizes, which both kinds have.
  var count: Int { sizes[0] }

  /// Reads the file at `path`.
  ///
  /// - Throws: `DatasetError`.
  init(contentsOf path: String, as kind: Kind) throws {
    let file = try RawFile.read(path, limit: Self.limit)
    let header = try Gzip.prefix(of: file, path: path, count: kind.headerLength)
    sizes = try Self.sizes(in: header, path: path, kind: kind)

    guard let count = try? elementCount(of: sizes), count <= Self.limit else {
      throw DatasetError.impossibleSize(path: path, offset: 4, sizes: sizes, limit: Self.limit)
    }
    // One byte more than there should be tells that there are too many, and stops a gzip bomb.
    let expected = kind.headerLength + count
    var contents = try Gzip.prefix(of: file, path: path, count: expected + 1)
    guard contents.count >= expected else {
      throw DatasetError.tooShort(path: path, expected: expected, found: contents.count)
    }
    guard contents.count == expected else {
      throw DatasetError.tooLong(path: path, expected: expected)
    }
    contents.removeFirst(kind.headerLength)
    values = contents
  }

  private static func sizes(in header: [UInt8], path: String, kind: Kind) throws -> [Int] {
    let words = stride(from: 0, to: header.count - header.count % 4, by: 4).map { start in
      header[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
    if let magic = words.first, magic != kind.rawValue {
      throw DatasetError.wrongMagic(path: path, expected: kind.rawValue, found: magic)
    }
    guard header.count == kind.headerLength else {
      throw DatasetError.tooShort(path: path, expected: kind.headerLength, found: header.count)
    }
    let sizes = words.dropFirst().map { Int($0) }
    if let empty = sizes.firstIndex(of: 0) {
      throw DatasetError.emptySet(path: path, offset: 4 + 4 * empty)
    }
    return sizes
  }
}
