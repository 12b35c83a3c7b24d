import LinearAlgebra

/// Keeps the κ entries of largest magnitude and sets the rest to zero.
///
/// Solves  min ‖w − θ‖²  subject to  ‖θ‖₀ ≤ κ  exactly; ties go to the lower index. With
/// `values: .float16` the kept entries are rounded; with `.levels(K)` they share K values: the entries
/// that gain most, w² − (w − c)², and the values c are found in turn, which is monotone, from several starts.
///
/// - Complexity: O(n) time, O(n) scratch. With K values from 5 (of κ ≤ 1,024: 27) starts, each up to ten times:
///   k-means on κ weights, and O(n·log K) to choose them.
/// - Source: Carreira-Perpiñán & Idelbayev, CVPR 2018 (ℓ₀-constrained pruning).
public struct Pruning: CompressionOperator {
  /// κ, as a count or as a share of the view's n weights.
  public internal(set) var kept: Share
  /// The precision of the kept entries.
  public internal(set) var values: StoredNumbers

  /// Keeps κ weights.
  ///
  /// - Throws: `CompressionError.invalidParameter` unless the share is above 0 and at most 1, the
  ///   count at least 1.
  public init(keeping kept: Share, values: StoredNumbers = .float32) throws {
    try kept.validate("prune")
    try values.validate("prune")
    self.kept = kept
    self.values = values
  }

  /// As it is written in a plan: `prune(keep=1%)` or `prune(keep=2662)`, with `bits=16` or `k=K`
  /// where the entries are not stored in 32 bits.
  public var description: String {
    "prune(\((["keep=\(kept)"] + values.arguments).joined(separator: ", ")))"
  }

  /// Refuses a count of more weights than there are.
  ///
  /// - Throws: `CompressionError.invalidParameter`.
  public func validate(shape: [Int], view: String) throws {
    try kept.validate("prune", atMost: shape.reduce(1, *), "weights of \(view)")
  }

  /// Takes free sparse forms of κ entries at most, in the precision that the operator stores.
  public func belongs(_ form: CompressedForm, shape: [Int]) -> Bool {
    guard case .sparse(let form) = form else { return false }
    return form.pattern == .free && form.indices.count <= kept.of(shape.reduce(1, *))
      && values.allows(form.format)
  }

  /// Selects the κ largest magnitudes, exactly and without a warm start; with K shared values it
  /// alternates from several starts, the last C step's values among them. Zeros are not stored, so
  /// there may be fewer.
  ///
  /// - Throws: as `validate`; `CompressionError.outOfRange` where half precision cannot hold the
  ///   entries.
  /// - Complexity: O(n); with shared values as the type says.
  public func compress(
    _ target: WeightView, from previous: CompressedForm?, penalty mu: Float
  ) throws -> CompressedForm {
    try validate(shape: target.shape, view: "the view")
    guard case .levels = values else {
      let entries = largest(target.values, of: target.values)
      // Half precision may have made zeros of small ones.
      return .sparse(try entries.form(values.format(for: entries.values)).withoutZeros())
    }
    // Squares of weights are compared.
    let exponent = target.values.uncomfortableExponent
    guard exponent != 0 else {
      return .sparse(try withSharedValues(target.values, from: previous?.sparse))
    }
    return .sparse(
      try withSharedValues(
        target.values.scaled(byPowerOfTwo: -exponent),
        from: try? previous?.sparse?.scaled(byPowerOfTwo: -exponent)
      ).scaled(byPowerOfTwo: exponent))
  }

  private func withSharedValues(_ weights: [Float], from previous: Sparse?) throws -> Sparse {
    let first = largest(weights, of: weights)
    var best = try first.form(values.format(for: first.values))
    var reached = weights.squaredDistance(to: best.decompressed())
    var formats = [best.format]
    // Fewer values may be worth keeping, where they share better ones; among many a few tries will do.
    var fewer = first.values.count
    let isFew = fewer <= 1024
    for _ in 0..<(isFew ? 24 : 3) where fewer > 1 {
      fewer = fewer <= 24 ? fewer - 1 : isFew ? fewer * 3 / 5 : fewer / 4
      formats.append(try values.format(for: largest(weights, of: weights, atMost: fewer).values))
    }
    // The values of a codebook with a zero: where no more than κ weights take them, nothing is better.
    if let zeroed = try withoutZero(weights) { formats.append(zeroed) }
    if let previous, case .codebook = previous.format { formats.append(previous.format) }
    for start in formats {
      var format = start
      for _ in 0..<10 {
        let gains = weights.map { w -> Float in
          let left = w - format.rounded(w)
          return max(0, w * w - left * left)
        }
        let entries = largest(gains, of: weights)
        // As the warm start's codes would be, then with values of their own.
        let forms = [
          try entries.form(format), try entries.form(values.format(for: entries.values)),
        ]
        let before = reached
        for form in forms {
          let distortion = weights.squaredDistance(to: form.decompressed())
          if distortion < reached { (best, reached) = (form, distortion) }
        }
        guard reached < before else { break }
        format = best.format
      }
    }
    return try best.withoutZeros()
  }

  private func withoutZero(_ weights: [Float]) throws -> NumberFormat? {
    guard case .levels(let count) = values, count < min(weights.count, 1024) else { return nil }
    let quantization = try AdaptiveQuantization(levels: count + 1, keepsZero: true)
    guard case .free(let entries, _) = try quantization.codebook(for: weights, from: nil) else {
      return nil
    }
    let others = entries.filter { $0 != 0 }
    return others.isEmpty ? nil : .codebook(others)
  }

  private struct Entries {
    let count: Int
    let indices: [UInt32]
    let values: [Float]

    func form(_ format: NumberFormat) throws -> Sparse {
      try Sparse(count: count, indices: indices, values: format.rounded(values), format: format)
    }
  }

  /// The κ weights whose scores are the largest in magnitude; those without a score are not worth
  /// their bits.
  private func largest(_ scores: [Float], of weights: [Float], atMost limit: Int = .max) -> Entries
  {
    var indices = scores.withUnsafeBufferPointer {
      indicesOfLargestMagnitudes($0, count: min(limit, kept.of(weights.count)))
    }
    if indices.contains(where: { scores[Int($0)] == 0 }) {
      indices.removeAll { scores[Int($0)] == 0 }
    }
    return Entries(
      count: weights.count, indices: indices, values: indices.map { weights[Int($0)] })
  }
}

extension Share {
  /// - Throws: `CompressionError.invalidParameter` unless above 0 and, for a share, at most 1.
  func validate(_ `operator`: String) throws {
    let valid =
      switch self {
      case .count(let count): count >= 1
      case .fraction(let fraction): fraction > 0 && fraction <= 1
      }
    guard valid else {
      throw CompressionError.invalidParameter(
        operator: `operator`, parameter: "keep", value: "\(self)",
        expected: "above 0 % and at most 100 %, or a count from 1 on")
    }
  }

  /// - Throws: `CompressionError.invalidParameter` for more than there are.
  func validate(_ `operator`: String, atMost total: Int, _ what: String) throws {
    guard of(total) <= total else {
      throw CompressionError.invalidParameter(
        operator: `operator`, parameter: "keep", value: "\(self)",
        expected: "at most the \(total) \(what)")
    }
  }
}
