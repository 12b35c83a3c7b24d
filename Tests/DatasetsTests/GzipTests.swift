import Testing

@testable import Datasets

@Suite struct GzipTests {
  let text = Array("a row of pixels, a row of pixels, a row of pixels".utf8)

  func contents(_ file: [UInt8], limit: Int = 1 << 20) throws -> [UInt8] {
    try Gzip.contents(of: file, path: "f", limit: limit)
  }

  @Test func aPlainFileIsReturnedAsItIs() throws {
    #expect(try contents(text) == text)
    #expect(try contents([]) == [])
    #expect(try contents([0x1f]) == [0x1f])
  }

  @Test func inflatesWhatWasDeflated() throws {
    var generator = SeededGenerator(seed: 1)
    for count in [0, 1, 1000, 1 << 18, (1 << 18) + 1, 700_000] {
      let bytes = generator.bytes(count)
      #expect(try contents(gzip(bytes)) == bytes)
    }
  }

  @Test func inflatesAllMembers() throws {
    #expect(try contents(gzip(text) + gzip([]) + gzip(text)) == text + text)
  }

  @Test func readsAFile() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write(gzip(text), to: "text.gz")
      #expect(try Gzip.contents(ofFile: path, limit: 100) == text)
    }
  }

  @Test func refusesWhatIsNotARegularFile() throws {
    try TemporaryFolder.with { folder in
      for path in [folder.path, folder.path + "/none", "/dev/zero", ""] {
        let error = #expect(throws: DatasetError.self) {
          try Gzip.contents(ofFile: path, limit: 100)
        }
        #expect(error?.category == .missingInput)
      }
    }
  }

  @Test func theLimitIsExact() throws {
    for file in [text, gzip(text), gzip(text) + gzip([])] {
      #expect(try contents(file, limit: text.count) == text)
      #expect(throws: DatasetError.tooLarge(path: "f", limit: text.count - 1)) {
        try contents(file, limit: text.count - 1)
      }
    }
    #expect(throws: DatasetError.tooLarge(path: "f", limit: 0)) { try contents(text, limit: 0) }
  }

  @Test func aBombStopsAtTheLimit() throws {
    // The check sum is wrong: an inflater that went on to the end would call the file damaged.
    var bomb = gzip([UInt8](repeating: 0, count: 8 << 20))
    bomb[bomb.count - 8] ^= 1
    #expect(throws: DatasetError.tooLarge(path: "f", limit: 1 << 20)) { try contents(bomb) }
    #expect(try Gzip.prefix(of: bomb, path: "f", count: 3) == [0, 0, 0])
    #expect(throws: DatasetError.self) { try contents(bomb, limit: 8 << 20) }
  }

  @Test func everyTruncationIsAnError() throws {
    let file = gzip(text)
    for count in 2..<file.count {
      #expect(throws: DatasetError.truncatedGzip(path: "f", offset: count)) {
        try contents(Array(file.prefix(count)))
      }
    }
  }

  @Test func trailingGarbageIsAnError() throws {
    let file = gzip(text)
    for garbage: [UInt8] in [[0], [0x1f], [0x1f, 0x8c], text] {
      #expect(throws: DatasetError.trailingGarbage(path: "f", offset: file.count)) {
        try contents(file + garbage)
      }
    }
  }

  @Test func theCheckSumIsChecked() throws {
    var file = gzip(text)
    file[file.count - 5] ^= 0x10
    let error = #expect(throws: DatasetError.self) { try contents(file) }
    #expect(error?.description.contains("incorrect data check") == true)
    #expect(error?.category == .badData)
  }
}
