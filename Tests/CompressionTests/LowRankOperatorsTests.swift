import LinearAlgebra
import Testing

@testable import Compression

/// Rank rules, schemes, nuclear norm, the truncated SVD.
@Suite struct LowRankOperatorsTests {
  private func singularValues(_ weights: [Float], _ rows: Int, _ columns: Int) throws -> [Double] {
    try SingularValueDecomposition(of: Matrix(rows: rows, columns: columns, values: weights))
      .singularValues.map(Double.init)
  }

  @Test(arguments: 0..<40) func theRankFollowsFromTheRule(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let (rows, columns) = (3 + seed % 8, 4 + seed % 5)
    let weights = random.normals(rows * columns)
    let view = try WeightView(weights, shape: [rows, columns])
    let squares = try singularValues(weights, rows, columns).map { $0 * $0 }
    func tail(_ rank: Int) -> Double { squares.dropFirst(rank).reduce(0, +) }

    let share = 0.1 + 0.2 * Double(seed % 5)
    let energy = try LowRankApproximation(.energy(share)).compress(view, from: nil, penalty: 1)
    let least = (0...squares.count).first { tail($0) <= (1 - share) * tail(0) * (1 + 1e-9) }
    #expect(energy.lowRank?.rank == least)

    let mu = Float(1 + seed % 3)
    let lambda = 0.02 + 0.05 * Double(seed % 6)
    let selected = try LowRankApproximation(.selected(lambda, .storage))
      .compress(view, from: nil, penalty: mu)
    let objectives = (0...squares.count).map {
      lambda * Double($0 * (rows + columns)) + Double(mu) / 2 * tail($0)
    }
    #expect(selected.lowRank?.rank == objectives.indices.min { objectives[$0] < objectives[$1] })
    var wide = view
    wide.positions = 10
    let byArithmetic = try LowRankApproximation(.selected(lambda / 10, .flops))
      .compress(wide, from: nil, penalty: mu)
    #expect(byArithmetic.lowRank?.rank == selected.lowRank?.rank)
  }

  @Test(arguments: 0..<20) func schemeTwoIsThePermutedMatrix(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let shape = [3 + seed % 3, 2 + seed % 4, 3, 2]
    let weights = random.normals(shape.reduce(1, *))
    let view = try WeightView(weights, shape: shape)
    let form = try LowRankApproximation(.fixed(2), scheme: .two)
      .compress(view, from: nil, penalty: 1)
    let (o, i, h, w) = (shape[0], shape[1], shape[2], shape[3])
    var matrix = [Float](repeating: 0, count: weights.count)
    for a in 0..<o {
      for b in 0..<i {
        for c in 0..<h {
          for d in 0..<w {
            matrix[(a * h + c) * i * w + b * w + d] = weights[((a * i + b) * h + c) * w + d]
          }
        }
      }
    }
    let tail = try singularValues(matrix, o * h, i * w).dropFirst(2).reduce(0) { $0 + $1 * $1 }
    #expect(abs(weights.squaredDistance(to: form.decompressed()) - tail) <= 1e-4 * (1 + tail))
    #expect(form.storage.bits == 32 * 2 * (o * h + i * w))
    let one = try LowRankApproximation(.fixed(2)).compress(view, from: nil, penalty: 1)
    let best = try LowRankApproximation(.fixed(2), scheme: .cheaper)
      .compress(view, from: nil, penalty: 1)
    let reached = weights.squaredDistance(to: best.decompressed())
    #expect(
      reached <= min(weights.squaredDistance(to: one.decompressed()), tail) * 1.0001 + 1e-6)
  }

  @Test(arguments: 0..<20) func halfFactorsAreNearTheFullOnes(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let weights = random.normals(80)
    let view = try WeightView(weights, shape: [8, 10])
    let full = try LowRankApproximation(rank: 3).compress(view, from: nil, penalty: 1)
    let half = try LowRankApproximation(.fixed(3), numbers: .float16)
      .compress(view, from: nil, penalty: 1)
    #expect(half.storage.bits * 2 == full.storage.bits)
    #expect(
      half.decompressed().squaredDistance(to: full.decompressed())
        <= 1e-5 * full.decompressed().squaredNorm)
  }

  /// Θ is optimal when W − Θ has spectral norm α/μ at most, and just that along Θ's vectors.
  @Test(arguments: 0..<30) func theNuclearNormIsOptimal(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let (rows, columns) = (4 + seed % 5, 6)
    let weights = random.normals(rows * columns)
    let view = try WeightView(weights, shape: [rows, columns])
    let mu = Float(0.5 + Double(seed % 3))
    let alpha = 0.3 + Double(seed % 5)
    let `operator` = try NuclearNorm(strength: alpha)
    let form = try `operator`.compress(view, from: nil, penalty: mu)
    let threshold = alpha / Double(mu)
    let before = try singularValues(weights, rows, columns)
    let after = try singularValues(form.decompressed(), rows, columns)
    for (a, b) in zip(before, after) { #expect(abs(max(0, a - threshold) - b) <= 1e-4 * (1 + a)) }
    #expect(form.lowRank?.rank == before.count { $0 > threshold })
    #expect(abs(`operator`.cost(of: form, in: view) - alpha * after.reduce(0, +)) <= 1e-3)
    let rest = zip(weights, form.decompressed()).map { $0 - $1 }
    #expect(try singularValues(rest, rows, columns).first ?? 0 <= threshold * 1.0001 + 1e-5)
  }

  /// With rows: the group lasso's step after that of the singular values.
  @Test(arguments: 0..<10) func nuclearRowsAreShrunkAfterwards(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed), stream: 1)
    let view = try WeightView(random.normals(42), shape: [7, 6])
    let both = try NuclearNorm(strength: 0.7, rows: 0.4)
    let form = try both.compress(view, from: nil, penalty: 2)
    let first = try NuclearNorm(strength: 0.7).compress(view, from: nil, penalty: 2)
    let then = try GroupLasso(strength: 0.4, of: .rows).compress(
      WeightView(first.decompressed(), shape: [7, 6]), from: nil, penalty: 2)
    #expect(
      zip(form.decompressed(), then.decompressed()).allSatisfy { abs($0 - $1) < 1e-5 })
    let values = form.decompressed()
    let norms = (0..<7).map { Array(values[$0 * 6..<($0 + 1) * 6]).squaredNorm.squareRoot() }
    let expected =
      0.7 * (try singularValues(values, 7, 6).reduce(0, +))
      + 0.4 * 6.0.squareRoot() * norms.reduce(0, +)
    #expect(abs(both.cost(of: form, in: view) - expected) < 1e-3)
  }

  /// A flat and a decaying spectrum, and a matrix whose rank is below the one asked for.
  @Test(arguments: 0..<3) func theTruncatedDecompositionIsAsGoodAsLAPACK(kind: Int) throws {
    var random = RandomGenerator(seed: UInt64(kind))
    let (rows, columns, rank) = (320, 400, 16)
    var values = random.normals(rows * columns)
    if kind > 0 {
      let left = try Matrix(rows: rows, columns: 200, values: random.normals(rows * 200))
      var scaled = random.normals(200 * columns)
      for row in 0..<200 {
        let factor: Float = kind == 1 ? 1 / Float(1 + row) : (row < 10 ? 1 : 0)
        for column in 0..<columns { scaled[row * columns + column] *= factor }
      }
      values = try (left * Matrix(rows: 200, columns: columns, values: scaled)).values
    }
    let matrix = try Matrix(rows: rows, columns: columns, values: values)
    let whole = try SingularValueDecomposition(of: matrix)
    let tail = whole.singularValues.dropFirst(rank).reduce(0) { $0 + Double($1) * Double($1) }
    let total = values.squaredNorm
    func residual(_ found: TruncatedSingularValues) throws -> Double {
      let form = try LowRank(
        found.left, found.singularValues, found.rightTransposed, exponent: 0)
      return values.squaredDistance(to: form.decompressed())
    }
    #expect(TruncatedSingularValues.pays(rows: rows, columns: columns, rank: rank))
    let cold = try #require(try TruncatedSingularValues(of: matrix, rank: rank))
    #expect(try residual(cold) <= 1.001 * tail + 1e-5 * total)
    // A warm start from a nearby matrix.
    let moved = try Matrix(
      rows: rows, columns: columns,
      values: zip(values, random.normals(values.count, scale: 0.01)).map { $0 + $1 })
    let near = try SingularValueDecomposition(of: moved)
    let start = try Matrix(
      rows: rank, columns: columns,
      values: Array(near.rightTransposed.values.prefix(rank * columns)))
    let warm = try #require(try TruncatedSingularValues(of: matrix, rank: rank, start: start))
    #expect(try residual(warm) <= 1.001 * tail + 1e-5 * total)
  }

  /// A mean 1e4 times what is beside it, and a rank below the basis: beyond it there is only rounding.
  @Test(arguments: 0..<6) func aProjectionProjectsOntoItself(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed), stream: 2)
    let weights = random.normals(256 * 256).map { 1 + 1e-3 * $0 }
    let `operator` = try LowRankApproximation(rank: 16)
    let once = try `operator`.compress(
      WeightView(weights, shape: [256, 256]), from: nil, penalty: 1
    ).decompressed()
    let twice = try `operator`.compress(
      WeightView(once, shape: [256, 256]), from: nil, penalty: 1
    ).decompressed()
    let beside = once.map { $0 - 1 }.squaredNorm
    #expect(once.squaredDistance(to: twice) <= 1e-4 * beside)
  }

  @Test func wrongParametersAreErrors() {
    #expect(throws: CompressionError.self) { try LowRankApproximation(.energy(0)) }
    #expect(throws: CompressionError.self) { try LowRankApproximation(.selected(0, .storage)) }
    #expect(throws: CompressionError.self) { try NuclearNorm(strength: .nan) }
    #expect(throws: CompressionError.self) {
      try LowRankApproximation(.fixed(1), scheme: .two).validate(shape: [4, 4], view: "w")
    }
    #expect(throws: CompressionError.self) {
      try LowRankApproximation(.fixed(3), scheme: .two).validate(shape: [1, 1, 2, 9], view: "w")
    }
  }
}
