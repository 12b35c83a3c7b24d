import LinearAlgebra
import Testing

@testable import Compression

/// One error names all tensors that a plan does not fit, and says what to write.
@Suite struct MisfitsTests {
  private func error(_ plan: String, _ tensors: [(String, [Int])]) throws -> CompressionError? {
    do {
      _ = try ResolvedPlan(CompressionPlan(parsing: plan), for: ArenaLayout(tensors))
      return nil
    } catch let error as CompressionError {
      return error
    }
  }

  private static let plans: [(String, [String], String?)] = [
    (
      "*: prune(keep=2:4)",
      ["2 tensors do not fit", "b [4, 6]:", "6 weights of a row of b", "c [4, 7]:"],
      "*, !b, !c: prune(keep=2:4)"
    ),
    ("a, b: prune(keep=2:4)", ["b [4, 6]: prune: keep"], "a, b, !b: prune(keep=2:4)"),
    ("*: quantize(k=28)", ["b [4, 6]:", "24 weights"], "*, !b: quantize(k=28)"),
    ("*: prune(keep=28)", ["b [4, 6]:", "at most the 24"], "*, !b: prune(keep=28)"),
    ("matrix(*, !a): lowrank(r=4) + prune(keep=25)", ["b [4, 6]:"], "matrix(*, !a, !b)"),
    ("*: prune(keep=4, of=rows); c: sign()", ["claimed twice"], nil),
    ("a: lowrank(r=5); *, !a: prune(keep=7, of=columns)", ["a [4, 8]:", "b [4, 6]:"], "*, !a, !b"),
    ("a: lowrank(r=5)", ["a [4, 8]: lowrank: r"], nil),
    ("vector(*): lowrank(r=1)", ["3 tensors", "without vector"], nil),
    ("joint(*): lowrank(r=1)", ["joint(*): lowrank needs a matrix", "without joint"], nil),
    ("joint(*): prune(keep=2:5)", ["joint(*): prune: keep", "84 weights of"], nil),
  ]

  @Test(arguments: plans)
  func namesEachAndSaysWhatToWrite(plan: String, parts: [String], instead: String?) throws {
    let tensors = [("a", [4, 8]), ("b", [4, 6]), ("c", [4, 7])]
    let found = try #require(try error(plan, tensors))
    for part in parts { #expect("\(found)".contains(part), "\(found)") }
    guard case .unfit(let unfit, let advice) = found else {
      #expect(instead == nil)
      return
    }
    for tensor in unfit { #expect("\(found)".contains("\(tensor.name)")) }
    #expect((advice ?? "").hasPrefix(instead ?? ""), "\(found)")
    #expect((advice == nil) == (instead == nil), "\(found)")
    if let advice { #expect(try error(advice, tensors) == nil) }
  }

  @Test func manyAreToldByAFewPatterns() throws {
    let tensors =
      (0..<40).flatMap { [("h.\($0).w", [4, 4]), ("h.\($0).b", [4])] } + [("k:0", [4, 3])]
    let found = try #require(try error("*: lowrank(r=4)", tensors))
    guard case .unfit(let unfit, let instead) = found else { throw found }
    #expect(unfit.count == 41)
    #expect(instead == "*, !*.b, !\"k:0\": lowrank(r=4)")
    #expect("\(found)".contains("\nleave them out: *, !*.b"))
    // Of many what fits is named, where that is less.
    let others = (0..<60).map { ("k:\($0)", [4, 3]) }
    guard
      case .unfit(_, "w: lowrank(r=4)") = try error(
        "*: lowrank(r=4)", others + [("w", [4, 4])])
    else {
      Issue.record("a plan of what fits was expected")
      return
    }
    // Too many of both for a plan that anybody reads.
    let fit = (0..<60).map { ("w:\($0)", [4, 4]) }
    guard case .unfit(_, nil) = try error("*: lowrank(r=4)", others + fit) else {
      Issue.record("an error without a plan was expected")
      return
    }
  }

  /// What is written instead takes just the tensors that fit.
  @Test(arguments: 0..<300) func theAdviceFits(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    func pick<T>(_ values: [T]) -> T { values[Int(random.next() % UInt64(values.count))] }
    var tensors: [(String, [Int])] = []
    for number in 0..<12 {
      let name = pick([
        "a.\(number).w", "a.\(number).b", "b.\(number)", "k:\(number)", "[\(number)]",
      ])
      tensors.append((name, (0...Int(random.next() % 4)).map { _ in 1 + Int(random.next() % 8) }))
    }
    let `operator` = pick([
      "prune(keep=2:4)", "prune(keep=1:3, along=inputs)", "lowrank(r=3)", "quantize(k=9)",
      "prune(keep=5, of=columns)", "prune(keep=2, of=kernels)", "lowrank(r=1, scheme=2)",
    ])
    let fitting = try tensors.filter { try error("'\($0.0)': \(`operator`)", tensors) == nil }
    let found = try error("*: \(`operator`)", tensors)
    guard fitting.count < tensors.count else {
      #expect(found == nil)
      return
    }
    guard case .unfit(let unfit, let instead) = found else {
      Issue.record("\(String(describing: found))")
      return
    }
    #expect(unfit.count == tensors.count - fitting.count)
    guard !fitting.isEmpty else {
      #expect(instead == nil)
      return
    }
    let plan = try ResolvedPlan(
      CompressionPlan(parsing: #require(instead)), for: ArenaLayout(tensors))
    #expect(plan.problems.map(\.label) == fitting.map(\.0))
  }
}
