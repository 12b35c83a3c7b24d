import LinearAlgebra

/// Keeps the κ blocks of largest norm and sets the rest to zero: rows, columns, filters, input
/// channels, or b × c blocks.
///
/// Solves  min ‖w − θ‖²  subject to at most κ non-zero blocks  exactly; ties go to the lower number.
///
/// - Complexity: O(n) time.
/// - Source: group ℓ₀ constraint; Wen et al. 2016 for the structures.
public struct StructuredPruning: CompressionOperator {
  /// κ, as a count or as a share of the blocks.
  public internal(set) var kept: Share
  /// What a block is: a row, a column, an input channel, a kernel or b × c weights.
  public let structure: Structure
  /// The precision of the kept entries.
  public internal(set) var values: StoredNumbers

  /// Keeps κ blocks.
  ///
  /// - Throws: `CompressionError.invalidParameter` unless the share is above 0 and at most 1, the
  ///   count at least 1.
  public init(keeping kept: Share, of structure: Structure, values: StoredNumbers = .float32) throws
  {
    try kept.validate("prune")
    try values.validate("prune")
    self.kept = kept
    self.structure = structure
    self.values = values
  }

  /// As it is written in a plan: `prune(keep=10%, of=rows)`, with `bits=16` or `k=K` where the
  /// entries are not stored in 32 bits.
  public var description: String {
    let arguments = ["keep=\(kept)", "of=\(structure)"] + values.arguments
    return "prune(\(arguments.joined(separator: ", ")))"
  }

  /// Refuses vectors, the structure `kernels` for what is not [O, I, H, W], and a count of more
  /// blocks than there are.
  ///
  /// - Throws: `CompressionError.needsMatrix`, `.invalidParameter`.
  public func validate(shape: [Int], view: String) throws {
    let grid = try structure.grid(for: shape, operator: "prune", view: view)
    try kept.validate("prune", atMost: grid.blockCount, "blocks of \(view)")
  }

  /// Takes sparse forms of κ whole blocks at most, in the precision that the operator stores.
  public func belongs(_ form: CompressedForm, shape: [Int]) -> Bool {
    guard case .sparse(let form) = form else { return false }
    guard let grid = try? structure.grid(for: shape, operator: "prune", view: "") else {
      return false
    }
    return form.pattern == .blocks(grid) && form.units.count <= kept.of(grid.blockCount)
      && values.allows(form.format)
  }

  /// Keeps the κ blocks of largest norm; exact in 32 bits. In another precision the last C step's
  /// form stays where it is nearer. Blocks of zeros are not stored, so there may be fewer.
  ///
  /// - Throws: as `validate`; `CompressionError.outOfRange` where half precision cannot hold the
  ///   entries.
  /// - Complexity: O(n), and O(B·log B) to sort B blocks.
  public func compress(
    _ target: WeightView, from previous: CompressedForm?, penalty mu: Float
  ) throws -> CompressedForm {
    try validate(shape: target.shape, view: "the view")
    let grid = try structure.grid(for: target.shape, operator: "prune", view: "the view")
    let norms = grid.squaredNorms(target.values)
    let best = norms.indices.sorted {
      norms[$0] != norms[$1] ? norms[$0] > norms[$1] : $0 < $1
    }
    // Blocks of zeros are not worth their bits.
    let kept = best.prefix(kept.of(norms.count)).filter { norms[$0] > 0 }
    let indices = grid.indices(ofBlocks: kept.map { UInt32($0) })
    let entries = indices.map { target.values[Int($0)] }
    let form = try Sparse(
      count: target.count, indices: indices, entries: entries, pattern: .blocks(grid), values)
    return .sparse(form.orNearer(previous?.sparse, to: target.values, values))
  }
}
