import LinearAlgebra
import Testing

@testable import Compression

/// The smallest and the largest floats, and what lies far from the rest.
@Suite struct RangeEndsTests {
  private func form(_ plan: String, _ weights: [Float], _ shape: [Int]) throws -> CompressedForm {
    try CompressionPlan(parsing: "*: " + plan).tasks[0].operator
      .compress(WeightView(weights, shape: shape), from: nil, penalty: 1)
  }

  /// What is left of the target is finite even where the parts' sum is not.
  @Test(
    arguments: [
      "quantize(k=2) + lowrank(r=1)", "uniform(b=4) + lowrank(r=1)",
      "binary() + prune(keep=5%, k=1)",
    ],
    0..<30) func aSumIsFiniteOrRefused(plan: String, seed: Int) throws
  {
    var random = RandomGenerator(seed: UInt64(seed))
    let weights = random.normals(35).map { max(-1, min(1, $0)) * .greatestFiniteMagnitude }
    do {
      #expect(try form(plan, weights, [7, 5]).decompressed().isFinite)
    } catch let CompressionError.outOfRange(name, _) {
      #expect(!name.isEmpty)
    }
  }

  @Test(arguments: ["ternary()", "quantize(k=2)", "quantize(k=5)", "binary()"], 0..<10)
  func denormalWeightsTakeTheNearestLevel(plan: String, seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let weights = (0..<488).map { _ in
      Float.leastNonzeroMagnitude * Float(Int(random.next() % 1001) - 500)
    }
    let result = try form(plan, weights, [488]).decompressed()
    let levels = Set(result)
    for (weight, taken) in zip(weights, result) {
      let nearest = levels.map { abs(Double($0) - Double(weight)) }.min() ?? 0
      #expect(abs(Double(taken) - Double(weight)) <= nearest)
    }
  }

  /// A step of less than a unit of the last denormal, rounded, would move the last of 256 levels by many.
  @Test func gridsOfDenormalsHaveStepsThatAreFloats() throws {
    let weights = (0..<512).map { Float.leastNonzeroMagnitude * Float($0 * 37 % 93 - 46) }
    #expect(try form("uniform(b=8, affine)", weights, [512]).decompressed() == weights)
    #expect(try form("uniform(b=8)", weights, [512]).decompressed() == weights)
  }

  /// Sums of thousands of equal products round all the same way.
  @Test(arguments: [[8, 8192], [256, 256], [8192, 8]]) func constantsHaveRankOne(shape: [Int])
    throws
  {
    let weights = [Float](repeating: 0.1234567, count: shape[0] * shape[1])
    let result = try form("lowrank(r=10%)", weights, shape).decompressed()
    #expect(weights.squaredDistance(to: result) <= 2e-11 * weights.squaredNorm)
  }
}
