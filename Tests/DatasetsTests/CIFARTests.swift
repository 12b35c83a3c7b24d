import Testing

@testable import Datasets

@Suite struct CIFARTests {
  /// A file of records whose pixels count up from the label.
  func file(_ labels: [[UInt8]]) -> [UInt8] {
    labels.flatMap { label in
      label + (0..<3072).map { UInt8(truncatingIfNeeded: $0 + Int(label[0])) }
    }
  }

  /// A tar archive of these files.
  func tar(_ files: [(String, [UInt8])]) -> [UInt8] {
    func field(_ text: String, _ length: Int) -> [UInt8] {
      Array(text.utf8) + [UInt8](repeating: 0, count: length - text.utf8.count)
    }
    func octal(_ value: Int, _ digits: Int) -> String {
      let text = String(value, radix: 8)
      return String(repeating: "0", count: digits - text.count) + text
    }
    return files.flatMap { name, bytes -> [UInt8] in
      var header = field(name, 100) + field("0000644", 8) + field("0000000", 8)
      header += field("0000000", 8) + field(octal(bytes.count, 11), 12) + field("00000000000", 12)
      header += [UInt8](repeating: 32, count: 8) + [UInt8(ascii: "0")]
      header += [UInt8](repeating: 0, count: 512 - header.count)
      let sum = octal(header.reduce(0) { $0 + Int($1) }, 6)
      header.replaceSubrange(148..<156, with: Array(sum.utf8) + [0, 32])
      return header + bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
    } + [UInt8](repeating: 0, count: 1024)
  }

  var ten: [(String, [UInt8])] {
    (1...5).map { ("data_batch_\($0).bin", file([[UInt8($0)], [0]])) }
      + [("test_batch.bin", file([[9]]))]
  }

  @Test func readsTheFolderOfCIFAR10() throws {
    try TemporaryFolder.with { folder in
      for (name, bytes) in ten { try folder.write(bytes, to: name) }
      let set = try Dataset.load(folder.path)
      #expect(set.classes == 10)
      #expect(set.training.labels == [1, 0, 2, 0, 3, 0, 4, 0, 5, 0])
      #expect(set.training.shape == [3, 32, 32])
      #expect(Array(set.test.pixels.prefix(3)) == [9, 10, 11])
    }
  }

  @Test func readsArchivesPlainAndGzipped() throws {
    try TemporaryFolder.with { folder in
      let hundred = [
        ("cifar-100-binary/train.bin", file([[3, 99], [19, 0]])),
        ("cifar-100-binary/test.bin", file([[0, 42]])),
      ]
      let plain = try folder.write(tar(hundred), to: "cifar-100.tar")
      let packed = try folder.write(gzip(tar(hundred)), to: "cifar-100.tar.gz")
      for path in [plain, packed] {
        let set = try Dataset.load(path)
        #expect(set.classes == 100)
        #expect(set.training.labels == [99, 0])
        #expect(set.test.labels == [42])
      }
    }
  }

  @Test func damagedFilesAreErrorsThatNameTheByte() throws {
    let kind = CIFAR.ten
    let good = file([[1], [2]])
    #expect(throws: DatasetError.tooShort(path: "f", expected: 6146, found: 6145)) {
      try kind.images([("f", Array(good.dropLast()))])
    }
    #expect(throws: DatasetError.labelOutOfRange(path: "f", position: 3073, classes: 10, found: 77))
    {
      try kind.images([("f", file([[1], [77]]))])
    }
    #expect(throws: DatasetError.labelOutOfRange(path: "f", position: 0, classes: 20, found: 20)) {
      try CIFAR.hundred.images([("f", file([[20, 1]]))])
    }
    #expect(throws: DatasetError.emptySet(path: "f", offset: 0)) { try kind.images([("f", [])]) }
  }

  @Test func damagedArchivesAreErrors() throws {
    let archive = tar(ten)
    #expect(try Tar.entries(of: archive, path: "a").map(\.name) == ten.map(\.0))
    for length in [100, 511, 513, 3000] {
      #expect(throws: DatasetError.self) {
        try Tar.entries(of: Array(archive.prefix(length)), path: "a")
      }
    }
    var wrong = archive
    wrong[3] ^= 1
    #expect(throws: DatasetError.self) { try Tar.entries(of: wrong, path: "a") }
    for position in 0..<512 {
      var flipped = archive
      flipped[position] = 255
      _ = try? Tar.entries(of: flipped, path: "a")  // an error or not, but no crash
    }
  }

  @Test func allFilesOfAFolderShareOneLimit() throws {
    try TemporaryFolder.with { folder in
      for (name, bytes) in ten { try folder.write(gzip(bytes), to: name + ".gz") }
      let all = ten.reduce(0) { $0 + $1.1.count }
      func load(room: Int) throws -> Dataset? {
        try Dataset.cifar(folder: folder.path, name: "set", limit: nil, room: room)
      }
      #expect(try load(room: all)?.training.count == 10)
      let last = DatasetError.tooLarge(
        path: "\(folder.path)/test_batch.bin.gz", limit: 3073 - 1)
      #expect(throws: last) { try load(room: all - 1) }
    }
  }

  @Test func missingFilesAreNamed() throws {
    try TemporaryFolder.with { folder in
      for (name, bytes) in ten where name != "data_batch_3.bin" {
        try folder.write(bytes, to: name)
      }
      let error = #expect(throws: DatasetError.self) { try Dataset.load(folder.path) }
      #expect(error?.description.contains("data_batch_3.bin") == true)
    }
  }
}
