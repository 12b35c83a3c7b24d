import Compression

extension Representation {
  /// A number that tells what the form stands for: of codebooks and sparse entries the weights Δ(θ), bit
  /// for bit; of a product its factors, for the last bits of a product are those of the BLAS and its
  /// threads.
  ///
  /// - Complexity: O(n) time, a second array of n floats.
  var digest: UInt64 {
    var digest = Digest()
    add(to: &digest)
    return digest.value
  }

  private func add(to digest: inout Digest) {
    switch self {
    case .codebook, .sparse: digest.add(decompressed())
    case .lowRank(let product):
      if case .heightByWidth(let kernel) = product.arrangement {
        for size in kernel { digest.add(UInt64(size)) }
      }
      for factor in [product.left, product.right] {
        digest.add(UInt64(factor.rows))
        digest.add(factor.values)
      }
    case .sum(let sum): for part in sum.parts { part.add(to: &digest) }
    }
  }
}

/// Against mistakes, not against malice: whatever one number is replaced by, the digest is another.
private struct Digest {
  private static let prime: UInt64 = 0x0000_0100_0000_01B3
  /// Of each eighth number; the lanes wait for no one.
  private var lanes = SIMD8<UInt64>(repeating: 0xCBF2_9CE4_8422_2325)
  private var count: UInt64 = 0

  var value: UInt64 {
    (0..<lanes.scalarCount).reduce(count) { ($0 ^ lanes[$1]) &* Self.prime &+ $0 >> 29 }
  }

  mutating func add(_ number: UInt64) {
    lanes[0] = (lanes[0] ^ number) &* Self.prime
    count += 1
  }

  mutating func add(_ floats: [Float]) {
    add(UInt64(floats.count))
    floats.withUnsafeBufferPointer { floats in
      let whole = floats.count & ~7
      for start in stride(from: 0, to: whole, by: 8) {
        // In bounds: the eight numbers from `start` on end at `whole` or before.
        let eight = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(floats)[(4 * start)...])
          .loadUnaligned(as: SIMD8<UInt32>.self)
        lanes = (lanes ^ SIMD8<UInt64>(truncatingIfNeeded: eight)) &* Self.prime
      }
      for index in whole..<floats.count { add(UInt64(floats[index].bitPattern)) }
    }
  }
}
