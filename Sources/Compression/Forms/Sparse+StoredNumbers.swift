import LinearAlgebra

extension Sparse {
  /// Entries as an operator stores its numbers.
  init(
    count: Int, indices: [UInt32], entries: [Float], pattern: Pattern, _ numbers: StoredNumbers
  ) throws {
    let format = try numbers.format(for: entries)
    try self.init(
      count: count, indices: indices, values: format.rounded(entries), pattern: pattern,
      format: format)
  }

  /// This form, or a warm start of the same pattern and no more entries that is nearer to the weights.
  ///
  /// Entries that are chosen before they are rounded need not be the best ones.
  func orNearer(_ previous: Sparse?, to weights: [Float], _ numbers: StoredNumbers) -> Sparse {
    guard numbers != .float32, let previous, previous.count == count,
      numbers.allows(previous.format),
      previous.pattern == pattern, previous.values.count <= values.count,
      weights.squaredDistance(to: previous.decompressed())
        < weights.squaredDistance(to: decompressed())
    else { return self }
    return previous
  }
}
