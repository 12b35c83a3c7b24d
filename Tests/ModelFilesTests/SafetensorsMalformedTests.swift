import Testing

@testable import ModelFiles

@Suite struct SafetensorsMalformedTests {
  private static func tensor(_ name: String, _ begin: Int, _ end: Int) -> String {
    #""\#(name)":{"dtype":"U8","shape":[\#(max(0, end - begin))],"data_offsets":[\#(begin),\#(end)]}"#
  }

  private func error(_ bytes: [UInt8]) throws -> ModelFileError? {
    try withFile(bytes) { path in modelFileError { _ = try SafetensorsFile(path: path) } }
  }

  @Test func missingFiles() throws {
    #expect(
      modelFileError { _ = try SafetensorsFile(path: "/none/at/all") }
        == .notFound(path: "/none/at/all"))
    #expect(modelFileError { _ = try SafetensorsFile(path: "a\0b") } == .notFound(path: "a\0b"))
    let folder = modelFileError { _ = try SafetensorsFile(path: "/") }
    #expect(folder == .cannotRead(path: "/", reason: "this is not a regular file"))
    try withFile([]) { path in
      #expect(
        modelFileError { _ = try SafetensorsFile(path: path + "/x") }
          == .notFound(path: path + "/x"))
    }
  }

  @Test func everyTruncationIsAnError() throws {
    let whole = safetensors("{\(Self.tensor("a", 0, 3))}", data: [1, 2, 3])
    #expect(try error(whole) == nil)
    for count in 0..<whole.count { #expect(try error(Array(whole[..<count])) != nil) }
    #expect(try error(whole + [0]) != nil)
  }

  @Test func headersOfImpossibleLength() throws {
    for length: UInt64 in [3, 100_000_000] {
      var bytes: [UInt8] = []
      bytes.append(littleEndian: length)
      guard case .truncated(_, 8, Int(length), 2) = try error(bytes + [0x7B, 0x7D]) else {
        Issue.record("\(length)")
        continue
      }
    }
    for length: UInt64 in [100_000_001, 1 << 63, .max] {
      var bytes: [UInt8] = []
      bytes.append(littleEndian: length)
      guard case .malformed(_, 0, _, let found) = try error(bytes + [0x7B, 0x7D]),
        found.contains("would have \(length) bytes")
      else {
        Issue.record("\(length)")
        continue
      }
    }
  }

  @Test(arguments: [
    "", " {}", "[]", "\"a\"", "{", "{}x", "{}{}", "{} \0", "null", #"{"a":1}"#, #"{"a":{}}"#,
    #"{"a":[]}"#,
    #"{"__metadata__":1}"#, #"{"__metadata__":{"a":1}}"#, #"{"__metadata__":{"a":"b","a":"c"}}"#,
    #"{"__metadata__":{},"__metadata__":{}}"#,
    #"{"a":{"dtype":"U8","shape":[1]}}"#,
    #"{"a":{"dtype":"U8","data_offsets":[0,1]}}"#,
    #"{"a":{"shape":[1],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":1,"shape":[1],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"u8","shape":[1],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"F5","shape":[1],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"F4","shape":[4611686018427387904],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"F6_E2M3","shape":[2],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":1,"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U16","shape":[1],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":[4294967296,4294967296,0],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"F64","shape":[1152921504606846976,8],"data_offsets":[0,0]}}"#,
    #"{"a":{"dtype":"F64","shape":[9223372036854775807],"data_offsets":[0,1]}}"#,
    #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}"#,
    #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}"#,
    #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}"#,
    #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#,
    #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[9223372036854775806,9223372036854775807]}}"#,
    #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,18446744073709551615]}}"#,
    "{\(tensor("a", 0, 1)),\(tensor("a", 0, 1))}",
    "{\(tensor("a", 0, 1)),\(tensor("b", 0, 1))}",
  ])
  func headersThatAreNotOne(header: String) throws {
    #expect(try error(safetensors(header, data: [0]))?.category == .badData)
  }

  @Test func holesAndOverlaps() throws {
    let data: [UInt8] = [0, 1, 2, 3]
    #expect(
      try error(safetensors("{\(Self.tensor("a", 0, 2)),\(Self.tensor("b", 2, 4))}", data: data))
        == nil)
    for (first, second, what) in [
      ((0, 2), (3, 4), "a hole"), ((1, 2), (2, 4), "a hole"), ((0, 3), (2, 4), "an overlap"),
      ((0, 4), (1, 2), "an overlap"), ((0, 4), (0, 4), "an overlap"),
    ] {
      let header = "{\(Self.tensor("a", first.0, first.1)),\(Self.tensor("b", second.0, second.1))}"
      guard case .malformedTensor(_, _, _, let found) = try error(safetensors(header, data: data))
      else {
        Issue.record("\(header)")
        continue
      }
      #expect(found.hasPrefix(what))
    }
    guard
      case .malformed(_, _, _, "2 bytes more") = try error(
        safetensors("{\(Self.tensor("a", 0, 2))}", data: data))
    else {
      Issue.record("a hole at the end")
      return
    }
    #expect(try error(safetensors("{}", data: data)) != nil)
    #expect(try error(safetensors("{}")) == nil)
  }

  @Test func namesThatAreNotUTF8() throws {
    let header =
      Array(#"{""#.utf8) + [0xFF]
      + Array(#"":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#.utf8)
    guard case .malformed(_, 9, "a string in UTF-8", _) = try error(safetensors(header, data: [0]))
    else {
      Issue.record("no error")
      return
    }
  }

  @Test func deepNestingIsRefusedNotFollowed() throws {
    let deep = String(repeating: "[", count: 1_000_000)
    #expect(try error(safetensors(#"{"a":{"x":"# + deep)) != nil)
    #expect(try error(safetensors(String(repeating: #"{"a":"#, count: 200_000))) != nil)
    #expect(
      try error(safetensors(#"{"a":{"shape":[\#(String(repeating: "1,", count: 2000))1]}}"#)) != nil
    )
  }
}
