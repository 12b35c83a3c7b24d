import Compression

extension CompressedForm {
  /// A number that tells what the form stands for: of codebooks and sparse entries the weights Δ(θ), bit
  /// for bit; of a product its factors, for the last bits of a product are those of the BLAS and its
  /// threads.
  ///
  /// - Complexity: O(n) time, a second array of n floats.
  var digest: UInt64 { digest(decompressed: nil) }

  /// The same where Δ(θ) is at hand.
  func digest(decompressed weights: [Float]?) -> UInt64 {
    var digest = Digest()
    switch self {
    case .codebook, .sparse: digest.add(weights ?? decompressed())
    case .lowRank, .sum: add(to: &digest)
    }
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
  /// Each step is a bijection of a lane, so a difference stays; four lanes do not wait for each other.
  private var (a, b, c, d): (UInt64, UInt64, UInt64, UInt64) = (1, 2, 3, 4)

  var value: UInt64 {
    [b, c, d].reduce(a) { ($0 ^ $0 >> 32 ^ $1) &* Self.prime }
  }

  mutating func add(_ number: UInt64) { a = (a ^ number) &* Self.prime }

  mutating func add(_ floats: [Float]) {
    add(UInt64(floats.count))
    floats.withUnsafeBytes { bytes in
      let whole = bytes.count & ~31
      for start in stride(from: 0, to: whole, by: 32) {
        // In bounds: the 32 bytes from `start` on end at `whole` or before.
        func word(_ place: Int) -> UInt64 {
          bytes.loadUnaligned(fromByteOffset: start &+ place, as: UInt64.self)
        }
        a = (a ^ word(0)) &* Self.prime
        b = (b ^ word(8)) &* Self.prime
        c = (c ^ word(16)) &* Self.prime
        d = (d ^ word(24)) &* Self.prime
      }
    }
    for float in floats[(floats.count & ~7)...] { add(UInt64(float.bitPattern)) }
  }
}
