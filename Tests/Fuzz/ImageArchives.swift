import Datasets
import Foundation
import LinearAlgebra

/// The binary files of CIFAR-10 and CIFAR-100, and archives of them.
///
/// The input is one of the files of two folders, whose others are good, or an archive.
struct ImageArchives {
  /// What is made in the worker's folder; the links lead to the input.
  static let places = ["ten", "hundred", "input.tar", "input.tar.gz", "input.npz"]

  private static let ten = (1...5).map { "data_batch_\($0).bin" } + ["test_batch.bin"]
  private static let hundred = ["train.bin", "test.bin"]

  init() throws {
    let files = FileManager.default
    for (folder, names, labels) in [("ten", Self.ten, 1), ("hundred", Self.hundred, 2)] {
      try? files.removeItem(atPath: folder)
      try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for name in names.dropFirst() {
        try Data(Self.file(labels: labels, count: 2))
          .write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      }
      try files.createSymbolicLink(
        atPath: "\(folder)/\(names[0])", withDestinationPath: "../input")
    }
    for link in ["input.tar", "input.tar.gz", "input.npz"] {
      try? files.removeItem(atPath: link)
      try files.createSymbolicLink(atPath: link, withDestinationPath: "input")
    }
  }

  func records(_ random: inout RandomGenerator) -> [UInt8] {
    var bytes = Self.file(labels: 1 + random.below(2), count: 1 + random.below(3))
    if random.below(2) == 0 { bytes = Corpus.gzip(bytes) }
    return Mutation.apply(to: bytes, using: &random)
  }

  func archive(_ random: inout RandomGenerator) -> [UInt8] {
    var members = Self.members(&random)
    let packed = random.below(3) == 0
    switch random.below(4) {
    case 0:  // damage within the members: headers stay good
      let place = random.below(members.count)
      members[place].content = Mutation.apply(to: members[place].content, using: &random)
    case 1:  // damaged headers, with the check sum that belongs to them
      let place = random.below(members.count)
      members[place].header = { header in
        var header = header
        for _ in 0...random.below(3) {
          header[random.below(random.below(2) == 0 ? 512 : 160)] = UInt8(random.below(256))
        }
        return header
      }(Self.header(members[place].name, size: members[place].content.count))
    default:
      let bytes = Self.tar(members)
      return Mutation.apply(to: packed ? Corpus.gzip(bytes) : bytes, using: &random)
    }
    return packed ? Corpus.gzip(Self.tar(members)) : Self.tar(members)
  }

  /// Bombs, whole records or not.
  func hostileRecords(_ random: inout RandomGenerator) -> [UInt8] {
    let length = 3072 + 1 + random.below(2)
    let count = random.pick([0, 1, 100, 5_000])
    let bytes = [UInt8](repeating: random.pick([0, 0, 9, 255]), count: length * count)
    let extra = [UInt8](repeating: 0, count: random.pick([0, 0, 1, 3072]))
    let packed = Corpus.gzip(bytes + extra)
    switch random.below(4) {
    case 0: return packed + packed
    case 1: return packed + [UInt8](repeating: 0, count: random.below(600))
    case 2:  // thousands of empty members
      let empty = Corpus.gzip([])
      return (0..<random.below(20_000)).reduce(into: []) { bytes, _ in bytes += empty } + packed
    default: return packed
    }
  }

  /// Names that lead elsewhere, sizes that are not so, bombs, thousands of members.
  func hostileArchive(_ random: inout RandomGenerator) -> [UInt8] {
    var members = Self.members(&random)
    let place = random.below(members.count)
    switch random.below(7) {
    case 0:
      members[place].name = random.pick(Hostile.escapes + ["/etc/passwd", "..", "/", "", "a//"])
    case 1:  // a name that leads elsewhere and ends well
      members[place].name = random.pick(["../", "/tmp/", "//", "./.././"]) + members[place].name
    case 2:
      let size = random.pick([
        "77777777777", "00000000000", "37777777777", "-0000000001", "           ", "00000010001",
        "9", "\u{1}", "777777777777",
      ])
      members[place].header = Self.header(members[place].name, size: size)
    case 3:  // GNU's sizes beyond octal numbers
      var header = Self.header(members[place].name, size: 0)
      header.replaceSubrange(
        124..<136, with: [random.pick([0x80, 0xFF])] + [UInt8](repeating: 0xFF, count: 11))
      members[place].header = header
    case 4:  // links, devices, long names, sparse files
      var header = Self.header(members[place].name, size: members[place].content.count)
      header[156] = random.pick(Array("1234567LKSxg".utf8))
      header.replaceSubrange(157..<168, with: Array("/etc/passwd".utf8))
      members[place].header = header
    case 5:
      members[place].content = [UInt8](
        repeating: 0, count: random.pick([0, 1 << 20, 3073 * 3000, 3074 * 3000]))
    default:
      let empty = Self.tar([(random.pick([members[0].name, "x", "../x"]), [], nil)], end: false)
      let many = (0..<random.below(8000)).reduce(into: []) { bytes, _ in bytes += empty }
      return Corpus.gzip(many + Self.tar(members))
    }
    let bytes = Self.tar(members, end: random.below(2) == 0)
    return random.below(3) == 0 ? bytes : Corpus.gzip(bytes)
  }

  /// A data set as arrays: damaged, or whole with shapes and types of any kind.
  func arrays(_ random: inout RandomGenerator) -> [UInt8] {
    func array(_ images: Bool) -> [UInt8] {
      let type = random.pick(["|u1", "|u1", "<i8", "<f4", ">f8", "|b1"])
      var sizes = images ? [2, 3, 2] : [2]
      if images, random.below(2) == 0 {
        sizes.insert(1 + random.below(4), at: random.pick([1, 3]))
      }
      if random.below(8) == 0 { sizes[random.below(sizes.count)] = random.pick([0, 1, 5, 4096]) }
      let count = sizes.reduce(1, *) * (Int(type.suffix(1)) ?? 1)
      let byte = UInt8(random.pick([0, 0, 0, 1, 63, 255]))
      let shape = "(\(sizes.map { "\($0)," }.joined(separator: " ")))"
      return Corpus.npy(
        type, shape, fortran: random.below(4) == 0, [UInt8](repeating: byte, count: count))
    }
    let names = ["x_train.npy", "y_train.npy", "x_test.npy", "y_test.npy"]
    let claim: Int? = random.below(8) == 0 ? random.pick([0, 1 << 31, 0xFFFF_FFFE]) : nil
    let file = Corpus.zip(
      names.enumerated().map { ($1, array($0 % 2 == 0)) }, claim: claim)
    return random.below(2) == 0 ? file : Mutation.apply(to: file, using: &random)
  }

  func readArrays() throws {
    _ = try Dataset.load("input.npz")
  }

  func readRecords() throws {
    try Self.readAll(["./ten", "./hundred"])
  }

  func readArchive() throws {
    try Self.readAll(["input.tar", "input.tar.gz"])
  }

  private static func readAll(_ paths: [String]) throws {
    var first: (any Error)?
    for path in paths {
      do { _ = try Dataset.load(path) } catch { first = first ?? error }
    }
    if let first { throw first }
  }

  private typealias Member = (name: String, content: [UInt8], header: [UInt8]?)

  private static func members(_ random: inout RandomGenerator) -> [Member] {
    let isTen = random.below(2) == 0
    return (isTen ? ten : hundred).map {
      ("cifar/\($0)", file(labels: isTen ? 1 : 2, count: 1), nil)
    }
  }

  /// Records whose labels are good.
  private static func file(labels: Int, count: Int) -> [UInt8] {
    (0..<count).flatMap { record in
      [UInt8](repeating: UInt8(record), count: labels) + (0..<3072).map { UInt8($0 & 255) }
    }
  }

  private static func tar(_ members: [Member], end: Bool = true) -> [UInt8] {
    var bytes: [UInt8] = []
    for member in members {
      var header = member.header ?? Self.header(member.name, size: member.content.count)
      header.replaceSubrange(148..<156, with: [UInt8](repeating: 32, count: 8))
      let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
      header.replaceSubrange(148..<148 + sum.utf8.count, with: sum.utf8)
      bytes += header + member.content
      bytes += [UInt8](repeating: 0, count: (512 - member.content.count % 512) % 512)
    }
    return bytes + [UInt8](repeating: 0, count: end ? 1024 : 0)
  }

  private static func header(_ name: String, size: Int) -> [UInt8] {
    let digits = String(size, radix: 8)
    return header(name, size: String(repeating: "0", count: max(0, 11 - digits.count)) + digits)
  }

  private static func header(_ name: String, size: String) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    for (place, text) in [(0, name), (100, "0000644"), (124, size), (156, "0"), (257, "ustar")] {
      header.replaceSubrange(place..<place + text.utf8.count, with: text.utf8)
    }
    return header
  }
}
