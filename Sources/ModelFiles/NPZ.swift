/// An npz file, a zip file of npy arrays, that is open for reading.
///
/// Opening reads the directory and the arrays' headers; values stay in the file until they are
/// asked for. A tensor has its member's name without `.npy`; members that do not end so are ignored.
public final class NPZFile: TensorFile {
  public let path: String
  /// In the order of the zip file's directory.
  public var tensors: [TensorEntry] { directory.tensors }
  private let file: InputFile
  private let members: [ZipMember]
  private let headers: [NPYHeader]
  private let directory: TensorDirectory

  /// - Throws: `ModelFileError` when the file is missing, unreadable, or not a zip file of numeric
  ///   npy arrays whose sizes agree with their headers.
  public convenience init(path: String) throws {
    try self.init(file: InputFile(path: path))
  }

  init(file: InputFile) throws {
    self.file = file
    path = file.path
    let all = try ZipDirectory(of: file).members
    members = all.filter { $0.name.hasSuffix(".npy") }
    if let first = all.first, members.isEmpty {
      throw ModelFileError.malformed(
        path: path, offset: first.headerOffset, expected: "npy arrays in the zip file",
        found: "other members, such as '\(first.name)'"
          + (first.name.hasSuffix("data.pkl")
            ? " of PyTorch; write safetensors.torch.save_file(model.state_dict(), …) there" : ""))
    }
    headers = try members.map { member in
      var reader = try ZipMemberReader(member, of: file)
      let header = try NPYHeader(from: &reader, path: file.path, tensor: member.tensorName)
      try header.requireSize(member.byteCount, path: file.path, tensor: member.tensorName)
      return header
    }
    let entries = zip(headers, members).map { $0.entry(named: $1.tensorName) }
    directory = try TensorDirectory(entries, path: path)
  }

  /// What the file says about the tensor of that name, if there is one.
  public subscript(name: String) -> TensorEntry? { directory[name].map { tensors[$0] } }

  public func floats(_ name: String) throws -> [Float] {
    let position = try directory.numeric(name, path: path)
    return try values(at: position) { header, reader in try header.readFloats(from: &reader) }
  }

  /// The values of an array of unsigned bytes (U8), row-major, without a detour over `Float`.
  ///
  /// - Throws: as `floats`; `ModelFileError.malformedTensor` when it holds something else.
  public func bytes(_ name: String) throws -> [UInt8] {
    let position = try directory.numeric(name, path: path)
    guard headers[position].dtype == .u8 else {
      throw ModelFileError.malformedTensor(
        path: path, tensor: name, expected: "U8", found: headers[position].dtype.rawValue)
    }
    return try values(at: position) { header, reader in
      var bytes = [UInt8](repeating: 0, count: header.count)
      try bytes.withUnsafeMutableBytes { try reader.read(into: $0) }
      return header.isFortranOrder ? rowMajor(fromColumnMajor: bytes, shape: header.shape) : bytes
    }
  }

  private func values<Values>(
    at position: Int, read: (NPYHeader, inout ZipMemberReader) throws -> Values
  ) throws -> Values {
    var reader = try ZipMemberReader(members[position], of: file)
    // The header again, for its bytes are part of the member's CRC.
    let name = tensors[position].name
    let header = try NPYHeader(from: &reader, path: path, tensor: name)
    guard header == headers[position] else {
      throw ModelFileError.malformedTensor(
        path: path, tensor: name, expected: "the header that was read before",
        found: "another, the file has changed")
    }
    let values = try read(header, &reader)
    try reader.finish()
    return values
  }
}

extension ZipMember {
  fileprivate var tensorName: String { String(name.dropLast(".npy".count)) }
}
