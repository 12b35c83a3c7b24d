import LinearAlgebra

// What operators say of their storage before they have seen weights.

extension AdaptiveQuantization {
  /// n·⌈log₂K⌉ + 32·K; none where each row or group has a codebook of its own.
  public func expectedBits(shape: [Int]) -> Int? {
    guard grouping == .view else { return nil }
    return shape.reduce(1, *) * bitsToTellApart(levels) + 32 * levels
  }
}

extension Pruning {
  /// - Complexity: O(n).
  public func expectedBits(shape: [Int]) -> Int? {
    guard values == .float32 else { return nil }
    let count = shape.reduce(1, *)
    let kept = kept.of(count)
    return 32 * kept + IndexCoding.cheapest(places: randomPlaces(kept, of: count), of: count).bits
  }
}

extension LowRankApproximation {
  /// 32, or 16, bits for each of the r·(m + n) numbers; none for vectors, for kernels by another
  /// scheme than 1, and where the rank follows from the weights.
  public func expectedBits(shape: [Int]) -> Int? {
    guard scheme == .one, shape.count >= 2 else { return nil }
    let (rows, columns) = (shape[0], shape.dropFirst().reduce(1, *))
    let width = numbers == .float16 ? 16 : 32
    switch rank {
    case .fixed(let rank): return width * rank * (rows + columns)
    case .share(let share):
      return width * Share.fraction(share).of(min(rows, columns)) * (rows + columns)
    case .energy, .selected: return nil
    }
  }
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
