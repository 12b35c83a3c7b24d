import LinearAlgebra

/// A matrix of rank r as the product of two factors: Δ(θ) = left · right.
public struct LowRank: CompressedForm {
  /// m × r.
  public let left: Matrix
  /// r × n.
  public let right: Matrix

  /// - Throws: `CompressionError.malformedForm` when the inner sizes differ.
  public init(left: Matrix, right: Matrix) throws {
    guard left.columns == right.rows else {
      throw CompressionError.malformedForm(
        "factors \(left.rows) × \(left.columns) and \(right.rows) × \(right.columns)")
    }
    self.left = left
    self.right = right
  }

  public var rank: Int { left.columns }
  public var count: Int { left.rows * right.columns }

  public func add(to weights: inout [Float], scale: Float) {
    accumulateProduct(left, right, scale: scale, into: &weights)
  }

  public var storage: Storage { Storage(factors: 32 * rank * (left.rows + right.columns)) }

  /// First right, then left: r·(m + n) multiplications.
  public func operations(in range: Range<Int>, rows: Int, columns: Int) -> Operations {
    Operations.dense(rows: rank, columns: columns) + .dense(rows: rows, columns: rank)
  }

  public var representation: Representation { .lowRank(self) }
  public init?(_ representation: Representation) {
    guard case .lowRank(let form) = representation else { return nil }
    self = form
  }
}
