import CLAPACKE
import COpenBLAS

/// The r largest singular values of a large matrix and their vectors, by block Krylov iteration.
///
/// From b = r + 8 start vectors X the basis K = [Q₁, Q₂, …], Qᵢ = orth(A·Xᵢ) orthogonal to the blocks
/// before, Xᵢ₊₁ = Aᵀ·Qᵢ, grows block by block. B = Kᵀ·A is made of the Xᵢ already computed, and its
/// singular values are those of A on the basis. With E the sum of the r largest squared, the residual
/// is ‖A‖² − E; from the last two gains of E, which fall geometrically, the gain that is still to
/// come is estimated, and the iteration ends when that is below `tolerance` times the residual.
///
/// - Complexity: 4·m·n·b a block, and O(k²·(m + n)) for a basis of k vectors.
/// - Source: Musco & Musco, NeurIPS 2015.
public struct TruncatedSingularValues: Sendable {
  /// m × r.
  public let left: Matrix
  /// r of them, descending.
  public let singularValues: [Float]
  /// r × n.
  public let rightTransposed: Matrix

  /// How many vectors a block has beyond the rank.
  private static let oversampling = 8
  private static let blocks = 10

  /// Whether the iteration is likely to be faster than LAPACK's whole decomposition.
  public static func pays(rows: Int, columns: Int, rank: Int) -> Bool {
    let least = min(rows, columns)
    return least >= 192 && (rank + oversampling) * 6 <= least
  }

  /// - Parameters:
  ///   - start: vectors in whose neighbourhood the leading right singular vectors lie, as rows of n,
  ///     such as those of a matrix near this one; at most r are used.
  ///   - tolerance: the share of the squared residual by which it may exceed the least possible.
  /// - Returns: none when the iteration does not converge, or LAPACK fails.
  /// - Throws: `LinearAlgebraError` when the rank does not fit.
  public init?(
    of matrix: Matrix, rank: Int, start: Matrix? = nil, tolerance: Double = 2e-4, seed: UInt64 = 0
  ) throws {
    let (m, n) = (matrix.rows, matrix.columns)
    let width = rank + Self.oversampling
    guard rank > 0, width <= min(m, n) else {
      throw LinearAlgebraError.impossibleSize(operation: "truncated SVD", sizes: [m, n, rank])
    }
    _ = BLASKernels.chosen
    let total = matrix.values.squaredNorm
    guard total > 0, total.isFinite else { return nil }

    // Warm rows first, scaled to the size of random ones, then random ones.
    var random = RandomGenerator(seed: seed, stream: 5)
    var x = random.normals(width * n)
    if let start, start.columns == n {
      let used = min(rank, start.rows)
      let norm = start.values.squaredNorm
      if norm > 0 {
        let scale = Float((Double(start.values.count) / norm).squareRoot())
        // The random rows stay to notice directions that the start does not have.
        for place in 0..<used * n { x[place] = start.values[place] * scale * 30 }
      }
    }

    var basis: [Float] = []  // Kᵀ, a row a vector
    var image: [Float] = []  // B = Kᵀ·A
    var gram: [Float] = []  // B·Bᵀ, recomputed a block at a time
    var energies: [Double] = []
    while energies.count < Self.blocks, basis.count / m + width <= min(m, n) {
      var y = multiply(x, matrix.values, m: width, n: m, k: n, transposed: true)
      guard orthonormalise(&y, rows: width, length: m, against: basis) else { return nil }
      basis += y
      x = multiply(y, matrix.values, m: width, n: n, k: m, transposed: false)
      image += x
      let k = basis.count / m
      // The new rows of the Gram matrix; the lower triangle is enough.
      let rows = multiply(x, image, m: width, n: k, k: n, transposed: true)
      gram = extended(gram, by: rows, width: width, to: k)
      guard let energy = leadingEnergy(gram, size: k, count: rank) else { return nil }
      energies.append(energy)
      let residual = max(0, total - energy)
      if residual <= 1e-6 * total, energies.count > 1 { break }
      guard energies.count > 1 else { continue }
      let gain = energy - energies[energies.count - 2]
      if energies.count == 2 {
        if gain <= 0.1 * tolerance * residual { break }
        continue
      }
      let before = energies[energies.count - 2] - energies[energies.count - 3]
      let rate = min(0.9, max(0, gain / max(before, .leastNonzeroMagnitude)))
      if gain * rate / (1 - rate) <= tolerance * residual { break }
      if energies.count == Self.blocks { return nil }
    }
    let k = basis.count / m
    guard energies.count > 1, k >= rank else { return nil }
    guard
      let svd = try? SingularValueDecomposition(of: Matrix(rows: k, columns: n, values: image))
    else { return nil }
    var u = [Float](repeating: 0, count: k * rank)
    for row in 0..<k {
      for column in 0..<rank { u[row * rank + column] = svd.left[row, column] }
    }
    left = try Matrix.product(
      Matrix(rows: k, columns: m, values: basis), Matrix(rows: k, columns: rank, values: u),
      transposingFirst: true)
    singularValues = Array(svd.singularValues.prefix(rank))
    rightTransposed = try Matrix(
      rows: rank, columns: n, values: Array(svd.rightTransposed.values.prefix(rank * n)))
  }
}

/// a (m × k) · b, or · bᵀ with b n × k.
private func multiply(_ a: [Float], _ b: [Float], m: Int, n: Int, k: Int, transposed: Bool)
  -> [Float]
{
  var result = [Float](repeating: 0, count: m * n)
  cblas_sgemm(
    CblasRowMajor, CblasNoTrans, transposed ? CblasTrans : CblasNoTrans, blasint(m), blasint(n),
    blasint(k), 1, a, blasint(k), b, blasint(transposed ? k : n), 0, &result, blasint(n))
  return result
}

/// Orthonormal rows whose span holds the given ones; none when LAPACK fails. O(rows²·columns).
///
/// - Precondition: no more rows than columns.
public func orthonormalRows(spanning matrix: Matrix) throws -> Matrix? {
  precondition(matrix.rows <= matrix.columns)
  _ = BLASKernels.chosen
  var rows = matrix.values
  guard orthonormalise(&rows, rows: matrix.rows, length: matrix.columns, against: []) else {
    return nil
  }
  return try Matrix(rows: matrix.rows, columns: matrix.columns, values: rows)
}

/// Makes the rows orthonormal to each other and to those of the basis; twice, because once loses
/// accuracy where little is left. False when LAPACK fails.
private func orthonormalise(_ y: inout [Float], rows: Int, length: Int, against basis: [Float])
  -> Bool
{
  let others = basis.count / length
  var tau = [Float](repeating: 0, count: rows)
  for _ in 0..<2 {
    if others > 0 {
      let overlap = multiply(y, basis, m: rows, n: others, k: length, transposed: true)
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(rows), blasint(length),
        blasint(others), -1, overlap, blasint(others), basis, blasint(length), 1, &y,
        blasint(length))
    }
    // Row-major rows are column-major columns.
    guard
      LAPACKE_sgeqrf(
        LAPACK_COL_MAJOR, Int32(length), Int32(rows), &y, Int32(length), &tau) == 0,
      LAPACKE_sorgqr(
        LAPACK_COL_MAJOR, Int32(length), Int32(rows), Int32(rows), &y, Int32(length), &tau) == 0
    else { return false }
  }
  return true
}

/// The Gram matrix with `width` more rows; what is right of the diagonal's blocks is not set.
private func extended(_ gram: [Float], by rows: [Float], width: Int, to size: Int) -> [Float] {
  var result = [Float](repeating: 0, count: size * size)
  let old = size - width
  for row in 0..<old {
    for column in 0..<old { result[row * size + column] = gram[row * old + column] }
  }
  for row in 0..<width {
    for column in 0..<size { result[(old + row) * size + column] = rows[row * size + column] }
  }
  return result
}

/// The sum of the largest eigenvalues of a symmetric matrix whose lower triangle is given.
private func leadingEnergy(_ gram: [Float], size: Int, count: Int) -> Double? {
  var copy = gram
  var values = [Float](repeating: 0, count: size)
  // The lower triangle of row-major data is the upper one of column-major data.
  guard
    LAPACKE_ssyevd(
      LAPACK_COL_MAJOR, CChar(UInt8(ascii: "N")), CChar(UInt8(ascii: "U")), Int32(size), &copy,
      Int32(size), &values) == 0
  else { return nil }
  return values.suffix(count).reduce(0) { $0 + Double($1) }
}
