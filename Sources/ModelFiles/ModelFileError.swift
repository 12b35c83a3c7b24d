/// What can be wrong with a file of tensors, or with the place where one is to be written.
///
/// Every description is one line: what, where, what was expected and what was found.
public enum ModelFileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// There is no file at that path.
  case notFound(path: String)
  /// The file is there but cannot be opened or read.
  case cannotRead(path: String, reason: String)
  /// The file cannot be created, filled or put in its place.
  case cannotWrite(path: String, reason: String)
  /// Another process is working in that run directory.
  case locked(path: String)
  /// The file ends before a part that it has announced; `expected` and `found` are in bytes.
  case truncated(path: String, offset: Int, expected: Int, found: Int)
  /// The bytes at `offset`, counted from the start of the file, are not what the format demands.
  case malformed(path: String, offset: Int, expected: String, found: String)
  /// What the file says about one tensor, or the data of that tensor, contradicts itself.
  case malformedTensor(path: String, tensor: String, expected: String, found: String)
  /// The file has no tensor of that name.
  case noSuchTensor(path: String, tensor: String)
  /// The tensor's values have no meaning as real numbers.
  case notNumeric(path: String, tensor: String, dtype: ElementType)
  /// The tensor is empty, or not of a type that can be compressed.
  case notCompressible(path: String, tensor: String, dtype: ElementType, shape: [Int])
  /// A safetensors file is not a compressed model, or not one that this version understands.
  case malformedModel(path: String, problem: String)
  /// What was written cannot be read again as it was: a fault of this package. There is no file.
  case wrongCopy(path: String, problem: String)

  /// What a caller can do about an error; the command line makes its exit code of it.
  public enum Category: Sendable {
    /// An input is missing or unreadable: give another path.
    case missingInput
    /// The output cannot be written: make room, or write elsewhere.
    case cannotWrite
    /// An input is there, but not as it should be.
    case badData
    /// This package is at fault.
    case internalError
  }

  /// What a caller can do about it.
  public var category: Category {
    switch self {
    case .notFound, .cannotRead: .missingInput
    case .cannotWrite, .locked: .cannotWrite
    case .truncated, .malformed, .malformedTensor, .noSuchTensor, .notNumeric, .notCompressible,
      .malformedModel:
      .badData
    case .wrongCopy: .internalError
    }
  }

  /// What is wrong, in one line: the path, the byte or tensor, what was expected, what was found.
  public var description: String {
    switch self {
    case .notFound(let path):
      "\(oneLine(path)): no such file"
    case .cannotRead(let path, let reason):
      "\(oneLine(path)): cannot be read: \(oneLine(reason))"
    case .cannotWrite(let path, let reason):
      "\(oneLine(path)): cannot be written: \(oneLine(reason))"
    case .locked(let path):
      "\(oneLine(path)): another process is working in this run directory"
    case .truncated(let path, let offset, let expected, let found):
      "\(oneLine(path)): truncated at byte \(offset): expected \(expected) bytes, found \(found)"
    case .malformed(let path, let offset, let expected, let found):
      "\(oneLine(path)): at byte \(offset): expected \(oneLine(expected)), found \(oneLine(found))"
    case .malformedTensor(let path, let tensor, let expected, let found):
      "\(oneLine(path)): tensor '\(oneLine(tensor))': "
        + "expected \(oneLine(expected)), found \(oneLine(found))"
    case .noSuchTensor(let path, let tensor):
      "\(oneLine(path)): there is no tensor '\(oneLine(tensor))'"
    case .malformedModel(let path, let problem):
      "\(oneLine(path)): \(oneLine(problem))"
    case .wrongCopy(let path, let problem):
      "\(oneLine(path)): not written, for what was read again is not what was to be there: "
        + "\(oneLine(problem)); this is a fault of lc, please report it"
    case .notCompressible(let path, let tensor, let dtype, let shape):
      "\(oneLine(path)): tensor '\(oneLine(tensor))': expected one weight or more, of "
        + "\(ElementType.floats.map(\.rawValue).joined(separator: ", ")), to compress, "
        + "found \(dtype.rawValue) \(described(shape)), which can only be kept as it is"
    case .notNumeric(let path, let tensor, let dtype):
      "\(oneLine(path)): tensor '\(oneLine(tensor))': expected numbers, found \(dtype.rawValue)"
    }
  }
}

/// The text with control characters escaped and shortened to 200 characters.
///
/// Names come from files that may be hostile; they must not break a line or flood a terminal.
package func oneLine(_ text: String) -> String {
  var line = ""
  for (count, scalar) in text.unicodeScalars.enumerated() {
    if count == 200 { return line + "…" }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator:
      line += "\\u{\(String(scalar.value, radix: 16))}"
    default:
      line.unicodeScalars.append(scalar)
    }
  }
  return line
}
