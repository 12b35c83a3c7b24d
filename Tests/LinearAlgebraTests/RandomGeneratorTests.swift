import LinearAlgebra
import Testing

@Suite struct RandomGeneratorTests {
  @Test func isReproducibleAndFair() {
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
