import Foundation
import LinearAlgebra
import Testing

@testable import Compression

/// Structured pruning, balls and penalties against naive twins and optimality conditions.
@Suite struct PruningOperatorsTests {
  private static let structures: [Structure] = [
    .rows, .columns, .channels, .kernels, .blocks(2, 3), .blocks(1, 4),
  ]

  /// The block of each weight of a kernel [O, I, H, W], from the definition.
  private func block(of index: Int, _ shape: [Int], _ structure: Structure) -> [Int] {
    let inner = shape[1...].reduce(1, *)
    let (row, column) = (index / inner, index % inner)
    let spatial = shape[2] * shape[3]
    switch structure {
    case .rows: return [row]
    case .columns: return [column]
    case .channels: return [column / spatial]
    case .kernels: return [row, column / spatial]
    case .blocks(let b, let c): return [row / b, column / c]
    }
  }

  @Test(arguments: 0..<120) func keepsTheBlocksOfLargestNorm(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let shape = [1 + seed % 5, 1 + seed % 4, 1 + seed % 3, 2]
    let count = shape.reduce(1, *)
    let structure = Self.structures[seed % 6]
    let weights = random.normals(count)
    let view = try WeightView(weights, shape: shape)
    var norms: [[Int]: Double] = [:]
    for (index, weight) in weights.enumerated() {
      norms[block(of: index, shape, structure), default: 0] += Double(weight) * Double(weight)
    }
    let kept = 1 + Int(random.next() % UInt64(norms.count))
    let best = Set(norms.sorted { $0.value > $1.value }.prefix(kept).map(\.key))
    let naive = weights.enumerated().map {
      best.contains(block(of: $0.offset, shape, structure)) ? $0.element : 0
    }
    let `operator` = try StructuredPruning(keeping: .count(kept), of: structure)
    let form = try `operator`.compress(view, from: nil, penalty: 1)
    #expect(form.decompressed() == naive)
    let again = try `operator`.compress(
      WeightView(naive, shape: shape), from: form, penalty: 1)
    #expect(again == form)
    #expect(form.storage.values == 32 * naive.count { $0 != 0 })
    #expect(form.storage.indices <= norms.count)
  }

  @Test(arguments: 0..<60) func keepsTheLargestOfEachRun(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let run = 1 + seed % 8
    let kept = 1 + Int(random.next() % UInt64(run))
    let weights = samples(kind: seed % 5, count: run * 12, using: &random)
    let form = try RunPruning(keeping: kept, ofEach: run)
      .compress(WeightView(weights, shape: [3, run * 4]), from: nil, penalty: 1)
    var naive: [Float] = []
    for start in stride(from: 0, to: weights.count, by: run) {
      let order = (start..<start + run).sorted { (a: Int, b: Int) -> Bool in
        let (first, second) = (abs(weights[a]), abs(weights[b]))
        return first != second ? first > second : a < b
      }
      let best = Set(order.prefix(kept))
      for index in start..<start + run { naive.append(best.contains(index) ? weights[index] : 0) }
    }
    #expect(form.decompressed() == naive)
    #expect(form.storage.indices == kept * 12 * bitsToTellApart(run))
  }

  @Test(arguments: 0..<100) func theBallProjectionIsTheNearestPoint(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let weights =
      seed % 5 == 2 ? random.normals(9) : samples(kind: seed % 5, count: 9, using: &random)
    let radius = Double(weights.absoluteSum) * (0.05 + 0.15 * Double(seed % 8)) + 0.01
    let `operator` = try BallProjection(radius: radius)
    let form = try `operator`.compress(WeightView(weights), from: nil, penalty: 1)
    let found = form.decompressed()
    #expect(found.absoluteSum <= radius * (1 + 1e-5))
    // Optimal: w − θ = τ·sign θ where θ ≠ 0, and at most τ elsewhere.
    let gaps = zip(weights, found).map { abs(Double($0) - Double($1)) }
    let threshold = gaps.max() ?? 0
    for (gap, value) in zip(gaps, found) where value != 0 {
      #expect(abs(gap - threshold) <= 1e-5 * (1 + threshold))
    }
    if weights.absoluteSum <= radius { #expect(found == weights.map { $0 == 0 ? 0 : $0 }) }
    let again = try `operator`.compress(WeightView(found), from: form, penalty: 1)
    #expect(again.decompressed().squaredDistance(to: found) <= 1e-9 * (1 + found.squaredNorm))
  }

  /// No step along a coordinate, nor to zero, nor to the target, lowers the objective.
  @Test(arguments: 0..<100) func penaltiesSatisfyTheirOptimalityConditions(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let weights = random.normals(24)
    let view = try WeightView(weights, shape: [4, 6])
    let mu = Float(0.2 + Double(seed % 7))
    let alpha = 0.05 + 0.1 * Double(seed % 9)
    func value(_ x: [Float], _ penalty: ([Float]) -> Double) -> Double {
      penalty(x) + Double(mu) / 2 * weights.squaredDistance(to: x)
    }
    func groups(_ x: [Float]) -> Double {
      (0..<4).reduce(0.0) { $0 + (6 * Array(x[$1 * 6..<$1 * 6 + 6]).squaredNorm).squareRoot() }
    }
    let cases: [(any CompressionOperator, ([Float]) -> Double)] = [
      (
        try PenalisedPruning(strength: alpha, penalty: .count),
        { alpha * Double($0.count { $0 != 0 }) }
      ),
      (try PenalisedPruning(strength: alpha, penalty: .magnitude), { alpha * $0.absoluteSum }),
      (
        try PenalisedPruning(strength: alpha, penalty: .elastic(0.7)),
        { alpha * $0.absoluteSum + 0.35 * $0.squaredNorm }
      ),
      (try GroupLasso(strength: alpha, of: .rows), { alpha * groups($0) }),
      (
        try GroupLasso(strength: alpha, of: .rows, single: 0.4),
        { alpha * (0.6 * groups($0) + 0.4 * $0.absoluteSum) }
      ),
    ]
    for (`operator`, penalty) in cases {
      let form = try `operator`.compress(view, from: nil, penalty: mu)
      let found = form.decompressed()
      let least = value(found, penalty)
      #expect(
        abs(`operator`.cost(of: form, in: view) - penalty(found)) <= 1e-4 * (1 + penalty(found)))
      for index in weights.indices {
        for trial in [
          0, weights[index], found[index] + 0.01, found[index] - 0.01, found[index] * 0.9,
        ] {
          var other = found
          other[index] = trial
          #expect(value(other, penalty) >= least - 1e-5, "\(`operator`)")
        }
      }
      for _ in 0..<20 {
        let other = zip(found, random.normals(24, scale: 0.05)).map { $0 + $1 }
        #expect(value(other, penalty) >= least - 1e-5, "\(`operator`)")
      }
      #expect(value([Float](repeating: 0, count: 24), penalty) >= least - 1e-5)
    }
  }

  @Test(arguments: 0..<40) func storedNumbersKeepTheirFormat(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let weights = random.normals(200)
    let half = try Pruning(keeping: .count(40), values: .float16)
      .compress(WeightView(weights), from: nil, penalty: 1)
    let stored = try #require(half.sparse)
    #expect(stored.values.allSatisfy { Float(Float16($0)) == $0 })
    #expect(half.storage.values == 16 * 40)
    let full = try #require(
      Pruning(keeping: .count(40)).compress(WeightView(weights), from: nil, penalty: 1).sparse)
    #expect(zip(stored.values, full.values).allSatisfy { abs($0 - $1) <= 1e-3 * abs($1) })

    let levels = try Pruning(keeping: .count(40), values: .levels(4))
    var form = try levels.compress(WeightView(weights), from: nil, penalty: 1)
    #expect(Set(try #require(form.sparse).values).count <= 4)
    #expect(form.storage.values == 2 * 40 + 32 * 4)
    // No worse than magnitudes first, values second.
    let naive = try AdaptiveQuantization(levels: 4)
      .compress(WeightView(full.values), from: nil, penalty: 1).decompressed()
    let simple = try Sparse(count: 200, indices: full.indices, values: naive)
    #expect(
      weights.squaredDistance(to: form.decompressed())
        <= weights.squaredDistance(to: simple.decompressed()) * 1.00001)
    var moved = weights
    for _ in 0..<4 {
      moved = zip(moved, random.normals(200, scale: 0.1)).map { $0 + $1 }
      let next = try levels.compress(WeightView(moved), from: form, penalty: 1)
      #expect(
        moved.squaredDistance(to: next.decompressed())
          <= moved.squaredDistance(to: form.decompressed()) * 1.00001)
      form = next
    }
  }

  @Test func wrongParametersAreErrors() throws {
    #expect(throws: CompressionError.self) { try BallProjection(radius: 0) }
    #expect(throws: CompressionError.self) { try RunPruning(keeping: 3, ofEach: 2) }
    #expect(throws: CompressionError.self) { try PenalisedPruning(strength: -1, penalty: .count) }
    #expect(throws: CompressionError.self) { try GroupLasso(strength: 1, of: .rows, single: 2) }
    #expect(throws: CompressionError.self) { try Structure("3y4", operator: "prune") }
    #expect(throws: CompressionError.self) {
      try StructuredPruning(keeping: .count(1), of: .rows)
        .compress(WeightView([1, 2]), from: nil, penalty: 1)
    }
    #expect(throws: CompressionError.self) {
      try StructuredPruning(keeping: .count(3), of: .rows).validate(shape: [2, 2], view: "w")
    }
    #expect(throws: CompressionError.self) {
      try StructuredPruning(keeping: .count(1), of: .kernels).validate(shape: [2, 2], view: "w")
    }
    #expect(throws: CompressionError.self) {
      try RunPruning(keeping: 1, ofEach: 4).validate(shape: [2, 6], view: "w")
    }
    let grid = try BlockGrid(shape: [2, 2], block: [1, 2])
    #expect(throws: CompressionError.self) {
      try Sparse(count: 4, indices: [0], values: [1], pattern: .blocks(grid))
    }
    #expect(throws: CompressionError.self) { try BlockGrid(shape: [2], block: [1, 1]) }
    #expect(throws: CompressionError.self) {
      try Sparse(count: 4, indices: [0], values: [0.1], format: .float16)
    }
  }
}
