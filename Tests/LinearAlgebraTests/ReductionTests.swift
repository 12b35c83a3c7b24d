import LinearAlgebra
import Testing

@Suite struct ReductionTests {
  @Test(arguments: [0, 1, 15, 16, 17, 1000, 300_000]) func equalPlainSums(count: Int) {
    var random = RandomGenerator(seed: UInt64(count))
    let x = random.normals(count)
    let y = random.normals(count)
    func close(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-9 * (1 + Double(count)) }
    #expect(close(x.sum, x.reduce(0) { $0 + Double($1) }))
    #expect(close(x.squaredNorm, x.reduce(0) { $0 + Double($1) * Double($1) }))
    #expect(close(x.absoluteSum, x.reduce(0) { $0 + Double(abs($1)) }))
    let distance = zip(x, y).reduce(0) {
      $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1))
    }
    #expect(close(x.squaredDistance(to: y), distance))
    #expect(x.squaredNorm == x.squaredNorm)
  }

  @Test func findsWhatIsNotFinite() {
    #expect([Float](repeating: 1, count: 100).isFinite)
    for bad in [Float.nan, .infinity, -.infinity, .signalingNaN] {
      var x = [Float](repeating: .greatestFiniteMagnitude, count: 100)
      x[77] = bad
      #expect(!x.isFinite)
    }
  }

  @Test(arguments: [0, 1, 5, 15, 16, 100, 131_072, 131_073]) func partsCoverEverythingOnce(
    count: Int
  ) {
    var seen = [UInt8](repeating: 0, count: count)
    seen.withUnsafeMutableBufferPointer { seen in
      let seen = seen
      parallel(over: count, grain: 4) { _, range in for index in range { seen[index] += 1 } }
    }
    #expect(seen.allSatisfy { $0 == 1 })
  }

  @Test func theGeneratorIsReproducibleAndFair() {
    var a = RandomGenerator(seed: 7)
    var b = RandomGenerator(seed: 7)
    var c = RandomGenerator(seed: 8)
    let x = a.normals(20_000)
    #expect(x == b.normals(20_000))
    #expect(x != c.normals(20_000))
    #expect(abs(x.sum / 20_000) < 0.03)
    #expect(abs(x.squaredNorm / 20_000 - 1) < 0.05)
    #expect((0..<1000).allSatisfy { _ in (0..<1).contains(a.uniform()) })
  }
}
