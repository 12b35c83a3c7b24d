import Compression

/// The weights `range` of a compressed form, rows × columns of them, ready to multiply.
///
/// - Throws: an error of `LinearAlgebra` when the form contradicts itself.
func weightMatrix(of form: Representation, range: Range<Int>, rows: Int, columns: Int) throws
  -> any WeightMatrix
{
  if let sum = AdditiveSum(form) {
    return MatrixSum(
      parts: try sum.parts.map {
        try weightMatrix(of: $0, range: range, rows: rows, columns: columns)
      })
  }
  if let codebook = Codebook(form) {
    return CodebookMatrix(codebook, range: range, rows: rows, columns: columns)
  }
  if let sparse = Sparse(form) {
    return try SparseMatrix(sparse, range: range, rows: rows, columns: columns)
  }
  // Other arrangements of the factors are those of kernels, which no fully connected layer has.
  if let lowRank = LowRank(form), lowRank.arrangement == .rows, range == 0..<lowRank.count,
    (lowRank.left.rows, lowRank.right.columns) == (rows, columns)
  {
    return LowRankMatrix(lowRank)
  }
  return DenseMatrix(Array(form.decompressed()[range]), rows: rows, columns: columns)
}
