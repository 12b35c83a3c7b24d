import LinearAlgebra
import Testing

@testable import Compression

@Suite struct PlanTests {
  private let layout = try! ArenaLayout([
    ("fc1.weight", [3, 4]), ("fc1.bias", [3]), ("fc2.weight", [2, 3]), ("fc2.bias", [2]),
  ])

  @Test func readsWhatItWrites() throws {
    for text in [
      "joint(*.weight): quantize(k=2) + prune(keep=1%)", "*.weight: lowrank(r=2)",
      "fc1.weight: prune(keep=3); vector(fc2.weight): binary()",
      "each(fc1.weight, fc2.weight): quantize(k=4)",
      "*: quantize(k=4, exact)", "*: quantize(k=4, zero, per=row)",
      "*: quantize(k=4, restarts=3, per=16)", "*: sign() + prune(keep=1%)",
      "*: ternary(per=row)", "*: powers(c=3, top=-2)", "*: uniform(b=4, affine, per=64)",
      "*: prune(keep=2:4)", "*: prune(keep=50%, of=4x1, bits=16)", "*: prune(keep=3, of=rows)",
      "*: prune(keep=5%, k=16)", "*: l1ball(radius=12.5)", "*: l0penalty(alpha=1e-05)",
      "*: l1penalty(alpha=0.1)", "*: elastic(alpha=0.1, ridge=2)",
      "*: grouplasso(alpha=0.1, of=channels, single=0.3)", "*: lowrank(energy=90%, bits=16)",
      "*: lowrank(r=12.5%)", "*: partial(alpha=0.1, rows=50%, columns=3, width=2, single=0.5)",
      "*: partial(alpha=0.1, rows=2, step=subgradient)",
      "*: lowrank(lambda=0.001, cost=flops, scheme=best)", "*: nuclear(alpha=0.5)",
      "*: nuclear(alpha=0.5, rows=0.1)",
      "*: sum(quantize(k=2) + prune(keep=1%), rounds=5, restarts=3)",
    ] {
      #expect(try CompressionPlan(parsing: text).description == text)
    }
    let spaced = try CompressionPlan(
      parsing: "  joint( *.weight ) :quantize( k = 2 )+prune(keep=7%) ; ")
    #expect(spaced.description == "joint(*.weight): quantize(k=2) + prune(keep=7%)")
  }

  /// What each pattern takes of a network with batch norm, and of a file.
  @Test(arguments: [
    ("*.weight", ["conv1.weight", "fc.weight"]), ("*weight", ["conv1.weight", "fc.weight"]),
    ("joint(*.weight)", ["conv1.weight", "fc.weight"]),
    ("vector([!f]*.weight)", ["conv1.weight"]), ("?c.weight", ["fc.weight"]),
    // Spelled out, or nothing else fits.
    ("bn1.weight", ["bn1.weight"]), ("bn?.weight", ["bn1.weight"]),
    ("joint(*.weight, bn1.weight)", ["conv1.weight", "bn1.weight", "fc.weight"]),
    ("joint(*.weight, bn*.weight)", ["conv1.weight", "bn1.weight", "fc.weight"]),
    // Not weights in general.
    ("*", ["conv1.weight", "bn1.weight", "bn1.bias", "fc.weight", "fc.bias"]),
    ("bn*", ["bn1.weight", "bn1.bias"]), ("*.bias", ["bn1.bias", "fc.bias"]),
    ("*.*", ["conv1.weight", "bn1.weight", "bn1.bias", "fc.weight", "fc.bias"]),
  ]) func weightsInGeneralAreMatrices(tensors: String, expected: [String]) throws {
    let layout = try ArenaLayout([
      ("conv1.weight", [4, 2, 3, 3]), ("bn1.weight", [4]), ("bn1.bias", [4]),
      ("fc.weight", [2, 4]), ("fc.bias", [2]),
    ])
    let plan = try ResolvedPlan(
      CompressionPlan(parsing: "\(tensors): quantize(k=2)"), for: layout)
    #expect(plan.problems.flatMap { $0.slots.map(\.name) } == expected)
    let taken = layout.slots.filter { expected.contains($0.name) }.reduce(0) { $0 + $1.count }
    #expect(plan.count == taken)
  }

  @Test func twoTasksShareMatricesAndBatchNorm() throws {
    let layout = try ArenaLayout([("a.weight", [2, 2]), ("bn.weight", [2])])
    let plan = try ResolvedPlan(
      CompressionPlan(parsing: "*.weight: binary(); bn.weight: quantize(k=2)"), for: layout)
    #expect(plan.problems.map(\.label) == ["a.weight", "bn.weight"])
    // A file of vectors only, as others write them.
    let vectors = try ArenaLayout([("a.weight", [5]), ("b.weight", [3])])
    #expect(
      try ResolvedPlan(CompressionPlan(parsing: "*.weight: binary()"), for: vectors).count == 8)
  }

  @Test func swiftAndTextSayTheSame() throws {
    let sum = try AdaptiveQuantization(levels: 2) + Pruning(keeping: .fraction(0.01))
    let plan = CompressionPlan([CompressionTask(.joint("*.weight"), sum)])
    #expect(plan.description == "joint(*.weight): quantize(k=2) + prune(keep=1%)")
  }

  @Test(arguments: [
    ("", 0), ("*.weight", 8), ("*.weight: ", 10), ("*.weight: squeeze()", 10),
    ("*.weight: quantize(k=0)", 21), ("*.weight: quantize(k=x)", 21), ("*.weight: quantize()", 10),
    ("*.weight: quantize(k=2", 22), ("*.weight: quantize(n=2)", 19),
    ("*.weight: quantize(k=2, k=3)", 24), ("*.weight: prune(keep=150%)", 21),
    ("*.weight: prune(keep=0%)", 21), ("glued(*.weight): binary()", 0),
    ("*.weight: binary() quantize(k=2)", 19), ("joint(): binary()", 6), ("*: binary() +", 13),
    ("*: lowrank(r=0)", 13), ("*: lowrank(r=0%)", 13), ("*: partial(alpha=1)", 3),
    ("*: prune(keep=4:2)", 14), ("*: prune(keep=a:2)", 14),
    ("*: prune(keep=5, of=lines)", 20), ("*: prune(keep=2:4, of=rows)", 22),
    ("*: prune(keep=5, bits=8)", 22), ("*: prune(keep=5, bits=16, k=4)", 28),
    ("*: lowrank(r=2, energy=3%)", 23), ("*: lowrank(energy=3)", 18), ("*: lowrank()", 3),
    ("*: lowrank(r=2, scheme=3)", 23), ("*: lowrank(r=2, cost=flops)", 21),
    ("*: sum(binary(), restarts=x)", 26), ("*: sum(binary(), tries=3)", 17), ("*: sum()", 7),
    ("*: l1ball(radius=-1)", 17), ("*: uniform(b=1)", 13), ("*: quantize(k=2, exact=1)", 23),
  ]) func mistakesPointAtTheCharacter(text: String, offset: Int) {
    do {
      _ = try CompressionPlan(parsing: text)
      Issue.record("accepted '\(text)'")
    } catch CompressionError.syntax(_, let found, _) {
      #expect(found == offset)
    } catch {
      Issue.record("unexpected \(error)")
    }
  }

  @Test func resolvesViews() throws {
    let joint = try ResolvedPlan(CompressionPlan(parsing: "joint(*.weight): binary()"), for: layout)
    #expect(joint.problems.count == 1 && joint.problems[0].shape == [18])
    #expect(joint.ranges == [0..<12, 15..<21])
    let each = try ResolvedPlan(CompressionPlan(parsing: "*: binary()"), for: layout)
    #expect(each.problems.count == 4 && each.ranges == [0..<23])
  }

  @Test(arguments: [
    "*.wight: binary()", "*.weight: binary(); fc1.*: binary()",
    "joint(fc1.weight, fc1.*): binary()",
    "joint(*.weight): lowrank(r=1)", "vector(fc1.weight): lowrank(r=1)", "matrix(*.bias): binary()",
    "fc1.weight: lowrank(r=4)", "fc1.weight: quantize(k=13)", "fc1.weight: prune(keep=13)",
  ]) func plansThatDoNotFitAreErrors(text: String) throws {
    let plan = try CompressionPlan(parsing: text)
    #expect(throws: CompressionError.self) { try ResolvedPlan(plan, for: layout) }
  }

  @Test(arguments: [
    ("*.weight", "fc1.weight", true), ("*", "", true), ("", "", true), ("", "a", false),
    ("fc?.bias", "fc1.bias", true), ("fc?.bias", "fc.bias", false), ("fc[12]", "fc2", true),
    ("fc[!12]", "fc2", false), ("fc[0-9]", "fc7", true), ("*a*b*", "xxaxxbxx", true),
    ("*a*b", "xxaxxbx", false), ("a**b", "ab", true), ("fc[", "fc[", true), ("conv*", "fc", false),
  ]) func patternsMatchAsInAShell(pattern: String, name: String, expected: Bool) {
    #expect(NamePattern(pattern).matches(name) == expected)
  }

  @Test func compressesAnArena() throws {
    let arena = Arena(layout)
    var random = RandomGenerator(seed: 1)
    for index in arena.floats.indices { arena.floats[index] = random.normal() }
    let plan = try ResolvedPlan(
      CompressionPlan(parsing: "joint(*.weight): prune(keep=5)"), for: layout)
    let delta = arena.duplicate()
    let forms = try plan.compress(arena, into: delta)
    #expect(plan.ranges.map { delta[$0].count { $0 != 0 } }.reduce(0, +) == 5)
    #expect(delta.values(of: layout["fc1.bias"]!) == arena.values(of: layout["fc1.bias"]!))
    let (distance, norm) = plan.distance(from: arena, to: delta)
    let target = try plan.problems[0].target(arena)
    #expect(
      abs(distance * distance - target.values.squaredDistance(to: forms[0].decompressed())) < 1e-4)
    #expect(norm > distance)
    arena.floats[0] = .nan
    #expect(throws: CompressionError.self) { try plan.compress(arena, into: delta) }
  }
  /// Finds the best single weight the first time and nothing at all afterwards.
  private struct Forgetful: CompressionOperator {
    let description = "forgetful()"

    func compress(
      _ target: WeightView, from previous: CompressedForm?, penalty mu: Float
    ) throws -> CompressedForm {
      guard previous == nil else {
        return .sparse(try Sparse(count: target.count, indices: [], values: []))
      }
      return try Pruning(keeping: .count(1)).compress(target, from: nil, penalty: mu)
    }

    func belongs(_ form: CompressedForm, shape: [Int]) -> Bool {
      form.sparse.map { $0.values.count <= 1 } ?? false
    }
  }

  /// What the last C step found stays while nothing better is found.
  @Test func theObjectiveIsNeverAboveThatOfTheLastForm() throws {
    let arena = Arena(layout)
    var random = RandomGenerator(seed: 2)
    for index in arena.floats.indices { arena.floats[index] = random.normal() }
    let plan = try ResolvedPlan(
      CompressionPlan([CompressionTask(.joint("*.weight"), Forgetful())]), for: layout)
    let delta = arena.duplicate()
    let first = try plan.compress(arena, into: delta)
    let second = try plan.compress(arena, from: first, into: delta)
    #expect(second == first)
    #expect(plan.ranges.map { delta[$0].count { $0 != 0 } }.reduce(0, +) == 1)
    // Of two points of the set that were none of its own, only the one within it may stay.
    let many = try [
      CompressedForm.sparse(Sparse(count: first[0].count, indices: [1, 2], values: [9, 9]))
    ]
    let third = try plan.compress(arena, from: many, into: delta)
    #expect(third != many)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity]) func viewsAreFinite(value: Float) {
    #expect(throws: CompressionError.self) { try WeightView([1, value]) }
    #expect(throws: CompressionError.self) { try WeightView([value, 1], shape: [2, 1]) }
  }
}
