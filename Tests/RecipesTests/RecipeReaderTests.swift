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
      pad: no
      compress: "joint(conv?.w, [ab].w, w[12]): binary()"
      """.utf8)
    #expect(
      found == [
        RecipeOption(name: "data", values: ["R&D/a*b"], line: 2),
        RecipeOption(name: "nesterov", values: [], line: 3),
        RecipeOption(
          name: "compress", values: ["joint(conv?.w, [ab].w, w[12]): binary()"], line: 5),
      ])
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
