import ModelFiles
import Testing

@Suite struct ModelFileErrorTests {
  @Test func descriptionsAreOneLine() {
    let hostile = "a\nb\r\u{1B}[31m\u{2028}\u{202E}" + String(repeating: "x", count: 10_000)
    let errors: [ModelFileError] = [
      .notFound(path: hostile), .cannotRead(path: hostile, reason: hostile),
      .cannotWrite(path: hostile, reason: hostile),
      .truncated(path: hostile, offset: 1, expected: 2, found: 1),
      .malformed(path: hostile, offset: 0, expected: hostile, found: hostile),
      .malformedTensor(path: hostile, tensor: hostile, expected: hostile, found: hostile),
      .noSuchTensor(path: hostile, tensor: hostile),
      .notNumeric(path: hostile, tensor: hostile, dtype: .c64),
    ]
    for error in errors {
      #expect(error.description.split(whereSeparator: \.isNewline).count == 1)
      #expect(
        error.description.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
      #expect(error.description.count < 1000)
    }
  }

  @Test func descriptionsTellWhatAndWhere() {
    #expect(
      ModelFileError.truncated(path: "w.npz", offset: 12, expected: 8, found: 3).description
        == "w.npz: truncated at byte 12: expected 8 bytes, found 3")
    #expect(
      ModelFileError.noSuchTensor(path: "w.npz", tensor: "fc1").description
        == "w.npz: there is no tensor 'fc1'")
  }
}
