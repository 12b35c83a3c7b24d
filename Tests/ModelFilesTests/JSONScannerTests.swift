import Foundation
import Testing

@testable import ModelFiles

@Suite struct JSONScannerTests {
  private func scan(_ text: String) throws {
    var scanner = JSONScanner(Array(text.utf8), path: "test", base: 0)
    try scanner.skipValue()
    try scanner.readEnd()
  }

  @Test(arguments: [
    "null", " true ", "false", "0", "-0", "12", "-1.5e+10", "0.1E-2", "\"\"", "[]", "{}",
    "[1, [2], {}]",
    "{\"a\": 1,\r\n\t\"b\": [null]}", "\"\\u00e9\\n\\/\\\\\\\"\"", "\"\\ud83e\\udde0\"",
    String(repeating: "[", count: 16) + String(repeating: "]", count: 16),
  ])
  func accepts(text: String) throws {
    try scan(text)
    _ = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
  }

  @Test(arguments: [
    "", " ", "nul", "True", "01", "-", "+1", ".5", "1.", "1e", "1e+", "0x1", "NaN", "\"", "\"\\x\"",
    "\"\\u12\"",
    "\"\\u+123\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"", "[", "[1,]",
    "[1 2]", "[,]", "{",
    "{,}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{\"a\":1 \"b\":2}", "{1:2}", "]", "}",
    "1 2", "{}{}",
    "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "[{\"a\":{\"b\":1,\"b\":1}}]", "'a'", "/**/1",
    "\u{FEFF}1",
    String(repeating: "[", count: 17) + String(repeating: "]", count: 17),
    String(repeating: "[", count: 100_000), String(repeating: "{\"a\":", count: 100_000),
  ])
  func refuses(text: String) {
    #expect(modelFileError { try scan(text) } != nil)
  }

  @Test func refusesBytesThatAreNotUTF8() {
    for bytes: [UInt8] in [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82], [0xF5, 0x80, 0x80, 0x80],
    ] {
      let text = [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]
      var scanner = JSONScanner(text, path: "test", base: 5)
      #expect(throws: ModelFileError.self) { try scanner.skipValue() }
    }
  }

  @Test(arguments: difficultNames) func readsWhatIsQuoted(name: String) throws {
    let quoted = quotedForJSON(name)
    var scanner = JSONScanner(Array(quoted.utf8), path: "test", base: 0)
    #expect(try scanner.readString() == name)
    try scanner.readEnd()
    let peer = try JSONSerialization.jsonObject(with: Data(quoted.utf8), options: .fragmentsAllowed)
    #expect(peer as? String == name)
  }

  @Test func countsAreWholeNumbers() throws {
    func count(_ text: String) throws -> Int {
      var scanner = JSONScanner(Array(text.utf8), path: "test", base: 0)
      defer { _ = scanner }
      let value = try scanner.readCount()
      try scanner.readEnd()
      return value
    }
    #expect(try count("0") == 0)
    #expect(try count(" 9223372036854775807 ") == .max)
    for text in ["9223372036854775808", "-1", "1.0", "1e2", "00", "01", "", "\"1\"", "+1"] {
      #expect(throws: ModelFileError.self) { try count(text) }
    }
  }

  @Test func errorsTellTheOffsetInTheFile() {
    var scanner = JSONScanner(Array("[1, ?]".utf8), path: "test", base: 8)
    let error = modelFileError { try scanner.skipValue() }
    #expect(error == .malformed(path: "test", offset: 12, expected: "a JSON value", found: "'?]'"))
  }
}
