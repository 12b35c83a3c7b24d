import LinearAlgebra
import Testing

@testable import Compression

@Suite struct PruningTests {
  @Test(arguments: 0..<100) func keepsTheLargestMagnitudes(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let count = 1 + Int(random.next() % 100)
    let kept = 1 + Int(random.next() % UInt64(count))
    let weights = samples(kind: seed % 5, count: count, using: &random)
    let form = try Pruning(keeping: .count(kept)).compress(
      WeightView(weights), from: nil, penalty: 1)
    let order = weights.indices.sorted {
      abs(weights[$0]) != abs(weights[$1]) ? abs(weights[$0]) > abs(weights[$1]) : $0 < $1
    }
    var naive = [Float](repeating: 0, count: count)
    for index in order.prefix(kept) { naive[index] = weights[index] }
    #expect(form.decompressed() == naive)
    let again = try Pruning(keeping: .count(kept))
      .compress(WeightView(form.decompressed()), from: form, penalty: 1)
    #expect(again.decompressed() == naive)
  }

  @Test func wrongSharesAreErrors() throws {
    for share in [Share.count(0), .count(-1), .fraction(0), .fraction(1.5), .fraction(.nan)] {
      #expect(throws: CompressionError.self) { try Pruning(keeping: share) }
    }
    #expect(throws: CompressionError.self) {
      try Pruning(keeping: .count(3)).compress(WeightView([1, 2]), from: nil, penalty: 1)
    }
    #expect(Share.fraction(0.01).of(266_200) == 2662)
    #expect(Share.fraction(0.01).of(3) == 1)
  }
}

@Suite struct LowRankTests {
  @Test(arguments: 0..<30) func leavesTheSmallSingularValues(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let (rows, columns) = (2 + seed % 9, 2 + seed % 7)
    let rank = 1 + seed % min(rows, columns)
    let weights = random.normals(rows * columns)
    let view = try WeightView(weights, shape: [rows, columns])
    let form = try LowRankApproximation(rank: rank).compress(view, from: nil, penalty: 1)
    let svd = try SingularValueDecomposition(
      of: Matrix(rows: rows, columns: columns, values: weights))
    let tail = svd.singularValues.dropFirst(rank).reduce(0) { $0 + Double($1) * Double($1) }
    #expect(abs(weights.squaredDistance(to: form.decompressed()) - tail) < 1e-4)
    #expect(form.storage.bits == 32 * rank * (rows + columns))
  }

  @Test func vectorsAndImpossibleRanksAreErrors() throws {
    #expect(throws: CompressionError.self) { try LowRankApproximation(rank: 0) }
    #expect(throws: CompressionError.self) {
      try LowRankApproximation(rank: 1).compress(WeightView([1, 2]), from: nil, penalty: 1)
    }
    #expect(throws: CompressionError.self) {
      try LowRankApproximation(rank: 3)
        .compress(WeightView([1, 2, 3, 4], shape: [2, 2]), from: nil, penalty: 1)
    }
  }
}
