import Foundation
import Testing

@testable import Recipes

@Suite struct RecipeReaderTests {
  private func options(_ bytes: some Sequence<UInt8>) throws -> [RecipeOption] {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("recipe-\(UUID().uuidString).yaml")
    defer { try? FileManager.default.removeItem(at: url) }
    try Data(bytes).write(to: url)
    return try RecipeReader(path: url.path).options()
  }

  @Test func readsOptionsWithTheirLines() throws {
    let found = try options(
      """
      # a comment
      data: "R&D/a*b"
      nesterov: true
      flip: no
      multipliers: "no"
      compress: "joint(conv?.w, [ab].w, w[12]): binary()"
      """.utf8)
    #expect(
      found == [
        RecipeOption(name: "data", values: ["R&D/a*b"], line: 2),
        RecipeOption(name: "nesterov", isOn: true, line: 3),
        RecipeOption(name: "flip", isOn: false, line: 4),
        RecipeOption(name: "multipliers", values: ["no"], line: 5),
        RecipeOption(
          name: "compress", values: ["joint(conv?.w, [ab].w, w[12]): binary()"], line: 6),
      ])
  }

  @Test(arguments: ["~", "null", "Null", "NULL", "", "[a, b]"])
  func nothingAtAllIsNoValue(_ value: String) throws {
    let error = try #require(throws: RecipeError.self) {
      try options("mu: 1\noutput: \(value)".utf8)
    }
    #expect("\(error)".contains(":2: one value was expected for 'output'"), "\(error)")
    #expect(try options("output: \"null\"".utf8)[0].values == ["null"])
  }

  @Test func writesTasksAsAPlan() throws {
    let found = try options(
      """
      compress:
        - tensors: ["*.weight", b]
          operators: [quantize(k=2), {prune: {keep: 1%}}]
      """.utf8)
    #expect(found.map(\.values) == [["each(*.weight, b): quantize(k=2) + prune(keep=1%)"]])
  }

  /// What YAML makes of a text in quotes is a pattern, whatever it holds.
  @Test(arguments: [
    (#""*.weight, !fc3.*""#, "*.weight, !fc3.*"),
    (#"["*.weight", "!fc3.*"]"#, "each(*.weight, !fc3.*)"),
    (#"'!fc3.*, *'"#, "!fc3.*, *"), (#""kernel:0""#, #"kernel":"0"#),
    ("kernel:0", #"kernel":"0"#),
    (#"["*/kernel:0", onnx::MatMul_7]"#, #"each(*/kernel":"0, onnx"::"MatMul_7)"#),
    (#""'kernel:0'""#, "'kernel:0'"), (#"'"a,b"'"#, #""a,b""#),
    ("'''it''''s'''", "'it''s'"), (#""blk[0].w""#, "blk[0].w"), ("blk[0].w", "blk[0].w"),
    ("a(1)+b;c", #"a"("1")+"b";"c"#), (#"'"x":y'"#, #""x:"y"#), (#"'"a":''b'''"#, #""a:"'b'"#),
    (#""joint(a:0, b)""#, #"joint(a":"0, b)"#),
  ]) func tensorsMayHaveAnyName(yaml: String, tensors: String) throws {
    let found = try options("compress:\n  - tensors: \(yaml)\n    operators: [sign()]".utf8)
    #expect(found.map(\.values) == [["\(tensors): sign()"]])
    // The plan language itself is handed on as it is.
    let plan = "*.weight, !'k:0', \"a,b\": sign()"
    let quoted = "'" + plan.replacingOccurrences(of: "'", with: "''") + "'"
    #expect(try options("compress: \(quoted)".utf8)[0].values == [plan])
    #expect(try options("compress:\n  - \(quoted)".utf8)[0].values == [plan])
  }

  @Test(arguments: [
    ("compress: *.weight", "plans and patterns go in quotes"),
    ("compress: *weight", "plans and patterns go in quotes"),
    ("compress: !fc3.*, *.weight", "plans and patterns go in quotes"),
    ("compress: fc1.weight: sign()", "plans and patterns go in quotes"),
    ("compress: 'k:0': sign()", "plans and patterns go in quotes"),
    ("compress: [0-9].w: sign()", "plans and patterns go in quotes"),
    ("mu: 1\ncompress: &a !x \"*: sign()\"", ":2: '!' begins a tag"),
    ("mu: 1\ncompress: !x \"*: sign()\"", ":2: '!' begins a tag"),
    ("compress:\n  - tensors: ! fc3.*\n    operators: [sign()]", ":2: '!' begins a tag"),
    ("compress:\n  - tensors: !fc3.*\n    operators: [sign()]", ":2: '!' begins a tag"),
    ("compress:\n  - tensors: [\"*\",\n     !fc3 ]\n    operators: [sign()]", ":3: '!' begins"),
    ("compress:\n  - tensors: !x [a]\n    operators: [sign()]", ":2: '!' begins a tag"),
    ("compress:\n  - fc1.weight: sign()", "goes in quotes as a whole"),
  ]) func patternsWithoutQuotesAreExplained(text: String, part: String) throws {
    let error = try #require(throws: RecipeError.self) { try options(text.utf8) }
    #expect("\(error)".contains(part), "\(error)")
  }

  @Test(arguments: [
    ("a: &x 1\nb: *x", "anchors and aliases"), ("? a\n: 1", "'?' before a key"),
    ("a: [? b]", "'?' before a key"), ("a: {[[[[[[[[[x]]]]]]]]] : 1}", "as a key"),
    ("compress: " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40), "32"),
    ("a: [" + String(repeating: "x,", count: 10_001) + "]", "10000 values"),
    ("a: \0", "not YAML"),
  ])
  func refusesWhatCouldTakeLong(_ text: String, _ message: String) throws {
    let error = try #require(throws: RecipeError.self) { try options(text.utf8) }
    #expect("\(error)".contains(message), "\(error)")
  }

  @Test func refusesLargeFiles() {
    let bytes = [UInt8](repeating: 35, count: (1 << 20) + 1)
    #expect(throws: RecipeError.self) { try options(bytes) }
  }

  @Test func refusesWhatIsNoText() {
    #expect(throws: RecipeError.self) { try options([0x61, 0x3A, 0x20, 0xFF]) }
    #expect(throws: RecipeError.notFound(path: "/none")) {
      try RecipeReader(path: "/none").options()
    }
  }
}
