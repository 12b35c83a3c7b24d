import LinearAlgebra

/// What a file says about one of its tensors.
public struct TensorEntry: Sendable, Equatable {
  public let name: String
  public let dtype: ElementType
  /// The sizes of the dimensions, slowest first; empty for a single value.
  public let shape: [Int]
  /// The number of values, the product of the shape.
  public let count: Int
  /// Where the values stand: bytes from the start of the file, in an npz file from the start of
  /// the uncompressed member.
  public let byteRange: Range<Int>
}

/// A file of named tensors that is open for reading; values are read when they are asked for.
public protocol TensorFile: Sendable {
  var path: String { get }
  /// Every name stands once. Safetensors: in the order of the data; npz: in that of the directory.
  var tensors: [TensorEntry] { get }
  /// The values of one tensor, row-major.
  ///
  /// Exact for F16, BF16, F32, BOOL and integers of up to 24 bits; larger integers and F64 are
  /// rounded to the nearest `Float`. NaN and infinity pass.
  ///
  /// - Throws: `ModelFileError.noSuchTensor`, `.notNumeric`, `.malformedTensor` for damaged data,
  ///   `.truncated` or `.cannotRead` when the file has changed under the reader's feet.
  func floats(_ name: String) throws -> [Float]
}

/// Opens a file of tensors; its first bytes decide whether it is npz, npy or safetensors.
///
/// - Throws: `ModelFileError`.
public func openTensorFile(_ path: String) throws -> any TensorFile {
  let file = try InputFile(path: path)
  let start = try file.bytes(at: 0, count: min(file.byteCount, 9))
  // A safetensors file begins with the length of its header, which may happen to spell "PK"; the
  // brace that follows settles it, for in a zip file the compression method stands there.
  let isJSON = start.count == 9 && start[8] == UInt8(ascii: "{")
  if start.starts(with: Zip.magic) && !isJSON { return try NPZFile(file: file) }
  if start.starts(with: NPYHeader.magic) { return try NPYFile(file: file) }
  return try SafetensorsFile(file: file)
}

/// The tensors of a file, found by their names.
struct TensorDirectory: Sendable {
  let tensors: [TensorEntry]
  private let positions: [String: Int]

  /// - Throws: `ModelFileError.malformedTensor` when a name stands twice.
  init(_ tensors: [TensorEntry], path: String) throws {
    var positions: [String: Int] = [:]
    for (position, tensor) in tensors.enumerated() {
      guard positions.updateValue(position, forKey: tensor.name) == nil else {
        throw ModelFileError.malformedTensor(
          path: path, tensor: tensor.name, expected: "every name once", found: "it again")
      }
    }
    self.tensors = tensors
    self.positions = positions
  }

  subscript(name: String) -> Int? { positions[name] }

  /// The position of a tensor whose values are numbers.
  func numeric(_ name: String, path: String) throws -> Int {
    guard let position = positions[name] else {
      throw ModelFileError.noSuchTensor(path: path, tensor: name)
    }
    guard tensors[position].dtype.isNumeric else {
      throw ModelFileError.notNumeric(path: path, tensor: name, dtype: tensors[position].dtype)
    }
    return position
  }
}

/// The numbers of values and bytes of a tensor, or nothing when one of them does not fit an `Int`.
func tensorSize(_ shape: [Int], _ dtype: ElementType) -> (count: Int, byteCount: Int)? {
  guard let count = try? elementCount(of: shape) else { return nil }
  let (byteCount, overflow) = count.multipliedReportingOverflow(by: dtype.byteCount)
  return overflow ? nil : (count, byteCount)
}

/// A shape as it is written in messages.
func described(_ shape: [Int]) -> String {
  "[\(shape.map(String.init).joined(separator: ", "))]"
}
