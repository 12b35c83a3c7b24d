/// A sum of compressed forms: Δ(θ) = Δ₁(θ₁) + … + Δ_K(θ_K).
public struct AdditiveSum: Sendable, Equatable {
  /// At least one part, all of the same count.
  public let parts: [CompressedForm]

  /// The sum of these forms.
  ///
  /// - Throws: `CompressionError.malformedForm` when there is no part or the counts differ.
  public init(_ parts: [CompressedForm]) throws {
    guard let first = parts.first, parts.allSatisfy({ $0.count == first.count }) else {
      throw CompressionError.malformedForm(
        "a sum needs parts of one size, found \(parts.map { String($0.count) })")
    }
    self.parts = parts
  }

  /// The number of weights n.
  public var count: Int { parts[0].count }

  /// Δ(θ), n weights.
  public func decompressed() -> [Float] { CompressedForm.sum(self).decompressed() }

  /// weights += scale · Δ(θ).
  public func add(to weights: inout [Float], scale: Float) {
    for part in parts { part.add(to: &weights, scale: scale) }
  }

  /// The sum of the parts' bits.
  public var storage: Storage { parts.reduce(Storage()) { $0 + $1.storage } }

  /// The parts' operations, and an addition a row for each further part.
  public func operations(in range: Range<Int>, rows: Int, columns: Int) -> Operations {
    parts.reduce(Operations(additions: (parts.count - 1) * rows)) {
      $0 + $1.operations(in: range, rows: rows, columns: columns)
    }
  }
}
