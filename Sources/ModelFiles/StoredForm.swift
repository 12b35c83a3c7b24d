import Compression
import LinearAlgebra

/// What the metadata of an `.lcm` file says of one compressed form; the numbers are in tensors beside
/// it whose names begin with the form's prefix.
struct StoredForm: Codable, Equatable {
  enum Kind: String, Codable {
    /// Tensors `codes` (packed, U8) and `codebook` (F32 [groups, levels]).
    case codebook
    /// `codes`; `scales` (F32 [groups]): the entries are scale · pattern.
    case scaledCodebook
    /// `codes`; `offsets` and `steps` (F32 [groups]): the entries are offset + step · (0 … levels − 1).
    case affineCodebook
    /// `codes` alone: the pattern is the codebook.
    case fixedCodebook
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
  /// K.
  var levels: Int?
  /// How many weights share a codebook.
  var groupSize: Int?
  var pattern: [Float]?
  var coding: Coding?
  /// The number of sparse entries.
  var entries: Int?
  var parts: [StoredForm]?
}

extension StoredForm {
  /// Describes a form and appends its tensors.
  init(_ form: Representation, prefix: String, tensors: inout [TensorSource]) {
    switch form {
    case .codebook(let codebook):
      var writer = BitWriter()
      for code in codebook.codes { writer.append(UInt32(code), width: codebook.codeBits) }
      tensors.append(TensorSource(name: prefix + "codes", packed: writer.finished()))
      func append(_ name: String, _ floats: [Float], levels: Int? = nil) {
        let shape = levels.map { [floats.count / $0, $0] } ?? [floats.count]
        tensors.append(TensorSource(name: prefix + name, shape: shape, floats: floats))
      }
      self.init(kind: .codebook, count: codebook.count, width: codebook.codeBits)
      levels = codebook.levels
      groupSize = codebook.groupSize
      switch codebook.stored {
      case .free(let values, let levels): append("codebook", values, levels: levels)
      case .scaled(let scales, let pattern):
        kind = .scaledCodebook
        self.pattern = pattern
        append("scales", scales)
      case .affine(let offsets, let steps, _):
        kind = .affineCodebook
        append("offsets", offsets)
        append("steps", steps)
      case .fixed(let pattern):
        kind = .fixedCodebook
        self.pattern = pattern
      }
    case .sparse(let sparse):
      let (coding, bytes) = sparse.packedIndices()
      tensors.append(TensorSource(name: prefix + "indices", packed: bytes))
      tensors.append(
        TensorSource(name: prefix + "values", shape: [sparse.values.count], floats: sparse.values))
      self.init(kind: .sparse, count: sparse.count, entries: sparse.values.count)
      switch coding.scheme {
      case .gaps(let width): (self.coding, self.width) = (.gaps, width)
      case .bitmap: self.coding = .bitmap
      case .absolute(let width): (self.coding, self.width) = (.absolute, width)
      }
    case .lowRank(let lowRank):
      for (name, factor) in [("left", lowRank.left), ("right", lowRank.right)] {
        tensors.append(
          TensorSource(
            name: prefix + name, shape: [factor.rows, factor.columns], floats: factor.values))
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
    case .codebook, .scaledCodebook, .affineCodebook, .fixedCodebook:
      let bytes = try file.bytes(prefix + "codes")
      guard let levels, let groupSize, (1...65_536).contains(levels), groupSize > 0 else {
        throw wrong("levels from 1 to 65536 and a group size expected")
      }
      let width = bitsToTellApart(levels)
      // One level needs no codes; without a limit its count could be anything.
      guard self.width == width, bytes.count == (count * width + 7) / 8,
        width > 0 || count <= 1 << 28
      else { throw wrong("\(bytes.count) bytes of codes for \(count) weights") }
      var reader = BitReader(bytes)
      let codes = (0..<count).map { _ in UInt16(truncatingIfNeeded: reader.next(width: width) ?? 0)
      }
      let stored: Codebook.Entries
      switch (kind, pattern) {
      case (.codebook, _):
        stored = .free(try file.floats(prefix + "codebook"), levels: levels)
      case (.affineCodebook, _):
        stored = .affine(
          offsets: try file.floats(prefix + "offsets"), steps: try file.floats(prefix + "steps"),
          levels: levels)
      case (.scaledCodebook, let pattern?):
        stored = .scaled(try file.floats(prefix + "scales"), pattern: pattern)
      case (_, let pattern?): stored = .fixed(pattern: pattern)
      default: throw wrong("a pattern expected")
      }
      guard stored.levels == levels else { throw wrong("\(levels) levels expected") }
      form = .codebook(try Codebook(stored, codes: codes, groupSize: groupSize))
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
          left: Self.matrix(prefix + "left", in: file),
          right: Self.matrix(prefix + "right", in: file)
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

extension TensorSource {
  /// Packed bits, as a U8 tensor.
  fileprivate init(name: String, packed bytes: [UInt8]) {
    self.init(name: name, dtype: .u8, shape: [bytes.count], bytes: bytes)
  }
}
