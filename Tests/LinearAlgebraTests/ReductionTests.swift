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

  /// The parts of a sum are those of the threads that there are when it begins.
  @Test func followTheNumberOfThreadsAlone() {
    var random = RandomGenerator(seed: 1)
    let x = random.normals(300_000)
    for threads in 1...4 {
      let sums = (0..<3).map { _ in Threads.using(threads) { x.squaredNorm } }
      #expect(Set(sums).count == 1)
    }
  }
}
