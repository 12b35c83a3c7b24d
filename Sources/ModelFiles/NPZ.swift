/// An npz file, a zip file of npy arrays, that is open for reading.
///
/// Opening reads the directory and the arrays' headers; values stay in the file until they are
/// asked for. A tensor has its member's name without `.npy`. Arrays of text, objects, dates, records and
/// the like, and members of other names, are `others`: they are not looked at.
package final class NPZFile: TensorFile {
  package let path: String
  /// In the order of the zip file's directory.
  package var tensors: [TensorEntry] { directory.tensors }
  package var others: [OtherArray] { directory.others }
  private let file: InputFile
  private let members: [ZipMember]
  private let headers: [NPYHeader]
  private let directory: TensorDirectory

  /// - Throws: `ModelFileError` when the file is missing, unreadable, or not a zip file of
  ///   npy arrays, those of numbers with sizes that agree with their headers.
  package convenience init(path: String) throws {
    try self.init(file: InputFile(path: path))
  }

  init(file: InputFile) throws {
    self.file = file
    path = file.path
    let all = try ZipDirectory(of: file).members
    if let first = all.first, !all.contains(where: \.isArray) {
      throw ModelFileError.malformed(
        path: path, offset: first.headerOffset, expected: "npy arrays in the zip file",
        found: "other members, such as '\(first.name)'"
          + (first.name.hasSuffix("data.pkl")
            ? " of PyTorch; write safetensors.torch.save_file(model.state_dict(), …) there" : ""))
    }
    var (members, headers, others): ([ZipMember], [NPYHeader], [OtherArray]) = ([], [], [])
    for member in all where !member.isFolder {
      guard member.isArray else {
        others.append(OtherArray(name: member.name, type: "not an npy array"))
        continue
      }
      let name = member.tensorName
      var reader = try ZipMemberReader(member, of: file)
      let (fields, start) = try NPYHeader.fields(from: &reader, path: file.path, tensor: name)
      guard NPYHeader.elementType(fields.descr) != nil else {
        // Numbers are not to be lost; text, objects, dates and records are not looked at.
        if let type = NPYHeader.unknownNumbers(fields.descr) {
          throw ModelFileError.malformedTensor(
            path: path, tensor: name, expected: "numbers of a type that can be kept",
            found: "\(type) ('\(fields.descr)')")
        }
        others.append(OtherArray(name: name, type: fields.descr))
        continue
      }
      let header = try NPYHeader(fields, dataStart: start, path: file.path, tensor: name)
      try header.requireSize(member.byteCount, path: file.path, tensor: name)
      members.append(member)
      headers.append(header)
    }
    self.members = members
    self.headers = headers
    let entries = zip(headers, members).map { $0.entry(named: $1.tensorName) }
    directory = try TensorDirectory(entries, others: others, path: path)
  }

  /// What the file says about the tensor of that name, if there is one.
  package subscript(name: String) -> TensorEntry? { directory[name].map { tensors[$0] } }

  package func floats(_ name: String) throws -> [Float] {
    let position = try directory.numeric(name, path: path)
    return try values(at: position) { header, reader in try header.readFloats(from: &reader) }
  }

  package func bytes(_ name: String) throws -> [UInt8] {
    let position = try directory.position(name, path: path)
    return try values(at: position) { header, reader in try header.readBytes(from: &reader) }
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
  fileprivate var isFolder: Bool { name.utf8.last == UInt8(ascii: "/") }
  fileprivate var isArray: Bool { name.utf8.suffix(4).elementsEqual(".npy".utf8) }
  fileprivate var tensorName: String { String(name.unicodeScalars.dropLast(4)) }
}
