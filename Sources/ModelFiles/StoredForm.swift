import Compression
import LinearAlgebra

/// What the metadata of an `.lcm` file says of one compressed form; the numbers are in tensors beside
/// it whose names begin with the form's prefix.
struct StoredForm: Codable, Equatable {
  enum Kind: String, Codable {
    /// Tensors `codes` (packed, U8) and `codebook` (F32).
    case codebook
    /// The same; `codebook` holds the scale alone.
    case scaledCodebook
    /// Tensors `indices` (packed, U8) and `values` (F32).
    case sparse
    /// Tensors `left` and `right` (F32).
    case lowRank
    /// The parts' tensors have the prefixes `0.`, `1.`, …
    case sum
  }

  enum Coding: String, Codable { case gaps, bitmap, absolute }

  var kind: Kind
  /// The number of weights.
  var count: Int
  /// The bits of a code, of a gap or of an absolute index.
  var width: Int?
  var pattern: [Float]?
  var coding: Coding?
  /// The number of sparse entries.
  var entries: Int?
  var parts: [StoredForm]?
}

extension StoredForm {
  /// Describes a form and appends its tensors.
  init(_ form: Representation, prefix: String, tensors: inout [StoredTensor]) {
    switch form {
    case .codebook(let codebook):
      var writer = BitWriter()
      for code in codebook.codes { writer.append(UInt32(code), width: codebook.codeBits) }
      tensors.append(StoredTensor(prefix + "codes", bytes: writer.finished()))
      switch codebook.stored {
      case .free(let values):
        tensors.append(StoredTensor(prefix + "codebook", [values.count], floats: values))
        self.init(kind: .codebook, count: codebook.count, width: codebook.codeBits)
      case .scaled(let scale, let pattern):
        tensors.append(StoredTensor(prefix + "codebook", [1], floats: [scale]))
        self.init(
          kind: .scaledCodebook, count: codebook.count, width: codebook.codeBits, pattern: pattern)
      }
    case .sparse(let sparse):
      let (coding, bytes) = sparse.packedIndices()
      tensors.append(StoredTensor(prefix + "indices", bytes: bytes))
      tensors.append(StoredTensor(prefix + "values", [sparse.values.count], floats: sparse.values))
      self.init(kind: .sparse, count: sparse.count, entries: sparse.values.count)
      switch coding.scheme {
      case .gaps(let width): (self.coding, self.width) = (.gaps, width)
      case .bitmap: self.coding = .bitmap
      case .absolute(let width): (self.coding, self.width) = (.absolute, width)
      }
    case .lowRank(let lowRank):
      for (name, factor) in [("left", lowRank.left), ("right", lowRank.right)] {
        tensors.append(
          StoredTensor(prefix + name, [factor.rows, factor.columns], floats: factor.values))
      }
      self.init(kind: .lowRank, count: lowRank.count)
    case .sum(let sum):
      var parts: [StoredForm] = []
      for (index, part) in sum.parts.enumerated() {
        parts.append(StoredForm(part, prefix: "\(prefix)\(index).", tensors: &tensors))
      }
      self.init(kind: .sum, count: sum.count, parts: parts)
    }
  }

  /// The form, from the tensors of a file.
  ///
  /// - Throws: `ModelFileError`, `CompressionError.malformedForm` when they do not make one.
  func form(prefix: String, in file: SafetensorsFile, depth: Int = 0) throws -> Representation {
    func wrong(_ message: String) -> CompressionError {
      .malformedForm("\(prefix)*: \(message)")
    }
    guard (0...Int(UInt32.max)).contains(count) else { throw wrong("\(count) weights") }
    let form: Representation
    switch kind {
    case .codebook, .scaledCodebook:
      let values = try file.floats(prefix + "codebook")
      let bytes = try file.bytes(prefix + "codes")
      guard let width, (0...16).contains(width), bytes.count == (count * width + 7) / 8 else {
        throw wrong("\(bytes.count) bytes of codes for \(count) weights")
      }
      guard width > 0 || count <= 1 << 28 else { throw wrong("\(count) weights") }
      var reader = BitReader(bytes)
      let codes = (0..<count).map { _ in UInt16(truncatingIfNeeded: reader.next(width: width) ?? 0) }
      if kind == .codebook {
        form = .codebook(try Codebook(.free(values), codes: codes))
      } else {
        guard let scale = values.first, values.count == 1, let pattern else {
          throw wrong("one scale and a pattern expected")
        }
        form = .codebook(try Codebook(.scaled(scale, pattern: pattern), codes: codes))
      }
    case .sparse:
      let bytes = try file.bytes(prefix + "indices")
      let scheme: IndexCoding.Scheme? =
        switch coding {
        case .gaps: .gaps(width: width ?? 0)
        case .bitmap: .bitmap
        case .absolute: .absolute(width: width ?? -1)
        case nil: nil
        }
      guard let scheme, let entries,
        let indices = Sparse.unpackIndices(bytes, scheme: scheme, entries: entries, count: count)
      else { throw wrong("its indices cannot be read") }
      form = .sparse(
        try Sparse(count: count, indices: indices, values: file.floats(prefix + "values")))
    case .lowRank:
      form = .lowRank(
        try LowRank(
          left: Self.matrix(prefix + "left", in: file), right: Self.matrix(prefix + "right", in: file)
        ))
    case .sum:
      guard depth < 4, let parts, parts.count <= 64 else { throw wrong("a sum of too many parts") }
      form = .sum(
        try AdditiveSum(
          parts.enumerated().map { index, part in
            try part.form(prefix: "\(prefix)\(index).", in: file, depth: depth + 1)
          }))
    }
    guard form.count == count else {
      throw wrong("\(count) weights expected, \(form.count) found")
    }
    return form
  }

  private static func matrix(_ name: String, in file: SafetensorsFile) throws -> Matrix {
    let values = try file.floats(name)
    guard let shape = file[name]?.shape, shape.count == 2 else {
      throw CompressionError.malformedForm("'\(name)' is not a matrix")
    }
    return try Matrix(rows: shape[0], columns: shape[1], values: values)
  }
}
