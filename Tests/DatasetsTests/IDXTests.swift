import Testing

@testable import Datasets

@Suite struct IDXTests {
  /// Reads the bytes from a file, plain and gzipped; both must end alike.
  func read(_ bytes: [UInt8], as kind: IDX.Kind = .images) throws -> IDX {
    try TemporaryFolder.with { folder in
      let plain = Result { try IDX(contentsOf: folder.write(bytes, to: "f"), as: kind) }
      let zipped = Result { try IDX(contentsOf: folder.write(gzip(bytes), to: "f"), as: kind) }
      switch (plain, zipped) {
      case (.success(let first), .success(let second)): #expect(first.values == second.values)
      case (.failure(let first), .failure(let second)): #expect("\(first)" == "\(second)")
      default: Issue.record("plain and gzipped differ: \(plain), \(zipped)")
      }
      return try plain.get()
    }
  }

  /// The message for the bytes, without the path of the temporary file.
  func message(_ bytes: [UInt8], as kind: IDX.Kind = .images) -> String? {
    let error = #expect(throws: DatasetError.self) { try read(bytes, as: kind) }
    #expect(error?.category == .badData)
    return error.map { String($0.description.split(separator: "/f: ").last ?? "") }
  }

  @Test func readsImages() throws {
    var generator = SeededGenerator(seed: 2)
    let (sizes, pixels, _) = generator.images(7)
    let images = try read(idxImages(sizes, pixels))
    #expect(images.sizes == [7, 5, 3])
    #expect(images.values == pixels)
  }

  @Test func readsLabels() throws {
    let labels = try read(idxLabels([3, 1, 4]), as: .labels)
    #expect(labels.sizes == [3])
    #expect(labels.values == [3, 1, 4])
  }

  @Test func namesTheWrongMagicNumber() {
    #expect(
      message(idxLabels([1, 2])) == "byte 0: expected the IDX magic number 0x00000803, "
        + "found 0x00000801")
    #expect(message(Array("neither gzip nor IDX".utf8))?.hasPrefix("byte 0: expected") == true)
  }

  @Test func namesWhereTheDataEnd() {
    let file = idxImages([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8])
    for count in 0..<16 {
      #expect(
        message(Array(file.prefix(count)))
          == "byte \(count): expected 16 bytes, found the end of the data")
    }
    for count in 16..<24 {
      #expect(
        message(Array(file.prefix(count)))
          == "byte \(count): expected 24 bytes, found the end of the data")
    }
  }

  @Test func nothingMayFollowTheLastValue() {
    #expect(
      message(idxLabels([1, 2]) + [0], as: .labels)
        == "byte 10: expected the end of the data, found more")
  }

  @Test func noSizeMayBeZero() {
    #expect(
      message(idxImages([0, 28, 28], [])) == "byte 4: expected a size of at least 1, found 0")
    #expect(
      message(idxImages([1, 28, 0], [])) == "byte 12: expected a size of at least 1, found 0")
    #expect(message(idxLabels([]), as: .labels)?.hasPrefix("byte 4: ") == true)
  }

  @Test(
    arguments: [
      [0xffff_ffff, 0xffff_ffff, 0xffff_ffff], [0xffff_ffff, 0xffff_ffff, 1], [1, 1, 0xffff_ffff],
      [1 << 10, 1 << 10, 1 << 11],
    ] as [[UInt32]])
  func hugeSizesAreRefused(sizes: [UInt32]) {
    #expect(
      message(idxImages(sizes, [1, 2, 3]))?.hasPrefix("byte 4: expected at most 1073741824") == true
    )
  }

  @Test func aLargeClaimOfASmallFileIsOnlyTooShort() {
    #expect(
      message(idxImages([1 << 10, 1 << 10, 1 << 10], [1]))
        == "byte 17: expected 1073741840 bytes, found the end of the data")
  }

  @Test func aBombStopsAtTheDeclaredSize() throws {
    // The damaged end would show if it were reached.
    var bomb = gzip(idxImages([1, 2, 2], [UInt8](repeating: 0, count: 4 << 20)))
    bomb[bomb.count - 8] ^= 1
    try TemporaryFolder.with { folder in
      let path = try folder.write(bomb, to: "bomb.gz")
      #expect(throws: DatasetError.tooLong(path: path, expected: 20)) {
        try IDX(contentsOf: path, as: .images)
      }
    }
  }
}
