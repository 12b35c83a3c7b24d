import LinearAlgebra
import Testing

@Suite struct MatrixTests {
  private func random(_ rows: Int, _ columns: Int, seed: UInt64) throws -> Matrix {
    var generator = RandomGenerator(seed: seed)
    return try Matrix(rows: rows, columns: columns, values: generator.normals(rows * columns))
  }

  @Test(arguments: 0..<40) func productEqualsTripleLoop(seed: Int) throws {
    let (m, n, k) = (1 + seed % 7, 1 + seed % 5, 1 + seed % 11)
    let a = try random(m, k, seed: UInt64(seed))
    let b = try random(k, n, seed: UInt64(seed + 1000))
    for (first, second) in [(false, false), (true, false), (false, true), (true, true)] {
      let product = try Matrix.product(
        first ? a.transposed : a, second ? b.transposed : b, transposingFirst: first,
        transposingSecond: second)
      for row in 0..<m {
        for column in 0..<n {
          let naive = (0..<k).reduce(0) { $0 + Double(a[row, $1]) * Double(b[$1, column]) }
          #expect(abs(Double(product[row, column]) - naive) < 1e-4)
        }
      }
    }
  }

  @Test(arguments: [(1, 1), (5, 5), (3, 17), (40, 9), (64, 64)])
  func singularValuesRebuildTheMatrix(rows: Int, columns: Int) throws {
    let a = try random(rows, columns, seed: UInt64(rows * 100 + columns))
    let svd = try SingularValueDecomposition(of: a)
    #expect(zip(svd.singularValues, svd.singularValues.dropFirst()).allSatisfy { $0 >= $1 })
    for (row, column) in [(0, 0), (rows - 1, columns - 1), (rows / 2, columns / 2)] {
      var value = 0.0
      for (index, s) in svd.singularValues.enumerated() {
        value +=
          Double(svd.left[row, index]) * Double(s) * Double(svd.rightTransposed[index, column])
      }
      #expect(abs(value - Double(a[row, column])) < 1e-4)
    }
    let identity = try Matrix.product(svd.left, svd.left, transposingFirst: true)
    for index in 0..<identity.rows { #expect(abs(identity[index, index] - 1) < 1e-4) }
    // Σ s² = ‖A‖².
    let energy = svd.singularValues.squaredNorm
    #expect(abs(energy - a.values.squaredNorm) < 1e-4 * energy)
  }

  @Test func wrongShapesAreErrors() throws {
    let a = try random(2, 3, seed: 1)
    #expect(throws: LinearAlgebraError.self) { try Matrix(rows: 2, columns: 3, values: [1]) }
    #expect(throws: LinearAlgebraError.self) { try Matrix(rows: -1, columns: 3, values: []) }
    #expect(throws: LinearAlgebraError.self) { try Matrix(rows: .max, columns: 3, values: []) }
    #expect(throws: LinearAlgebraError.self) { try a * a }
    #expect(throws: LinearAlgebraError.self) { try a * [1, 2] }
    #expect(throws: LinearAlgebraError.self) {
      try SingularValueDecomposition(of: Matrix(rows: 1, columns: 2, values: [.nan, 1]))
    }
    #expect(throws: LinearAlgebraError.self) {
      try SingularValueDecomposition(of: Matrix(rows: 0, columns: 2, values: []))
    }
  }
}
