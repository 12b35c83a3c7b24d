import Compression
import LinearAlgebra

/// The bits of a plan's forms, and of what they replace, without weights: codes, codebooks and factors
/// by their formulas, sparse places as if they were drawn at random. Operators whose storage follows
/// from the weights compress random ones.
///
/// - Complexity: O(κ) for κ sparse entries.
public func storageBits(of plan: CompressionPlan, for layout: ArenaLayout) throws -> (
  bits: Int, reference: Int
) {
  let resolved = try ResolvedPlan(plan, for: layout)
  return try resolved.problems.reduce((0, 0)) { sum, problem in
    (
      sum.0 + (try bits(of: problem.operation, shape: problem.shape)),
      sum.1 + problem.referenceBits
    )
  }
}

private func bits(of operation: any CompressionOperator, shape: [Int]) throws -> Int {
  let count = shape.reduce(1, *)
  switch operation {
  case let sum as CompressionSum:
    return try sum.parts.reduce(0) { $0 + (try bits(of: $1, shape: shape)) }
  case let quantization as AdaptiveQuantization where quantization.grouping == .view:
    return count * bitsToTellApart(quantization.levels) + 32 * quantization.levels
  case let pruning as Pruning where pruning.values == .float32:
    let kept = pruning.kept.of(count)
    return 32 * kept + IndexCoding.cheapest(places: randomPlaces(kept, of: count), of: count).bits
  case let lowRank as LowRankApproximation where lowRank.scheme == .one && shape.count >= 2:
    let (rows, columns) = (shape[0], shape.dropFirst().reduce(1, *))
    let width = lowRank.numbers == .float16 ? 16 : 32
    switch lowRank.rank {
    case .fixed(let rank): return width * rank * (rows + columns)
    case .share(let share):
      return width * Share.fraction(share).of(min(rows, columns)) * (rows + columns)
    case .energy, .selected: break
    }
  default: break
  }
  var random = RandomGenerator(seed: 0, stream: 7)
  let view = try WeightView((0..<count).map { _ in random.normal() }, shape: shape)
  return try operation.representation(of: view, from: nil, penalty: 1).storage.bits
}

/// That many places, ascending, each set as likely as any other.
private func randomPlaces(_ kept: Int, of count: Int) -> [UInt32] {
  var random = RandomGenerator(seed: 0, stream: 8)
  var places: [UInt32] = []
  places.reserveCapacity(kept)
  var left = kept
  for place in 0..<count where left > 0 {
    if Float(count - place) * random.uniform() < Float(left) {
      places.append(UInt32(place))
      left -= 1
    }
  }
  return places
}
