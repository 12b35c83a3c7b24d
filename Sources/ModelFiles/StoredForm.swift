import Compression
import Foundation
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
    /// Tensors `indices` (packed, U8) and the values' (see `Numbers`).
    case sparse
    /// Tensors `left` and `right` (F32 or F16).
    case lowRank
    /// The parts' tensors have the prefixes `0.`, `1.`, …
    case sum
  }

  /// `strided` is `absolute` for runs with a stride, by a word that readers before them refuse.
  enum Coding: String, Codable { case gaps, bitmap, absolute, strided }

  /// How sparse values and factors are stored.
  enum Numbers: String, Codable {
    /// F32.
    case float32
    /// F16.
    case float16
    /// Sparse values only: `values` are packed codes (U8) of `valueCodebook` (F32).
    case codebook
  }

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
  var numbers: Numbers?
  /// The entries are whole blocks of this grid, and the indices those of the blocks.
  var grid: BlockGrid?
  /// The number of blocks with entries.
  var blocks: Int?
  /// Of each run of weights that many are kept, and the indices are those in the run.
  var run: Int?
  var kept: Int?
  /// How far apart the weights of a run lie; none where they are neighbours.
  var stride: Int?
  /// The sizes of a kernel whose matrix is (O·H) × (I·W).
  var kernel: [Int]?
  var parts: [StoredForm]?
}

extension StoredForm {
  /// Describes a form and appends its tensors.
  init(_ form: CompressedForm, prefix: String, tensors: inout [TensorSource]) {
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
      self.init(kind: .sparse, count: sparse.count, entries: sparse.values.count)
      switch coding.scheme {
      case .gaps(let width): (self.coding, self.width) = (.gaps, width)
      case .bitmap: self.coding = .bitmap
      case .absolute(let width): (self.coding, self.width) = (.absolute, width)
      }
      switch sparse.pattern {
      case .free: break
      case .blocks(let grid): (self.grid, blocks) = (grid, sparse.units.count)
      case .runs(let kept, let run, let stride):
        (self.kept, self.run) = (kept, run)
        if stride > 1 { (self.stride, self.coding) = (stride, .strided) }
      }
      numbers = Numbers(sparse.format)
      tensors += TensorSource.numbers(
        prefix, "values", shape: [sparse.values.count], sparse.values, as: sparse.format)
    case .lowRank(let lowRank):
      for (name, factor) in [("left", lowRank.left), ("right", lowRank.right)] {
        tensors += TensorSource.numbers(
          prefix, name, shape: [factor.rows, factor.columns], factor.values, as: lowRank.format)
      }
      self.init(kind: .lowRank, count: lowRank.count)
      numbers = Numbers(lowRank.format)
      if case .heightByWidth(let kernel) = lowRank.arrangement { self.kernel = kernel }
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
  func form(prefix: String, in file: SafetensorsFile, depth: Int = 0) throws -> CompressedForm {
    func wrong(_ message: String) -> CompressionError {
      .malformedForm("\(prefix)*: \(message)")
    }
    guard (0...Int(UInt32.max)).contains(count) else { throw wrong("\(count) weights") }
    let form: CompressedForm
    switch kind {
    case .codebook, .scaledCodebook, .affineCodebook, .fixedCodebook:
      guard let levels, let groupSize, (1...65_536).contains(levels), groupSize > 0 else {
        throw wrong("levels from 1 to 65536 and a group size expected")
      }
      let width = bitsToTellApart(levels)
      let bytes = try file.codes(prefix + "codes", width: width, .exactly(count))
      // One level needs no codes; without a limit its count could be anything.
      guard self.width == width, bytes.count == (count * width + 7) / 8,
        width > 0 || count <= 1 << 28
      else { throw wrong("\(bytes.count) bytes of codes for \(count) weights") }
      let codes = BitReader.codes(bytes, width: width, count: count)
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
      form = .sparse(try sparse(prefix, in: file, else: wrong))
    case .lowRank:
      var arrangement = MatrixArrangement.rows
      if let kernel {
        guard kernel.count == 4 else { throw wrong("a kernel of four sizes expected") }
        arrangement = .heightByWidth(kernel)
      }
      form = .lowRank(
        try LowRank(
          left: Self.matrix(prefix + "left", in: file),
          right: Self.matrix(prefix + "right", in: file),
          arrangement: arrangement, format: numbers == .float16 ? .float16 : .float32))
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

  private func sparse(
    _ prefix: String, in file: SafetensorsFile, else wrong: (String) -> CompressionError
  ) throws -> Sparse {
    let bytes = try file.codes(prefix + "indices", width: placeWidth, placeCount)
    let scheme: IndexCoding.Scheme? =
      switch coding {
      case .gaps: .gaps(width: width ?? 0)
      case .bitmap: .bitmap
      case .absolute, .strided: .absolute(width: width ?? -1)
      case nil: nil
      }
    guard let scheme, let entries else { throw wrong("its indices cannot be read") }
    let (values, format) = try values(prefix, count: entries, in: file, else: wrong)
    let pattern: Sparse.Pattern
    let indices: [UInt32]?
    if let grid, let blocks {
      // Decoded numbers have not been checked yet.
      let grid = try BlockGrid(shape: grid.shape, block: grid.block)
      guard grid.count == count else { throw wrong("a grid of \(grid.count) weights") }
      pattern = .blocks(grid)
      indices = Sparse.unpackIndices(
        bytes, scheme: scheme, entries: blocks, count: grid.blockCount
      ).map(grid.indices(ofBlocks:))
    } else if let run, let kept {
      guard kept > 0, run >= kept, run <= count, case .absolute(let width) = scheme,
        entries <= count, (stride != nil) == (coding == .strided),
        let runs = Runs(length: run, stride: stride ?? 1, count: count)
      else { throw wrong("\(kept) of each \(run) weights") }
      pattern = .runs(kept: kept, of: run, stride: runs.stride)
      indices = Sparse.unpackRuns(bytes, width: width, kept: kept, runs: runs, entries: entries)
    } else {
      pattern = .free
      indices = Sparse.unpackIndices(bytes, scheme: scheme, entries: entries, count: count)
    }
    guard let indices else { throw wrong("its indices cannot be read") }
    return try Sparse(
      count: count, indices: indices, values: values, pattern: pattern, format: format)
  }

  /// The sparse values.
  private func values(
    _ prefix: String, count: Int, in file: SafetensorsFile, else wrong: (String) -> CompressionError
  ) throws -> ([Float], NumberFormat) {
    let name = prefix + "values"
    guard numbers == .codebook else {
      return (try file.floats(name), numbers == .float16 ? .float16 : .float32)
    }
    let codebook = try file.floats(prefix + "valueCodebook")
    let bytes = try file.bytes(name)
    let width = bitsToTellApart(codebook.count)
    guard count >= 0, count <= self.count, bytes.count == (count * width + 7) / 8 else {
      throw wrong("\(bytes.count) bytes of codes for \(count) values")
    }
    var reader = BitReader(bytes)
    let values = try (0..<count).map { _ -> Float in
      let code = Int(reader.next(width: width) ?? 0)
      guard code < codebook.count else { throw wrong("code \(code) of \(codebook.count) values") }
      return codebook[code]
    }
    return (values, .codebook(codebook))
  }

  private static func matrix(_ name: String, in file: SafetensorsFile) throws -> Matrix {
    let values = try file.floats(name)
    guard let shape = file[name]?.shape, shape.count == 2 else {
      throw CompressionError.malformedForm("'\(name)' is not a matrix")
    }
    return try Matrix(rows: shape[0], columns: shape[1], values: values)
  }
}

extension StoredForm.Numbers {
  /// None for 32 bits, which needs no word.
  fileprivate init?(_ format: NumberFormat) {
    switch format {
    case .float32: return nil
    case .float16: self = .float16
    case .codebook: self = .codebook
    }
  }
}

extension TensorSource {
  /// Numbers in a format.
  fileprivate static func numbers(
    _ prefix: String, _ kind: String, shape: [Int], _ values: [Float], as format: NumberFormat
  ) -> [TensorSource] {
    let name = prefix + kind
    switch format {
    case .float32: return [TensorSource(name: name, shape: shape, floats: values)]
    case .float16:
      let bytes = values.flatMap { value in
        let bits = HalfPrecision.f16(value)
        return [UInt8(truncatingIfNeeded: bits), UInt8(truncatingIfNeeded: bits >> 8)]
      }
      return [TensorSource(name: name, dtype: .f16, shape: shape, bytes: bytes)]
    case .codebook(let entries):
      var writer = BitWriter()
      let width = bitsToTellApart(entries.count)
      for value in values { writer.append(UInt32(code(of: value, in: entries)), width: width) }
      return [
        TensorSource(name: name, packed: writer.finished()),
        TensorSource(
          name: prefix + "valueCodebook", shape: [entries.count], floats: entries),
      ]
    }
  }

  /// Packed bits, as a U8 tensor.
  fileprivate init(name: String, packed bytes: [UInt8]) {
    self.init(name: name, dtype: .u8, shape: [bytes.count], bytes: bytes)
  }
}
