import LinearAlgebra
import Testing

@Suite struct SnapshotTests {
  private struct Numbers: Codable, Equatable {
    var count: UInt64
    var values: [Double]
  }

  @Test func keepsEveryBit() throws {
    let arena = Arena(try ArenaLayout([("w", [5])]))
    let floats: [Float] = [
      -0.0, .leastNonzeroMagnitude, .infinity, 1 / 3, -.greatestFiniteMagnitude,
    ]
    _ = arena.floats.update(fromContentsOf: floats)
    let numbers = Numbers(
      count: .max, values: [0.1, .infinity, -.infinity, Double.leastNonzeroMagnitude, -1 / 3])
    var random = RandomGenerator(seed: 3)
    _ = random.next()

    var part = Snapshot()
    part.store(arena, as: "w")
    try part.store(numbers, as: "numbers")
    var whole = Snapshot()
    whole.store(part, as: "part")
    try whole.store(random, as: "random")
    #expect(whole.part("part") == part)

    let copy = Arena(arena.layout)
    try whole.part("part").restore(copy, from: "w")
    #expect(copy.floats.map(\.bitPattern) == floats.map(\.bitPattern))
    #expect(try whole.value("part.numbers") == numbers)
    #expect(try whole.value("random") == random)
  }

  @Test func whatIsNotThereIsAnError() throws {
    var state = Snapshot(floats: ["w": [1, 2]], values: ["random": #"{"state":[1,2,3]}"#])
    let arena = Arena(try ArenaLayout([("w", [3])]))
    #expect(throws: LinearAlgebraError.self) { try state.restore(arena, from: "w") }
    #expect(throws: LinearAlgebraError.self) { try state.restore(arena, from: "v") }
    #expect(throws: LinearAlgebraError.self) { try state.value("none", as: Int.self) }
    #expect(throws: LinearAlgebraError.self) { try state.value("random", as: RandomGenerator.self) }
    try state.store("text", as: "number")
    #expect(throws: LinearAlgebraError.self) { try state.value("number", as: Int.self) }
  }
}
