/// A safetensors file that is open for reading.
///
/// Opening reads and checks the header, in time linear in its size; values stay in the file until
/// they are asked for.
public final class SafetensorsFile: TensorFile {
  /// Where the file is, as it was given.
  public let path: String
  /// In the order of the data.
  public var tensors: [TensorEntry] { directory.tensors }
  /// The text that the file's writer has added.
  public let metadata: [String: String]
  let file: InputFile
  private let directory: TensorDirectory

  /// Opens a file and checks its header.
  ///
  /// - Throws: `ModelFileError` when the file is missing, unreadable or not as the specification of
  ///   safetensors demands.
  public convenience init(path: String) throws {
    try self.init(file: InputFile(path: path))
  }

  init(file: InputFile) throws {
    let header = try SafetensorsHeader(of: file)
    self.file = file
    path = file.path
    metadata = header.metadata
    directory = try TensorDirectory(header.tensors, path: path)
  }

  /// What the file says about the tensor of that name, if there is one.
  public subscript(name: String) -> TensorEntry? { directory[name].map { tensors[$0] } }

  /// The values of one tensor, row-major, read from the file now.
  ///
  /// - Throws: `ModelFileError.noSuchTensor`, `.notNumeric`; `.truncated` or `.cannotRead` when the
  ///   file has changed under the reader's feet.
  /// - Complexity: O(values), one pass.
  public func floats(_ name: String) throws -> [Float] {
    let tensor = tensors[try directory.numeric(name, path: path)]
    var cursor = InputFile.Cursor(file: file, offset: tensor.byteRange.lowerBound)
    return try readFloats(tensor.count, of: tensor.dtype, .littleEndian, from: &cursor)
  }

  /// The values of one tensor of any type as the file has them, read from it now.
  ///
  /// - Throws: as `floats`, but not `.notNumeric`.
  public func bytes(_ name: String) throws -> [UInt8] {
    guard let tensor = self[name] else {
      throw ModelFileError.noSuchTensor(path: path, tensor: name)
    }
    return try file.bytes(at: tensor.byteRange.lowerBound, count: tensor.byteRange.count)
  }
}
