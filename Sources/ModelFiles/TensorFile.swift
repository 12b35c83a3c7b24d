import LinearAlgebra

/// What a file says about one of its tensors.
public struct TensorEntry: Sendable, Equatable {
  /// The tensor's name; names are their bytes.
  public let name: String
  /// How each value is stored.
  public let dtype: ElementType
  /// The sizes of the dimensions, slowest first; empty for a single value.
  public let shape: [Int]
  /// The number of values, the product of the shape.
  public let count: Int
  /// Where the values stand: bytes from the start of the file, in an npz file from the start of
  /// the uncompressed member.
  public let byteRange: Range<Int>
}

/// An array whose type this package does not know, such as text or dates, or a member of an npz file that is
/// no array.
public struct OtherArray: Sendable, Equatable, Codable {
  /// The array's name.
  public let name: String
  /// As the file says it.
  public let type: String
}

/// A file of named tensors that is open for reading; values are read when they are asked for.
public protocol TensorFile: Sendable {
  /// Where the file is, as it was given.
  var path: String { get }
  /// Every name stands once. Safetensors: in the order of the data; npz: in that of the directory.
  var tensors: [TensorEntry] { get }
  /// What stands beside them and is not looked at.
  var others: [OtherArray] { get }
  /// The text that the file's writer has added; npz files have none.
  var metadata: [String: String] { get }
  /// The values of one tensor, row-major.
  ///
  /// Exact for F16, BF16, F32, BOOL and integers of up to 24 bits; larger integers and F64 are
  /// rounded to the nearest `Float`. NaN and infinity pass.
  ///
  /// - Throws: `ModelFileError.noSuchTensor`, `.notNumeric`, `.malformedTensor` for damaged data,
  ///   `.truncated` or `.cannotRead` when the file has changed under the reader's feet.
  func floats(_ name: String) throws -> [Float]
  /// The values of one tensor of any type: row-major, little-endian, as safetensors files have them.
  ///
  /// - Throws: as `floats`, but not `.notNumeric`.
  func bytes(_ name: String) throws -> [UInt8]
}

extension TensorFile {

  /// None: all of the file is tensors.
  public var others: [OtherArray] { [] }
  /// None.
  public var metadata: [String: String] { [:] }
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

/// The tensors of a file, found by their names, which are bytes.
struct TensorDirectory: Sendable {
  let tensors: [TensorEntry]
  /// Arrays of other types, which can be neither found nor read.
  let others: [OtherArray]
  private let positions: [ExactName: Int]

  /// - Throws: `ModelFileError.malformedTensor` when a name stands twice.
  init(_ tensors: [TensorEntry], others: [OtherArray] = [], path: String) throws {
    var positions: [ExactName: Int] = [:]
    for (position, tensor) in tensors.enumerated() {
      guard positions.updateValue(position, forKey: ExactName(tensor.name)) == nil else {
        throw ModelFileError.malformedTensor(
          path: path, tensor: tensor.name, expected: "every name once", found: "it again")
      }
    }
    let twice = others.first { positions.updateValue(-1, forKey: ExactName($0.name)) != nil }
    if let twice {
      throw ModelFileError.malformedTensor(
        path: path, tensor: twice.name, expected: "every name once", found: "it again")
    }
    for other in others { positions[ExactName(other.name)] = nil }
    self.tensors = tensors
    self.others = others
    self.positions = positions
  }

  subscript(name: String) -> Int? { positions[ExactName(name)] }

  /// The position of a tensor.
  ///
  /// - Throws: `ModelFileError.noSuchTensor`; `.malformedTensor` when it is of a type that is not known.
  func position(_ name: String, path: String) throws -> Int {
    if let position = self[name] { return position }
    if let other = others.first(where: { ExactName($0.name) == ExactName(name) }) {
      throw ModelFileError.malformedTensor(
        path: path, tensor: name, expected: "numbers", found: "values of type \(other.type)")
    }
    throw ModelFileError.noSuchTensor(path: path, tensor: name)
  }

  /// The position of a tensor whose values are numbers.
  func numeric(_ name: String, path: String) throws -> Int {
    let position = try position(name, path: path)
    guard tensors[position].dtype.isNumeric else {
      throw ModelFileError.notNumeric(path: path, tensor: name, dtype: tensors[position].dtype)
    }
    return position
  }
}

/// The numbers of values and bytes of a tensor, or nothing when one of them does not fit an `Int` or
/// values of less than a byte leave a byte unfilled.
func tensorSize(_ shape: [Int], _ dtype: ElementType) -> (count: Int, byteCount: Int)? {
  guard let count = try? elementCount(of: shape) else { return nil }
  let bits = dtype.bitCount
  let (product, overflow) = count.multipliedReportingOverflow(by: bits % 8 == 0 ? bits / 8 : bits)
  guard !overflow else { return nil }
  if bits % 8 == 0 { return (count, product) }
  return product % 8 == 0 ? (count, product / 8) : nil
}

/// A shape as it is written in messages.
func described(_ shape: [Int]) -> String {
  "[\(shape.map(String.init).joined(separator: ", "))]"
}
