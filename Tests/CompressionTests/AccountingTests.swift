import LinearAlgebra
import Testing

@testable import Compression

@Suite struct AccountingTests {
  @Test func countsWhatTheDesignSays() throws {
    let codes = [UInt16](repeating: 0, count: 100)
    #expect(try Codebook(.free([0, 1], levels: 2), codes: codes).storage.bits == 100 + 64)
    #expect(try Codebook(.free([0, 1, 2], levels: 3), codes: codes).storage.bits == 200 + 96)
    #expect(try Codebook(.free([5], levels: 1), codes: codes).storage.bits == 32)
    let signs = Codebook(nearest: [1, -1], in: .scaled([1], pattern: [-1, 1]))
    #expect(signs.storage.bits == 2 + 32)
  }

  /// Writes the gaps one by one.
  private func naiveGapBits(_ indices: [UInt32], width: Int) -> Int {
    var bits = 0
    var next = 0
    for index in indices {
      var gap = Int(index) - next
      while gap >= (1 << width) - 1 {
        gap -= (1 << width) - 1
        bits += width
      }
      bits += width
      next = Int(index) + 1
    }
    return bits
  }

  @Test(arguments: 0..<100) func findsTheCheapestIndices(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let count = 1 + Int(random.next() % 3000)
    let density = [0.001, 0.01, 0.1, 0.5, 1][seed % 5]
    let indices = (0..<UInt32(count)).filter { _ in Double(random.uniform()) < density }
    let form = try Sparse(count: count, indices: indices, values: indices.map { _ in 1 })
    let absolute = indices.count * (0...32).first { 1 << $0 >= count }!
    let least = min(count, absolute, (1...32).map { naiveGapBits(indices, width: $0) }.min()!)
    #expect(IndexCoding.cheapest(for: form).bits == least)
  }

  /// design.md: 5 % of LeNet300's weights at random places, 32-bit values: a ratio near 16.
  @Test func agreesWithTheAuthorsFigure() throws {
    var random = RandomGenerator(seed: 3)
    let weights = random.normals(266_200)
    let form = try Pruning(keeping: .fraction(0.05)).compress(
      WeightView(weights), from: nil, penalty: 1)
    let ratio = Double(32 * weights.count) / Double(form.storage.bits)
    #expect(ratio > 16 && ratio < 17)
  }

  @Test func operationsAreCountedApart() throws {
    let codebook = try Codebook(.free([0, 1, 2], levels: 3), codes: .init(repeating: 1, count: 12))
    #expect(codebook.operations(in: 0..<12, rows: 3, columns: 4).multiplications == 3 * 2)
    let sparse = try Sparse(count: 12, indices: [0, 5, 11], values: [1, 2, 3])
    #expect(sparse.operations(in: 4..<12, rows: 2, columns: 4).multiplications == 2)
    let sum = try AdditiveSum([.codebook(codebook), .sparse(sparse)])
    #expect(sum.operations(in: 0..<12, rows: 3, columns: 4).additions == 12 + 3 + 3)
  }
}
