import LinearAlgebra
import Testing

@testable import ModelFiles

/// Names are bytes: what Swift holds for equal text is not one name.
@Suite struct ExactNameTests {
  private let composed = "\u{E9}"
  private let decomposed = "e\u{301}"

  @Test func bytesAreComparedNotText() {
    #expect(composed == decomposed)
    #expect(ExactName(composed) != ExactName(decomposed))
    #expect(ExactName("K") != ExactName("\u{212A}"))
    #expect(Set([composed, decomposed, composed].map(ExactName.init)).count == 2)
    #expect(ExactName("z") < ExactName(composed) && ExactName(decomposed) < ExactName("z"))
    #expect(ExactName("a") < ExactName("ab"))
  }

  @Test func beginningsAreBytesToo() {
    // A combining character makes one character of itself and the full stop.
    #expect("plain.\u{301}w".rest(after: "plain.") == "\u{301}w")
    #expect("plain.".rest(after: "plain.") == "")
    #expect("plain".rest(after: "plain.") == nil)
    #expect("\(composed)x".rest(after: decomposed) == nil)
  }

  @Test func layoutsTellThemApart() throws {
    let layout = try ArenaLayout([(composed, [2]), (decomposed, [3])])
    #expect(layout[composed]?.shape == [2] && layout[decomposed]?.shape == [3])
    #expect(try layout != ArenaLayout([(decomposed, [2]), (composed, [3])]))
    #expect(try ArenaLayout([(composed, [2])]) != ArenaLayout([(decomposed, [2])]))
    #expect(throws: LinearAlgebraError.duplicateName(composed)) {
      try ArenaLayout([(composed, [2]), (composed, [3])])
    }
  }

  @Test func filesTellThemApart() throws {
    let sources = [
      TensorSource(name: composed, shape: [1], floats: [1]),
      TensorSource(name: decomposed, shape: [1], floats: [2]),
      TensorSource(name: "\u{301}.npy", shape: [1], floats: [3]),
    ]
    try withTemporaryFolder { folder in
      try SafetensorsFile.write(sources, to: folder + "/s")
      try NPZFile.write(sources, to: folder + "/z")
      for name in ["s", "z"] {
        let file = try openTensorFile("\(folder)/\(name)")
        for (number, source) in sources.enumerated() {
          #expect(try file.floats(source.name) == [Float(number + 1)])
          #expect(file.tensors[number].name.utf8.elementsEqual(source.name.utf8))
        }
      }
    }
  }

  /// A dictionary would keep one of two such keys, and lose text in silence.
  @Test func metadataKeysThatReadTheSameAreRefused() throws {
    let keys = "{\"__metadata__\":{\"\(composed)\":\"1\",\"\(decomposed)\":\"2\"}}"
    try withFile(safetensors(keys)) { path in
      let error = modelFileError { _ = try SafetensorsFile(path: path) }
      #expect(error?.description.contains("composition") == true)
    }
  }
}
