/// What can be wrong with the files of a data set, or with what is asked of them.
///
/// Offsets count bytes from the start of the file that is named; for what stands inside a gzip
/// file they count inflated bytes, except where the case says otherwise.
public enum DatasetError: Error, Equatable, CustomStringConvertible {
  /// No directory of that name or path.
  case notFound(name: String, lookedIn: [String], advice: String)
  /// The directory is there, but holds the file under none of these names.
  case fileNotFound(directory: String, tried: [String])
  /// The file is not there, or may not be read, or is a directory or a device.
  case unreadable(path: String, reason: String)

  /// The file, or what it inflates to, is larger than the reader accepts.
  case tooLarge(path: String, limit: Int)
  /// The gzip stream is damaged; `offset` counts compressed bytes.
  case damagedGzip(path: String, offset: Int, reason: String)
  /// The gzip stream stops before its end; `offset` counts compressed bytes.
  case truncatedGzip(path: String, offset: Int)
  /// Something that is not gzip follows a gzip member; `offset` counts compressed bytes.
  case trailingGarbage(path: String, offset: Int)

  /// A tar archive is damaged; `offset` counts bytes of the archive, inflated.
  case malformedArchive(path: String, offset: Int, reason: String)

  /// The first four bytes are not those of the IDX file that was expected.
  case wrongMagic(path: String, expected: UInt32, found: UInt32)
  /// A size in the IDX header is zero.
  case emptySet(path: String, offset: Int)
  /// The sizes in the IDX header call for more values than can be read.
  case impossibleSize(path: String, offset: Int, sizes: [Int], limit: Int)
  /// The file ends too early.
  case tooShort(path: String, expected: Int, found: Int)
  /// The file goes on after the last value that its header declares.
  case tooLong(path: String, expected: Int)

  /// An npz file lacks one of the arrays that make a data set.
  case missingArray(path: String, array: String, others: [String])
  /// An array of an npz file is not what its name promises.
  case malformedArray(path: String, array: String, expected: String, found: String)

  /// Not as many labels as images, or not as many pixels as the shape calls for.
  /// `path` is `nil` when the values do not come from a file; `offset` is where the count stands.
  case countMismatch(what: String, path: String?, offset: Int?, expected: Int, found: Int)
  /// A label is not below the number of classes. `position` is a byte offset when there is a
  /// `path`, otherwise the number of the label.
  case labelOutOfRange(path: String?, position: Int, classes: Int, found: Int)
  /// Images of two sets that belong together differ in shape, or a shape is not
  /// [channels, height, width].
  case shapeMismatch(what: String, expected: String, found: [Int])
  /// The number of classes is not in 1…256.
  case invalidClassCount(Int)
  /// More images were asked for than there are, or none.
  case invalidLimit(requested: Int, available: Int)

  /// What a caller needs to know to choose an exit code.
  public enum Category: Sendable, Equatable {
    /// A file or directory is not there or cannot be read.
    case missingInput
    /// What was read is malformed, or does not fit what was asked.
    case badData
  }

  /// `missingInput` for what is not there or cannot be read, `badData` for all else.
  public var category: Category {
    switch self {
    case .notFound, .fileNotFound, .unreadable: .missingInput
    default: .badData
    }
  }

  /// What is wrong, in a line: the file, the byte where there is one, what was expected, what was
  /// found.
  public var description: String {
    switch self {
    case .notFound(let name, let places, let advice):
      "no data set '\(name)'; looked in \(places.joined(separator: ", "))"
        + "; \(advice)"
    case .fileNotFound(let directory, let tried):
      "\(directory): expected a file \(tried.joined(separator: " or ")), found none"
    case .unreadable(let path, let reason):
      "\(path): cannot be read: \(reason)"
    case .tooLarge(let path, let limit):
      "\(path): expected at most \(limit) bytes, found more"
    case .damagedGzip(let path, let offset, let reason):
      "\(path): byte \(offset): damaged gzip stream: \(reason)"
    case .truncatedGzip(let path, let offset):
      "\(path): byte \(offset): expected more of the gzip stream, found the end of the file"
    case .trailingGarbage(let path, let offset):
      "\(path): byte \(offset): expected the end or another gzip member, found something else"
    case .malformedArchive(let path, let offset, let reason):
      "\(path): byte \(offset): damaged tar archive: \(reason)"
    case .wrongMagic(let path, let expected, let found):
      "\(path): byte 0: expected the IDX magic number \(hexadecimal(expected)), "
        + "found \(hexadecimal(found))"
    case .emptySet(let path, let offset):
      "\(path): byte \(offset): expected a size of at least 1, found 0"
    case .impossibleSize(let path, let offset, let sizes, let limit):
      "\(path): byte \(offset): expected at most \(limit) values, "
        + "found \(sizes.map(String.init).joined(separator: " × "))"
    case .tooShort(let path, let expected, let found):
      "\(path): byte \(found): expected \(expected) bytes, found the end of the data"
    case .tooLong(let path, let expected):
      "\(path): byte \(expected): expected the end of the data, found more"
    case .missingArray(let path, let array, let others):
      "\(path): expected an array '\(array)' beside \(others.joined(separator: ", ")), found none"
    case .malformedArray(let path, let array, let expected, let found):
      "\(path): array '\(array)': expected \(expected), found \(found)"
    case .countMismatch(let what, let path, let offset, let expected, let found):
      place(path, offset) + "expected \(expected) \(what), found \(found)"
    case .labelOutOfRange(let path, let position, let classes, let found):
      (path == nil ? "label \(position): " : place(path, position))
        + "expected a label below \(classes), found \(found)"
    case .shapeMismatch(let what, let expected, let found):
      "\(what): expected the image shape \(expected), found \(found)"
    case .invalidClassCount(let found):
      "expected 1 to 256 classes, found \(found)"
    case .invalidLimit(let requested, let available):
      "expected a limit of 1 to \(available) training images, found \(requested)"
    }
  }
}

private func place(_ path: String?, _ offset: Int?) -> String {
  (path.map { "\($0): " } ?? "") + (offset.map { "byte \($0): " } ?? "")
}

private func hexadecimal(_ value: UInt32) -> String {
  let digits = String(value, radix: 16)
  return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
}
