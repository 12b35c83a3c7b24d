import Compression

/// The weights `range` of a compressed form, rows × columns of them, ready to multiply.
///
/// - Throws: an error of `LinearAlgebra` when the form contradicts itself.
func weightMatrix(of form: CompressedForm, range: Range<Int>, rows: Int, columns: Int) throws
  -> any WeightMatrix
{
  switch form {
  case .sum(let sum):
    return MatrixSum(
      parts: try sum.parts.map {
        try weightMatrix(of: $0, range: range, rows: rows, columns: columns)
      })
  case .codebook(let codebook):
    return CodebookMatrix(codebook, range: range, rows: rows, columns: columns)
  case .sparse(let sparse):
    return try SparseMatrix(sparse, range: range, rows: rows, columns: columns)
  case .lowRank(let lowRank):
    // Other arrangements of the factors are those of kernels, which no fully connected layer has.
    guard lowRank.arrangement == .rows, range == 0..<lowRank.count,
      (lowRank.left.rows, lowRank.right.columns) == (rows, columns)
    else { return DenseMatrix(Array(form.decompressed()[range]), rows: rows, columns: columns) }
    return LowRankMatrix(lowRank)
  }
}
