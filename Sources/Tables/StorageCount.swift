import Compression
import LinearAlgebra

/// The bits of a plan's forms, and of what they replace, without weights: as the operators expect them;
/// those whose storage follows from the weights compress random ones.
///
/// - Complexity: O(κ) for κ sparse entries.
package func storageBits(of plan: CompressionPlan, for layout: ArenaLayout) throws -> (
  bits: Int, reference: Int
) {
  let resolved = try ResolvedPlan(plan, for: layout)
  return try resolved.problems.reduce((0, 0)) { sum, problem in
    (
      sum.0 + (try bits(of: problem.operator, shape: problem.shape)),
      sum.1 + problem.referenceBits
    )
  }
}

private func bits(of operator: any CompressionOperator, shape: [Int]) throws -> Int {
  if let bits = `operator`.expectedBits(shape: shape) { return bits }
  if let sum = `operator` as? CompressionSum {
    return try sum.parts.reduce(0) { $0 + (try bits(of: $1, shape: shape)) }
  }
  var random = RandomGenerator(seed: 0, stream: 7)
  let view = try WeightView(
    (0..<shape.reduce(1, *)).map { _ in random.normal() }, shape: shape)
  return try `operator`.compress(view, from: nil, penalty: 1).storage.bits
}
