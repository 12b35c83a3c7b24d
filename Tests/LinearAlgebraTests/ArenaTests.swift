import LinearAlgebra
import Testing

@Suite struct ArenaTests {
  @Test func tensorsAreSlices() throws {
    let layout = try ArenaLayout([("a", [2, 3]), ("b", []), ("c", [0, 4]), ("d", [5])])
    #expect(layout.count == 12)
    #expect(layout["b"]?.range == 6..<7)
    #expect(layout["c"]?.count == 0)
    #expect(layout["nothing"] == nil)
    let arena = Arena(layout)
    let a = try #require(layout["a"])
    try arena.set(a, to: [1, 2, 3, 4, 5, 6])
    #expect(arena.values(of: a) == [1, 2, 3, 4, 5, 6])
    let copy = arena.duplicate()
    #expect(copy.values(of: a) == [1, 2, 3, 4, 5, 6])
    #expect(throws: LinearAlgebraError.self) { try arena.set(a, to: [1]) }
  }

  @Test func impossibleLayoutsAreErrors() {
    #expect(throws: LinearAlgebraError.self) { try ArenaLayout([("a", [1]), ("a", [2])]) }
    #expect(throws: LinearAlgebraError.self) { try ArenaLayout([("a", [-1])]) }
    #expect(throws: LinearAlgebraError.self) { try ArenaLayout([("a", [.max, 2])]) }
    #expect(throws: LinearAlgebraError.self) { try ArenaLayout([("a", [.max]), ("b", [1])]) }
  }
}
