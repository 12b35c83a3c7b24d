import Compression
import LinearAlgebra
import Testing

@Suite struct PartialRegularisationTests {
  private func weights(_ count: Int, seed: UInt64) -> [Float] {
    var random = RandomGenerator(seed: seed)
    return (0..<count).map { _ in random.normal() }
  }

  private func applied(_ operator: some CompressionOperator, _ values: [Float], _ shape: [Int])
    throws -> [Float]
  {
    try `operator`.compress(WeightView(values, shape: shape), from: nil, penalty: 2).decompressed()
  }

  /// All rows: the (sparse-)group lasso of the rows; all columns: that of the columns or channels.
  @Test(arguments: [0, 0.3, 1], 0..<4) func theWholeOfOneSideIsTheGroupLasso(
    single: Double, seed: Int
  ) throws {
    for (shape, columns) in [([5, 12], Structure.columns), ([4, 3, 2, 2], .channels)] {
      let values = weights(shape.reduce(1, *), seed: UInt64(seed))
      let rows = try applied(
        PartialRegularisation(strength: 0.6, rows: .fraction(1), columns: nil, single: single),
        values, shape)
      let full = try applied(
        GroupLasso(strength: 0.6, of: .rows, single: single), values, shape)
      #expect(zip(rows, full).allSatisfy { abs($0 - $1) < 1e-6 })
      let sides = try applied(
        PartialRegularisation(strength: 0.6, rows: nil, columns: .fraction(1), single: single),
        values, shape)
      let channels = try applied(
        GroupLasso(strength: 0.6, of: columns, single: single), values, shape)
      #expect(zip(sides, channels).allSatisfy { abs($0 - $1) < 1e-6 })
    }
  }

  /// A share of 100 % and both sides: full regularisation, the rows' step and then the columns'.
  @Test(arguments: 0..<4) func theWholeOfBothSidesIsFullRegularisation(seed: Int) throws {
    let values = weights(60, seed: UInt64(seed))
    let both = try applied(
      PartialRegularisation(strength: 0.5, rows: .fraction(1), columns: .fraction(1)), values,
      [5, 12])
    let rows = try applied(GroupLasso(strength: 0.5, of: .rows), values, [5, 12])
    let full = try applied(GroupLasso(strength: 0.5, of: .columns), rows, [5, 12])
    #expect(zip(both, full).allSatisfy { abs($0 - $1) < 1e-6 })
    // ℓ₁ counts each weight once.
    let single = try applied(
      PartialRegularisation(
        strength: 0.5, rows: .fraction(1), columns: .fraction(1), single: 1), values, [5, 12])
    let soft = try applied(
      PenalisedPruning(strength: 0.5, penalty: .magnitude), values, [5, 12])
    #expect(single == soft)
  }

  /// A kernel after a `flatten`: its inputs are channels times places.
  @Test func aKernelOfFlattenedUnitsIsTheirMatrix() throws {
    let values = weights(60, seed: 5)
    let `operator` = try PartialRegularisation(
      strength: 0.5, rows: nil, columns: .count(2), width: 3)
    #expect(
      try applied(`operator`, values, [5, 12, 1, 1]) == applied(`operator`, values, [5, 12]))
    #expect(throws: CompressionError.self) {
      try PartialRegularisation(strength: 0.5, rows: nil, columns: .count(2), width: .max)
        .validate(shape: [5, 12, 2, 2], view: "w")
    }
  }

  @Test func aPartLeavesTheRestAlone() throws {
    let values = weights(60, seed: 3)
    let some = try applied(
      PartialRegularisation(strength: 0.5, rows: .count(2), columns: .count(2), width: 3), values,
      [5, 12])
    for row in 0..<5 {
      for column in 0..<12 {
        let index = row * 12 + column
        #expect((some[index] == values[index]) == (row >= 2 && column >= 6))
      }
    }
  }

  /// Along −∂R, whose finite difference the step divided by α/μ is.
  @Test(arguments: [0, 0.4, 1]) func theSubgradientIsTheDerivativeOfTheCost(single: Double) throws {
    let shape = [3, 8]
    let values = weights(24, seed: 9)
    let partial = try PartialRegularisation(
      strength: 1, rows: .count(2), columns: .count(3), width: 2, single: single,
      step: .subgradient)
    let view = try WeightView(values, shape: shape)
    func cost(_ values: [Float]) throws -> Double {
      partial.cost(
        of: try partial.compress(
          WeightView(values, shape: shape), from: nil, penalty: .greatestFiniteMagnitude),
        in: view)
    }
    let step = try partial.compress(view, from: nil, penalty: 1000).decompressed()
    for index in 0..<24 {
      var (above, below) = (values, values)
      above[index] += 1e-2
      below[index] -= 1e-2
      let slope = try (cost(above) - cost(below)) / 2e-2
      #expect(abs(Double((values[index] - step[index]) * 1000) - slope) < 2e-2 * max(1, slope))
    }
    #expect(partial.description.contains("step=subgradient"))
  }

  @Test func wrongPartsAreErrors() throws {
    #expect(throws: CompressionError.self) {
      try PartialRegularisation(strength: 0, rows: .fraction(1), columns: nil)
    }
    #expect(throws: CompressionError.self) {
      try PartialRegularisation(strength: 1, rows: nil, columns: nil)
    }
    #expect(throws: CompressionError.self) {
      try PartialRegularisation(strength: 1, rows: .count(9), columns: nil)
        .validate(shape: [5, 4], view: "w")
    }
    #expect(throws: CompressionError.self) {
      try PartialRegularisation(strength: 1, rows: nil, columns: .fraction(0.5), width: 3)
        .validate(shape: [5, 4], view: "w")
    }
    #expect(throws: CompressionError.self) {
      try PartialRegularisation(strength: 1, rows: .fraction(1), columns: nil)
        .validate(shape: [5], view: "w")
    }
  }
}
