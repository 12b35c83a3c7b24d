import CLAPACKE
import COpenBLAS

/// The r largest singular values of a large matrix and their vectors, by block Krylov iteration.
///
/// From b = r + 8 start vectors X the basis K = [Q₁, Q₂, …], Qᵢ = orth(A·Xᵢ) orthogonal to the blocks
/// before, Xᵢ₊₁ = Aᵀ·Qᵢ, grows block by block. B = Kᵀ·A is made of the Xᵢ already computed, and its
/// singular values are those of A on the basis. With E the sum of the r largest squared, the residual
/// is ‖A‖² − E; from the last two gains of E, which fall geometrically, the gain that is still to
/// come is estimated, and the iteration ends when that is below `tolerance` times the residual.
/// Directions that are only rounding are left out of the basis; when none is left, it holds all of A.
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

  /// The r leading triplets of a matrix, from random or given vectors.
  ///
  /// - Parameters:
  ///   - matrix: of numbers whose squares are within a `Float`'s range.
  ///   - start: vectors in whose neighbourhood the leading right singular vectors lie, as rows of n,
  ///     such as those of a matrix near this one; at most r are used.
  ///   - tolerance: the share of the squared residual by which it may exceed the least possible. The
  ///     estimate is a rough one, so that small matrices, where a block more costs little, take a
  ///     quarter of it. Below a residual of 1e-3 ‖A‖² rounding of the energies limits it; see `LeadingSingularValues`.
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
    BLASKernels.prepare()
    let total = matrix.values.squaredNorm
    guard total > 0, total.isFinite else { return nil }

    // Warm rows first, scaled to the size of random ones, then random ones.
    var random = RandomGenerator(seed: seed, stream: 5)
    var x = random.normals(width * n)
    if let start, start.columns == n {
      let used = min(rank, start.rows)
      let norm = start.values.squaredNorm
      if norm > 0, norm.isFinite {
        let scale = Float((Double(start.values.count) / norm).squareRoot() * 30)
        // The random rows stay to notice directions that the start does not have.
        for place in 0..<used * n { x[place] = start.values[place] * scale }
      }
    }

    var basis = OrthonormalBasis(length: m)  // Kᵀ, a row a vector
    var image: [Float] = []  // B = Kᵀ·A
    var gram: [Float] = []  // B·Bᵀ, recomputed a block at a time
    var energies: [Double] = []
    var isConverged = false
    while !isConverged, energies.count < Self.blocks, basis.count + x.count / n <= min(m, n) {
      let y = multiply(x, matrix.values, m: x.count / n, n: m, k: n, transposed: true)
      guard let added = basis.append(y) else { return nil }
      if added.isEmpty {
        // Nothing of A is outside of the basis.
        isConverged = true
        break
      }
      x = multiply(added, matrix.values, m: added.count / m, n: n, k: m, transposed: false)
      image += x
      let k = basis.count
      // The new rows of the Gram matrix; the lower triangle is enough.
      let rows = multiply(x, image, m: x.count / n, n: k, k: n, transposed: true)
      gram = extended(gram, by: rows, width: x.count / n, to: k)
      guard let energy = leadingEnergy(gram, size: k, count: min(rank, k)) else { return nil }
      energies.append(energy)
      isConverged = Self.isConverged(
        energies, total: total, tolerance: min(m, n) < 1024 ? tolerance / 4 : tolerance)
    }
    let k = basis.count
    guard isConverged, k > 0,
      let svd = try? SingularValueDecomposition(of: Matrix(rows: k, columns: n, values: image))
    else { return nil }
    left = try Matrix.product(
      Matrix(rows: k, columns: m, values: basis.rows), svd.left.prefix(columns: rank),
      transposingFirst: true)
    // A basis of fewer vectors holds all of A; zeros stand for the rest.
    let found = min(rank, svd.singularValues.count)
    let missing = rank - found
    singularValues = svd.singularValues.prefix(found) + Array(repeating: 0, count: missing)
    rightTransposed = try Matrix(
      rows: rank, columns: n,
      values: svd.rightTransposed.values.prefix(found * n)
        + Array(repeating: 0, count: missing * n))
    guard Self.isOrthonormal(left, rank: found) else { return nil }
  }

  /// Whether what is still to gain is estimated to be below `tolerance` times the residual.
  private static func isConverged(_ energies: [Double], total: Double, tolerance: Double) -> Bool {
    guard energies.count > 1 else { return false }
    let energy = energies[energies.count - 1]
    let residual = max(0, total - energy)
    let gain = energy - energies[energies.count - 2]
    // The rounding of an energy.
    let noise = 2e-7 * total
    if energies.count == 2 { return gain <= max(noise, 0.1 * tolerance * residual) }
    let before = energies[energies.count - 2] - energies[energies.count - 3]
    // The first gain is that of a dominant direction, beside which the second says nothing of the others.
    let least = energies.count == 3 ? 0.5 : 0
    let rate = min(0.9, max(least, gain / max(before, .leastNonzeroMagnitude)))
    return gain * rate / (1 - rate) <= max(noise, tolerance * residual)
  }

  /// Whether the columns are orthonormal: then ‖A − U·Uᵀ·A‖² is what the energies say.
  private static func isOrthonormal(_ left: Matrix, rank: Int) -> Bool {
    guard let gram = try? Matrix.product(left, left, transposingFirst: true) else { return false }
    for row in 0..<rank {
      for column in 0..<rank {
        let expected: Float = row == column ? 1 : 0
        guard abs(gram[row, column] - expected) < 1e-5 else { return false }
      }
    }
    return true
  }
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
