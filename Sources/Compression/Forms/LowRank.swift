import LinearAlgebra

/// A matrix of rank r as the product of two factors: Δ(θ) = left · right.
public struct LowRank: Sendable, Equatable {
  /// m × r.
  public let left: Matrix
  /// r × n.
  public let right: Matrix
  /// How the weights lie in the matrix.
  public let arrangement: MatrixArrangement
  /// How the factors are stored; they need no rounding to it.
  public let format: NumberFormat

  /// The product of these factors.
  ///
  /// - Throws: `CompressionError.malformedForm` when the sizes differ from each other or from the
  ///   arrangement's, or the factors are not of the format.
  public init(
    left: Matrix, right: Matrix, arrangement: MatrixArrangement = .rows,
    format: NumberFormat = .float32
  ) throws {
    guard left.columns == right.rows else {
      throw CompressionError.malformedForm(
        "factors \(left.rows) × \(left.columns) and \(right.rows) × \(right.columns)")
    }
    guard arrangement.fits(rows: left.rows, columns: right.columns) else {
      throw CompressionError.malformedForm(
        "a \(left.rows) × \(right.columns) matrix in the arrangement \(arrangement)")
    }
    if case .codebook = format {
      throw CompressionError.malformedForm("factors have 32 or 16 bits a number")
    }
    guard format.holds(left.values), format.holds(right.values) else {
      throw CompressionError.malformedForm("factors that are not finite or not of their format")
    }
    self.left = left
    self.right = right
    self.arrangement = arrangement
    self.format = format
  }

  /// r, which may be 0.
  public var rank: Int { left.columns }
  /// The number of weights, m·n.
  public var count: Int { left.rows * right.columns }

  /// Δ(θ), n weights.
  public func decompressed() -> [Float] { CompressedForm.lowRank(self).decompressed() }

  /// weights += scale · Δ(θ).
  public func add(to weights: inout [Float], scale: Float) {
    guard case .heightByWidth = arrangement else {
      accumulateProduct(left, right, scale: scale, into: &weights)
      return
    }
    var product = [Float](repeating: 0, count: count)
    accumulateProduct(left, right, scale: scale, into: &product)
    arrangement.forEachPair { place, index in weights[index] += product[place] }
  }

  /// r·(m + n) numbers of 32 or 16 bits.
  public var storage: Storage {
    Storage(factors: format.bits(rank * (left.rows + right.columns)))
  }

  /// First right, then left: r·(m + n) multiplications.
  public func operations(in range: Range<Int>, rows: Int, columns: Int) -> Operations {
    Operations.dense(rows: rank, columns: right.columns)
      + .dense(rows: left.rows, columns: rank)
  }
}

/// How the weights of a tensor lie in a matrix.
public enum MatrixArrangement: Sendable, Equatable {
  /// As they are, row-major: [out, in], or a kernel [O, I, H, W] as O × (I·H·W), scheme 1.
  case rows
  /// A kernel [O, I, H, W] as (O·H) × (I·W), scheme 2.
  case heightByWidth([Int])

  /// The matrix's sizes for a tensor of that shape.
  func sizes(of shape: [Int]) -> (rows: Int, columns: Int) {
    switch self {
    case .rows: WeightView.matrixShape(of: shape)
    case .heightByWidth(let kernel): (kernel[0] * kernel[2], kernel[1] * kernel[3])
    }
  }

  func fits(rows: Int, columns: Int) -> Bool {
    guard case .heightByWidth(let kernel) = self else { return true }
    guard kernel.count == 4, (try? elementCount(of: kernel)) != nil, kernel.allSatisfy({ $0 > 0 })
    else { return false }
    return sizes(of: kernel) == (rows, columns)
  }

  /// The matrix's values of a tensor's, row-major. O(n).
  func arranged(_ values: [Float]) -> [Float] {
    guard case .heightByWidth = self else { return values }
    var result = [Float](repeating: 0, count: values.count)
    forEachPair { place, index in result[place] = values[index] }
    return result
  }

  /// Calls `body(place in the matrix, index in the tensor)` for every weight.
  @inline(__always)
  func forEachPair(_ body: (Int, Int) -> Void) {
    guard case .heightByWidth(let kernel) = self else { return }
    let (o, i, h, w) = (kernel[0], kernel[1], kernel[2], kernel[3])
    var index = 0
    for out in 0..<o {
      for input in 0..<i {
        for y in 0..<h {
          let row = ((out * h + y) * i + input) * w
          for x in 0..<w {
            body(row + x, index)
            index += 1
          }
        }
      }
    }
  }
}
