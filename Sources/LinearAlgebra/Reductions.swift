import RealModule

// Sums over whole tensors. Terms are formed in Float and added in Double, eight lanes at a time;
// relaxed addition lets the compiler keep the lanes in vector registers. Each part of a parallel
// sum is added in the order of the parts, so the result is reproducible for a thread count.

/// Σ f over equal parts of 0..<count.
private func parallelSum(_ count: Int, _ partial: (Range<Int>) -> Double) -> Double {
  let parts = partCount(of: count, grain: 65_536)
  guard parts > 1 else { return partial(0..<count) }
  return withUnsafeTemporaryAllocation(of: Double.self, capacity: parts) { sums in
    sums.initialize(repeating: 0)
    parallel(over: count, parts: parts) { part, range in sums[part] = partial(range) }
    return sums.reduce(0, +)
  }
}

/// Σ xᵢ. O(n).
package func sum(_ x: UnsafeBufferPointer<Float>) -> Double {
  parallelSum(x.count) { range in
    var total = 0.0
    for value in x[range] { total = Relaxed.sum(total, Double(value)) }
    return total
  }
}

/// Σ xᵢ². O(n).
package func squaredNorm(_ x: UnsafeBufferPointer<Float>) -> Double {
  parallelSum(x.count) { range in
    var total = 0.0
    for value in x[range] {
      let value = Double(value)
      total = Relaxed.multiplyAdd(value, value, total)
    }
    return total
  }
}

/// Σ |xᵢ|. O(n).
package func absoluteSum(_ x: UnsafeBufferPointer<Float>) -> Double {
  parallelSum(x.count) { range in
    var total = 0.0
    for value in x[range] { total = Relaxed.sum(total, Double(abs(value))) }
    return total
  }
}

/// Σ (xᵢ − yᵢ)². O(n); the counts must agree.
package func squaredDistance(_ x: UnsafeBufferPointer<Float>, _ y: UnsafeBufferPointer<Float>)
  -> Double
{
  precondition(x.count == y.count)
  return parallelSum(x.count) { range in
    var total = 0.0
    for (a, b) in zip(x[range], y[range]) {
      let difference = Double(a) - Double(b)
      total = Relaxed.multiplyAdd(difference, difference, total)
    }
    return total
  }
}

/// Whether every number is finite. O(n).
package func allFinite(_ x: UnsafeBufferPointer<Float>) -> Bool {
  // The exponent bits of infinities and NaN are all ones; the maximum of those bits tells.
  var largest: UInt32 = 0
  for value in x { largest = max(largest, value.bitPattern & 0x7F80_0000) }
  return largest != 0x7F80_0000
}

extension Array where Element == Float {
  /// Σ xᵢ², added up in `Double`. O(n).
  public var squaredNorm: Double { withUnsafeBufferPointer(LinearAlgebra.squaredNorm) }
  package var sum: Double { withUnsafeBufferPointer(LinearAlgebra.sum) }
  package var absoluteSum: Double { withUnsafeBufferPointer(LinearAlgebra.absoluteSum) }
  /// Whether no number is NaN or infinite; true where there are none. O(n).
  public var isFinite: Bool { withUnsafeBufferPointer(allFinite) }

  /// Σ (xᵢ − yᵢ)², added up in `Double`. O(n).
  ///
  /// - Precondition: there are as many others.
  public func squaredDistance(to other: [Float]) -> Double {
    withUnsafeBufferPointer { x in
      other.withUnsafeBufferPointer { LinearAlgebra.squaredDistance(x, $0) }
    }
  }
}
