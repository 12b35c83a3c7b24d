/// Singular values by one-sided Jacobi rotations, in double precision.
struct SingularValues {
  /// Descending.
  let values: [Double]
  /// Columns of A·V, in the same order; A is the matrix, or its transpose where that is taller.
  private let columns: [[SIMD8<Double>]]
  private let right: [[SIMD8<Double>]]
  private let isTransposed: Bool
  private let rows: Int
  private let width: Int

  /// The singular values of the matrix divided by its largest magnitude, so that no square leaves the
  /// range of doubles; multiplied again at the end.
  init(_ matrix: [Double], rows: Int, columns: Int, withVectors: Bool = false) {
    let isTransposed = columns > rows
    self.isTransposed = isTransposed
    self.rows = rows
    width = columns
    let (tall, thin) = (max(rows, columns), min(rows, columns))
    let largest = matrix.reduce(0) { max($0, abs($1)) }
    let scale = largest > 0 ? largest : 1
    var a = (0..<thin).map { column in
      Self.packed(tall) { row in
        (isTransposed ? matrix[column * columns + row] : matrix[row * columns + column]) / scale
      }
    }
    var v =
      withVectors ? (0..<thin).map { column in Self.packed(thin) { $0 == column ? 1 : 0 } } : []
    Self.rotate(&a, &v)
    let norms = a.map { Self.dot($0, $0).squareRoot() }
    let order = norms.indices.sorted { norms[$0] > norms[$1] }
    values = order.map { norms[$0] * scale }
    self.columns = withVectors ? order.map { column in a[column].map { $0 * scale } } : []
    right = withVectors ? order.map { v[$0] } : []
  }

  /// Σ of the squares from the r-th on.
  func tail(_ rank: Int) -> Double { values.dropFirst(rank).reversed().reduce(0) { $0 + $1 * $1 } }

  /// The matrix with its singular values shrunk by a threshold; needs the vectors.
  func shrunk(by threshold: Double) -> [Double] {
    var result = [Double](repeating: 0, count: rows * width)
    for (place, value) in values.enumerated() where value > threshold {
      let factor = (value - threshold) / value
      for row in 0..<rows {
        for column in 0..<width {
          let (tall, thin) = isTransposed ? (column, row) : (row, column)
          result[row * width + column] +=
            factor * columns[place][tall / 8][tall % 8] * right[place][thin / 8][thin % 8]
        }
      }
    }
    return result
  }

  private static func packed(_ count: Int, _ value: (Int) -> Double) -> [SIMD8<Double>] {
    (0..<(count + 7) / 8).map { part in
      var numbers = SIMD8<Double>(repeating: 0)
      for lane in 0..<min(8, count - 8 * part) { numbers[lane] = value(8 * part + lane) }
      return numbers
    }
  }

  private static func dot(_ a: [SIMD8<Double>], _ b: [SIMD8<Double>]) -> Double {
    var sum = SIMD8<Double>(repeating: 0)
    for index in a.indices { sum += a[index] * b[index] }
    return sum.sum()
  }

  private static func rotate(_ a: inout [[SIMD8<Double>]], _ v: inout [[SIMD8<Double>]]) {
    let total = a.reduce(0) { $0 + dot($1, $1) }
    for _ in 0..<60 {
      var isDone = true
      for p in a.indices {
        for q in a.indices.dropFirst(p + 1) {
          let (pp, qq, pq) = (dot(a[p], a[p]), dot(a[q], a[q]), dot(a[p], a[q]))
          guard abs(pq) > 1e-14 * (pp * qq).squareRoot(), abs(pq) > 1e-24 * total else { continue }
          isDone = false
          let ratio = (qq - pp) / (2 * pq)
          let tangent = (ratio < 0 ? -1 : 1) / (abs(ratio) + (1 + ratio * ratio).squareRoot())
          let cosine = 1 / (1 + tangent * tangent).squareRoot()
          turn(&a, p, q, cosine, cosine * tangent)
          if !v.isEmpty { turn(&v, p, q, cosine, cosine * tangent) }
        }
      }
      if isDone { return }
    }
  }

  private static func turn(
    _ a: inout [[SIMD8<Double>]], _ p: Int, _ q: Int, _ cosine: Double, _ sine: Double
  ) {
    for index in a[p].indices {
      let (x, y) = (a[p][index], a[q][index])
      a[p][index] = x * cosine - y * sine
      a[q][index] = x * sine + y * cosine
    }
  }
}

extension SIMD8<Double> {
  fileprivate static func * (a: Self, b: Double) -> Self { a * Self(repeating: b) }
}
