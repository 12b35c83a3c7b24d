import LinearAlgebra
import Testing

@Suite struct ParallelTests {
  @Test(arguments: [0, 1, 5, 15, 16, 100, 131_072, 131_073]) func partsCoverEverythingOnce(
    count: Int
  ) {
    var seen = [UInt8](repeating: 0, count: count)
    seen.withUnsafeMutableBufferPointer { seen in
      let seen = seen
      parallel(over: count, grain: 4) { range in for index in range { seen[index] += 1 } }
    }
    #expect(seen.allSatisfy { $0 == 1 })
  }

  /// The ranges of the parts, each of which was run once.
  private func ranges(of count: Int, parts: Int) -> [Range<Int>] {
    var found = [[Range<Int>]](repeating: [], count: parts)
    found.withUnsafeMutableBufferPointer { found in
      let found = found
      parallel(over: count, parts: parts) { part, range in found[part].append(range) }
    }
    #expect(found.allSatisfy { $0.count == 1 })
    return found.flatMap { $0 }
  }

  @Test(arguments: [1, 2, 3, 7, 16]) func partsAreThoseThatWereAskedFor(parts: Int) {
    let alone = Threads.using(1) { ranges(of: 1000, parts: parts) }
    #expect(alone.first?.lowerBound == 0 && alone.last?.upperBound == 1000)
    #expect(zip(alone, alone.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
    for threads in 2...5 {
      #expect(Threads.using(threads) { ranges(of: 1000, parts: parts) } == alone)
    }
    var within = [[Range<Int>]](repeating: [], count: 3)
    within.withUnsafeMutableBufferPointer { within in
      let within = within
      Threads.using(3) {
        parallelTasks(3) { within[$0] = ranges(of: 1000, parts: parts) }
      }
    }
    #expect(within.allSatisfy { $0 == alone })
  }

  @Test func theNumberOfThreadsComesBack() {
    let before = Threads.count
    Threads.using(before + 1) { #expect(Threads.count == before + 1) }
    #expect(Threads.count == before)
  }
}
