import LinearAlgebra
import Testing

@testable import Compression

/// Which tensors a plan takes, whatever they are called.
@Suite struct PlanNamesTests {
  private func layout(_ names: [String]) throws -> ArenaLayout {
    try ArenaLayout(names.map { ($0, [2, 2]) })
  }

  private func taken(_ tensors: String, of names: [String]) throws -> [String] {
    try ResolvedPlan(CompressionPlan(parsing: "\(tensors): quantize(k=2)"), for: layout(names))
      .problems.flatMap { $0.slots.map(\.name) }
  }

  private func message(_ plan: String, for layout: ArenaLayout) -> String {
    do {
      _ = try ResolvedPlan(CompressionPlan(parsing: plan), for: layout)
      return "accepted"
    } catch {
      return "\(error)"
    }
  }

  private static let lists: [(String, [String], [String])] = [
    // A name is itself before it is a pattern.
    ("blk[0].w", ["blk[0].w", "blk0.w"], ["blk[0].w"]),
    ("blk[0].w", ["blk0.w", "blk1.w"], ["blk0.w"]),
    ("*", ["*", "a"], ["*"]), ("a?", ["a?", "ab"], ["a?"]), ("a?", ["ab", "ac"], ["ab", "ac"]),
    // Quotes.
    ("'kernel:0'", ["kernel:0"], ["kernel:0"]), ("\"kernel:0\"", ["kernel:0"], ["kernel:0"]),
    ("'onnx::MatMul_7'", ["onnx::MatMul_7", "b"], ["onnx::MatMul_7"]),
    ("*'/kernel:0'", ["a/kernel:0", "b/kernel:0", "a/bias:0"], ["a/kernel:0", "b/kernel:0"]),
    ("'a[0]'*", ["a[0].w", "a[0].b", "a0.w"], ["a[0].w", "a[0].b"]),
    ("'it''s'", ["it's", "its"], ["it's"]), ("\"it's\"", ["it's"], ["it's"]),
    ("\"say \"\"a\"\"\"", ["say \"a\""], ["say \"a\""]), ("'!a'", ["!a", "a"], ["!a"]),
    ("joint('a,b', 'c;d')", ["a,b", "c;d", "e"], ["a,b", "c;d"]),
    ("' a '", [" a ", "a"], [" a "]), ("a b", ["a b"], ["a b"]), ("''", ["", "a"], [""]),
    ("'a\nb'", ["a\nb", "a b"], ["a\nb"]), ("[':;']x", [":x", ";x", "ax"], [":x", ";x"]),
    // Exclusions, wherever they stand.
    ("*.w, !b.w", ["a.w", "b.w", "c.w"], ["a.w", "c.w"]),
    ("!b.*, *.w", ["a.w", "b.w", "c.w"], ["a.w", "c.w"]),
    ("joint(*, ! b.w, !'c:0')", ["a", "b.w", "c:0", "d"], ["a", "d"]),
    ("vector(*, !b[0])", ["b[0]", "b0", "c"], ["b0", "c"]),
    ("a, b, !b", ["a", "b"], ["a"]), ("a, b", ["a", "b", "c"], ["a", "b"]),
    ("*, *, !*b, !c*, !cd", ["b", "cd"], []),
  ]

  @Test(arguments: lists) func takesWhatTheListSays(
    tensors: String, names: [String], expected: [String]
  ) throws {
    if expected.isEmpty {
      #expect(throws: CompressionError.self) { try taken(tensors, of: names) }
    } else {
      #expect(try taken(tensors, of: names) == expected)
    }
  }

  @Test func namesAreTheirBytes() throws {
    // Composed and decomposed, which Swift's strings do not tell apart.
    let (composed, decomposed) = ("\u{E9}", "e\u{301}")
    #expect(NamePattern(composed).matches(composed))
    #expect(!NamePattern(composed).matches(decomposed))
    #expect(NamePattern("e*").matches(decomposed))
    #expect(NamePattern("*\u{301}").matches(decomposed))
  }

  @Test func anExclusionTakesWhatThePatternTakes() throws {
    // `*.weight` means matrices, so what it leaves holds batch norm's γ.
    let layout = try ArenaLayout([("a.weight", [2, 2]), ("bn.weight", [2]), ("a.bias", [2])])
    let plan = try ResolvedPlan(
      CompressionPlan(parsing: "*.weight: binary(); *, !*.weight: quantize(k=2)"), for: layout)
    #expect(plan.problems.map(\.label) == ["a.weight", "bn.weight", "a.bias"])
  }

  // MARK: written and read

  private static let signs = Array(
    "ab.:;,()+!'\"*?[]-^= \t\n\r\u{301}é한🙂\u{200D}\u{2028}\\{}%".unicodeScalars)

  private func uglyName(_ random: inout RandomGenerator) -> String {
    var name = String.UnicodeScalarView()
    for _ in 0..<Int(random.next() % 7) {
      name.append(Self.signs[Int(random.next() % UInt64(Self.signs.count))])
    }
    return String(name)
  }

  @Test(arguments: 0..<2000) func plansAreReadAsTheyAreWritten(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    var tasks: [CompressionTask] = []
    for _ in 0...seed % 3 {
      func patterns(_ count: Int) -> [NamePattern] {
        (0..<count).map { _ in
          let name = uglyName(&random)
          return random.next() % 2 == 0 ? NamePattern(name) : NamePattern(literal: name)
        }
      }
      let views = Selection.View.allCases
      let selection = Selection(
        views[Int(random.next() % UInt64(views.count))], patterns(1 + Int(random.next() % 3)),
        excluding: patterns(Int(random.next() % 3)))
      tasks.append(CompressionTask(selection, SignQuantization()))
    }
    let plan = CompressionPlan(tasks)
    let again = try CompressionPlan(parsing: plan.description)
    #expect(again.tasks.map(\.selection) == tasks.map(\.selection), "\(plan)")
    #expect(again.description == plan.description)
  }

  @Test func aQuotedHyphenIsAMemberOfItsSet() throws {
    let names = ["a", "b", "c", "-"]
    for (pattern, expected) in [
      ("[a-c]", ["a", "b", "c"]), ("[a'-'c]", ["a", "c", "-"]), ("[c-a]", []),
      ("[!a'-']", ["b", "c"]),
    ] {
      let plan = try CompressionPlan(parsing: "\(pattern): sign()")
      let written = try CompressionPlan(parsing: plan.description)
      for plan in [plan, written] {
        let taken = plan.tasks[0].selection.patterns[0]
        #expect(names.filter(taken.matches) == expected, "\(plan)")
      }
    }
  }

  @Test(arguments: 0..<300) func everyNameCanBeSaid(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    var names: [String] = []
    for _ in 0..<6 {
      let name = uglyName(&random)
      if !names.contains(name) { names.append(name) }
    }
    for name in names {
      var quoted = "'".unicodeScalars
      for scalar in name.unicodeScalars {
        quoted.append(scalar)
        if scalar == "'" { quoted.append(scalar) }
      }
      quoted.append("'")
      let written = NamePattern(literal: name).description
      for text in [String(quoted), written] {
        #expect(try taken(text, of: names).map { Array($0.utf8) } == [Array(name.utf8)], "\(names)")
      }
      // Where `*` is a name, it takes nothing else.
      guard names.count > 1, !names.contains("*") else { continue }
      #expect(try taken("*, !\(written)", of: names) == names.filter { $0 != name })
    }
  }

  @Test func jointViewsAreCalledAsTheyAreWritten() throws {
    let plan = try ResolvedPlan(
      CompressionPlan(parsing: "joint('k:0', a*, !ab): binary()"),
      for: layout(["k:0", "ab", "ac"]))
    #expect(plan.problems.map(\.label) == ["joint(\"k:0\", a*, !ab)"])
    #expect(
      Selection.joint("*.w").excluding("b.w").description == "joint(*.w, !b.w)")
  }

  // MARK: mistakes

  private static let mistakes: [(String, String, Int)] = [
    ("!a: binary()", "such as *, !a", 0), ("joint(!a, !'b:'): binary()", "*, !a, !\"b:\"", 6),
    ("'a: binary()", "the quote ' is not closed", 0), ("a, !!b: binary()", "'!' stands once", 4),
    ("kernel:0: quantize(k=2)", "goes in quotes: \"kernel:0\"", 7),
    ("onnx::MatMul: sign()", "goes in quotes: \"onnx::MatMul\"", 5),
    ("a, */k:0: sign()", "goes in quotes: *\"/k:0\"", 7),
    ("a+b: sign()", "goes in quotes: \"a+b\"", 1),
    ("l(1).w: sign()", "goes in quotes: \"l(1).w\"", 0),
    ("a, joint(b): sign()", "hold the whole list", 8), ("a,: sign()", "a parameter's name", 2),
    ("a, : sign()", "a parameter's name", 3), ("joint(a !b): sign()", "accepted", 0),
  ]

  @Test(arguments: mistakes) func mistakesSayWhatToWrite(text: String, part: String, offset: Int) {
    do {
      _ = try CompressionPlan(parsing: text)
      #expect(part == "accepted")
    } catch CompressionError.syntax(_, let found, let message) {
      #expect(message.contains(part), "\(message)")
      #expect(found == offset)
    } catch {
      Issue.record("unexpected \(error)")
    }
  }

  private static let errors: [(String, [String])] = [
    ("*.wight: binary()", ["'*.wight' fits no parameter", "closest: fc1.weight, fc2.weight"]),
    ("FC1.Weight: binary()", ["closest: fc1.weight"]),
    ("fc9: binary()", ["fits no", "fc1.weight"]),
    ("zzz: binary()", ["fits no parameter; there are: fc1.weight, fc1.bias"]),
    ("*, !fc3*: binary()", ["'fc3*' fits no parameter", "closest: fc1.weight"]),
    ("blk[0]*: binary()", ["[ ] and ? are wildcards", "\"blk[0]\"*"]),
    ("'blk*': binary()", ["in quotes", "it is blk*"]),
    ("*.weight, !fc1.bias: binary()", ["'!fc1.bias' leaves out nothing", "fc1.bias", "*.weight"]),
    ("fc1.*, !fc*: binary()", ["nothing is left of fc1.*, !fc*", "fc1.weight, fc1.bias"]),
    (
      "*.weight: binary(); fc1.weight: sign()",
      ["claimed twice", "leave it out of one: *.weight, !fc1.weight"]
    ),
    ("joint(fc1.weight, fc1.*): sign()", ["claimed twice"]),
  ]

  @Test(arguments: errors) func errorsNameTheTensors(plan: String, parts: [String]) throws {
    let layout = try ArenaLayout([
      ("fc1.weight", [3, 4]), ("fc1.bias", [3]), ("fc2.weight", [2, 3]), ("blk[0].x", [2]),
    ])
    let text = message(plan, for: layout)
    for part in parts { #expect(text.contains(part), "\(text)") }
  }

  @Test(arguments: [
    ("全.重: squeeze()", "全.重: "), ("e\u{301}\u{302}.w: squeeze()", "e.w: "),
    ("🙂🏽, ❤️: squeeze()", "ab, cd: "), ("a\u{200B}b: squeeze()", "ab: "),
  ]) func theMarkStandsUnderTheCharacter(plan: String, before: String) throws {
    // A wide character takes two columns, a mark none.
    let columns = before.unicodeScalars.reduce(0) { $0 + ($1.value > 0x2E80 ? 2 : 1) }
    let lines = message(plan, for: try layout(["a"])).split(separator: "\n")
    let wide = plan.hasPrefix("🙂") ? 2 + 2 + 2 + 2 : columns
    #expect(lines.last.map { $0.count - 1 } == 2 + wide, "\(lines)")
  }

  @Test(arguments: 0..<4000) func anyTextIsAPlanOrAMistakeWithinIt(seed: Int) throws {
    let plans = [
      "joint(*.w, !'b:0'): quantize(k=2) + prune(keep=1%)",
      "*, !\"x\": sum(binary() + prune(keep=2:4, along=inputs), rounds=3)",
      "a: powers(c=3, top=-2, per=7); [!b]?: lowrank(lambda=1e+9, cost=flops)",
      "a: partial(alpha=1, rows=50%, columns=3, width=2); *: grouplasso(alpha=1, of=3x4)",
    ]
    let pieces = [
      "9223372036854775807", "-9223372036854775808", "1e-9%", "1e300%", "+3", "²", "½", "٣", "nan",
      "inf", "1e999", "sum(", "'", "\"", "!", "\u{301}", "\r\n", "0x10", "%", "1e-400",
    ]
    var random = RandomGenerator(seed: UInt64(seed))
    var bytes = Array(plans[seed % 4].utf8)
    if seed % 5 == 0 {
      bytes = (0..<40).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    } else {
      for _ in 0...Int(random.next() % 3) {
        let place = Int(random.next() % UInt64(bytes.count + 1))
        let piece = Array(pieces[Int(random.next() % UInt64(pieces.count))].utf8)
        let end = min(bytes.count, place + Int(random.next() % 4))
        bytes.replaceSubrange(place..<end, with: piece)
      }
    }
    let text = String(decoding: bytes, as: UTF8.self)
    let layout = try ArenaLayout([("a", [4, 4, 3, 3]), ("a.w", [4, 8]), ("b:0", [3]), ("x", [1])])
    do {
      let plan = try CompressionPlan(parsing: text)
      // What is written can be read, and says the same.
      #expect(try CompressionPlan(parsing: plan.description).description == plan.description)
      _ = try ResolvedPlan(plan, for: layout)
    } catch let error as CompressionError {
      if case .syntax(let plan, let offset, _) = error {
        #expect((0...plan.count).contains(offset))
      }
      #expect(!"\(error)".isEmpty)
    }
  }

  /// In time that grows with both numbers, not with their product.
  @Test(.timeLimit(.minutes(1))) func tenThousandNamesAreFoundAmongManyTensors() throws {
    let names = (0..<100_000).map { "layers.\($0).weight" }
    let tasks = stride(from: 0, to: 100_000, by: 10).map { "\(names[$0]): sign()" }
    let plan = try ResolvedPlan(
      CompressionPlan(parsing: tasks.joined(separator: "; ")), for: layout(names))
    #expect(plan.problems.count == 10_000)
    #expect(plan.problems.last?.label == names[99_990])
  }

  @Test func ofALongPlanWhatIsNearTheMistakeIsShown() throws {
    let empty = try layout([])
    let good = String(repeating: "a: sign(); ", count: 1000)
    for plan in [good + "b: sin(); " + good, good + "b: sin()", "b: sin(); " + good] {
      let lines = message(plan, for: empty).split(separator: "\n").map(Array.init)
      #expect(lines.count == 3 && lines.allSatisfy { $0.count < 300 })
      let mark = lines[2].count - 1
      #expect(String(lines[1][mark...].prefix(5)) == "sin()")
    }
  }

  @Test func sumsAreNoLargerThanAFileHolds() throws {
    func nested(_ depth: Int) -> String {
      "a: " + String(repeating: "sum(", count: depth) + "sign()"
        + String(repeating: ", rounds=9)", count: depth)
    }
    #expect(try CompressionPlan(parsing: nested(4)).description == nested(4))
    #expect(throws: CompressionError.self) { try CompressionPlan(parsing: nested(5)) }
    #expect(throws: CompressionError.self) {
      try CompressionPlan(parsing: "a: " + String(repeating: "sum(", count: 100_000))
    }
    #expect(throws: CompressionError.self) {
      try CompressionPlan(parsing: nested(4) + " + sign()")
    }
    let parts = { Array(repeating: "sign()", count: $0).joined(separator: " + ") }
    #expect(try CompressionPlan(parsing: "a: " + parts(64)).tasks.count == 1)
    #expect(throws: CompressionError.self) { try CompressionPlan(parsing: "a: " + parts(65)) }
  }

  @Test(arguments: [
    "prune(keep=1e-09%)", "prune(keep=1e-13%)", "prune(keep=7%)", "prune(keep=33.333333333333336%)",
    "l1ball(radius=1e+20)", "l1ball(radius=1e-300)",
    "l1penalty(alpha=1e+300)", "l1penalty(alpha=0.3)", "prune(keep=9223372036854775807)",
  ]) func numbersAreReadAsTheyAreWritten(operator: String) throws {
    #expect(try CompressionPlan(parsing: "*: " + `operator`).description == "*: " + `operator`)
  }

  @Test(arguments: [
    ("prune(keep=1e+3)", "prune(keep=1000)"), ("prune(keep=2.5E3)", "prune(keep=2500)"),
    ("quantize(k=1e+1)", "quantize(k=10)"), ("prune(keep=5e-1%)", "prune(keep=0.5%)"),
    ("sum(sign(), rounds=1e+1)", "sum(sign(), rounds=10)"),
    ("l1penalty(alpha=1e+3)", "l1penalty(alpha=1000.0)"),
  ]) func anExponentMakesANumber(operator: String, same: String) throws {
    #expect(
      try CompressionPlan(parsing: "*: " + `operator`).description
        == CompressionPlan(parsing: "*: " + same).description)
  }

  @Test(arguments: [
    ("keep=1e-1", "keep must be a share"), ("keep=1e30", "keep must be a share"),
    ("keep=0x1e", "keep must be a share"),
    ("keep=0.5", "keep must be a share such as 1% or a count"), ("keep=²", "keep must be a share"),
    ("keep=½%", "keep must be a share"), ("keep=99999999999999999999", "keep must be a share"),
    ("keep=nan%", "keep must be a share"), ("keep=-1", "above 0 %"), ("keep=1e-400%", "above 0 %"),
    ("keep=٣", "keep must be a share"),
    ("keep=2:4, along=outputs", "along must be one of row, inputs"),
    ("keep=2, along=inputs", "along must be absent without keep=N:M"),
  ]) func wrongNumbersAreNamed(arguments: String, part: String) throws {
    #expect(message("*: prune(\(arguments))", for: try layout(["a"])).contains(part))
  }

  /// Whatever a percentage of twelve digits becomes, it is written as that; others within a bit.
  @Test(arguments: 0..<200) func sharesAreReadAsTheyAreWritten(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    for exponent in [0, -1, -7, -20, -300] {
      let written = "\(1 + random.next() % 999_999_999_999)e\(exponent - 10)"
      let percent = try #require(Double(written))
      let share = try Pruning(keeping: .fraction(percent / 100)).kept
      #expect("\(share)" == ("\(percent)%").replacing(".0%", with: "%"))
    }
    let share = 1 / Double(seed + 2)
    let text = "*: \(try Pruning(keeping: .fraction(share)))"
    let again = try CompressionPlan(parsing: text).tasks[0].operator as? Pruning
    guard case .fraction(let found) = again?.kept else {
      throw CompressionError.malformedForm(text)
    }
    #expect(abs(found - share) <= share.ulp)
  }
}
