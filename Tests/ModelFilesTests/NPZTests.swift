import Testing

@testable import ModelFiles

@Suite struct NPZTests {
  private static let array = npy("<f4", shape: "(2,)", data: [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])

  private func error(_ members: [TestMember], name: String = "a") throws -> ModelFileError? {
    try withFile(zipFile(members)) { path in
      modelFileError { _ = try NPZFile(path: path).floats(name) }
    }
  }

  @Test(arguments: 0..<10, [false, true]) func roundTrip(seed: Int, isWide: Bool) throws {
    var generator = SeededGenerator(seed: seed)
    var floats: [String: [Float]] = [:]
    let sources = difficultNames.map { name in
      let shape = generator.shape()
      let values = generator.floats(shape.reduce(1, *))
      floats[name] = values
      return TensorSource(name: name, shape: shape, floats: values)
    }
    try withTemporaryFolder { folder in
      let path = folder + "/file.npz"
      if isWide {
        try NPZFile.write(sources, to: path, zip64From: 0, orMembers: 0)
      } else {
        try NPZFile.write(sources, to: path)
      }
      let file = try NPZFile(path: path)
      #expect(file.tensors.map(\.name) == sources.map(\.name))
      #expect(file.tensors.map(\.shape) == sources.map(\.shape))
      for (name, values) in floats { #expect(try file.floats(name) == values) }
    }
  }

  @Test(arguments: [0, 1, 1000, 200_000]) func inflates(count: Int) throws {
    var generator = SeededGenerator(seed: count)
    let data = generator.bytes(count).map { $0 & 3 }
    let array = npy("|u1", shape: "(\(count),)", data: data)
    let members = [TestMember("a.npy", array, isDeflated: true), TestMember("b.npy", Self.array)]
    try withFile(zipFile(members, comment: "PK\u{5}\u{6}")) { path in
      let file = try NPZFile(path: path)
      #expect(try file.floats("a") == data.map(Float.init))
      #expect(try file.floats("b") == [1, 2])
      #expect(try file.bytes("a") == data)
      #expect(try file.bytes("b") == [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])
    }
  }

  @Test func membersThatAreNoArraysAreNamed() throws {
    let members = ["w", "folder/", "notes.txt"].map { TestMember($0, [1, 2, 3]) }
    try withFile(zipFile(members + [TestMember("a.npy", Self.array)])) { path in
      let file = try NPZFile(path: path)
      #expect(file.tensors.map(\.name) == ["a"])
      #expect(file.others.map(\.name) == ["w", "notes.txt"])
    }
  }

  /// Text, objects, dates and records: found, not read, and refused only where they are asked for.
  @Test func arraysOfOtherTypesAreNotLookedAt() throws {
    let types = [
      "'<U1'", "'|O'", "'<M8[ns]'", "'|S3'", "'<m8[s]'",
      "[('a', '<f4'), ('b\\'', [('c', '<i2', (2,))])]", "[(\"it's [\", '|u1')]",
    ]
    func member(_ number: Int, _ type: String) -> TestMember {
      let text = "{'descr': \(type), 'fortran_order': False, 'shape': (1,), }"
      return TestMember("\(number).npy", npy(text, data: [1, 2, 3]), isDeflated: number % 2 == 0)
    }
    let others = types.enumerated().map { member($0, $1) }
    try withFile(zipFile(others + [TestMember("a.npy", Self.array)])) { path in
      let file = try NPZFile(path: path)
      #expect(file.tensors.map(\.name) == ["a"])
      #expect(file.others.map(\.name) == types.indices.map(String.init))
      #expect(file.others[0].type == "<U1" && file.others[5].type == types[5])
      #expect(try file.floats("a") == [1, 2])
      for number in types.indices {
        for error in [
          modelFileError { _ = try file.floats("\(number)") },
          modelFileError { _ = try file.bytes("\(number)") },
        ] { #expect(error?.category == .badData) }
      }
    }
    // Numbers that no type here can keep are not passed over.
    for type in ["'|V2'", "'<c16'", "'<f16'", "'|f4'", "'>c32'"] {
      let found = try error([member(0, type), TestMember("a.npy", Self.array)])
      #expect(found?.category == .badData)
      #expect(found.map { "\($0)".contains("tensor '0'") } == true)
    }
    #expect(try error([others[0], TestMember("0.npy", Self.array)]) != nil, "one name twice")
    for type in ["[('a', '<f4')", "[", "[(']", String(repeating: "[", count: 30)] {
      #expect(try error([member(0, type), TestMember("a.npy", Self.array)]) != nil)
    }
  }

  @Test func emptyArchivesAndOtherMembers() throws {
    let empty = try withFile(zipFile([])) { path in try NPZFile(path: path).tensors }
    #expect(empty.isEmpty)
    let text = TestMember("notes.txt", [1])
    try withFile(zipFile([text, TestMember("a.npy", Self.array)])) { path in
      let names = try NPZFile(path: path).tensors.map(\.name)
      #expect(names == ["a"])
    }
    #expect(try error([text]) != nil)
  }

  @Test func theDirectoryAndTheArrayMustAgreeOnTheSize() throws {
    let cut = Array(Self.array.dropLast())
    for isDeflated in [false, true] {
      #expect(try error([TestMember("a.npy", Self.array, isDeflated: isDeflated)]) == nil)
      #expect(try error([TestMember("a.npy", cut, isDeflated: isDeflated)]) != nil)
      #expect(try error([TestMember("a.npy", Self.array + [0], isDeflated: isDeflated)]) != nil)
    }
  }

  @Test func neverInflatesBeyondTheDeclaredSize() throws {
    var bomb = TestMember(
      "a.npy", Self.array + [UInt8](repeating: 0, count: 1_000_000), isDeflated: true)
    bomb.byteCount = Self.array.count
    var honest = TestMember("a.npy", Self.array, isDeflated: true)
    bomb.crc = honest.crc
    guard case .malformedTensor(_, "a.npy", _, "more") = try error([bomb]) else {
      Issue.record("the bomb went off")
      return
    }
    // Declares far more than its few bytes can give, in the array's header as well.
    let size = 4_000_000_000
    honest = TestMember("a.npy", npy("|u1", shape: "(\(size),)", data: []), isDeflated: true)
    honest.byteCount += size
    guard case .malformed(_, _, _, let found) = try error([honest]) else {
      Issue.record("the size was believed")
      return
    }
    #expect(found.contains("bytes for 'a.npy'"))
    // Possible by the ratio, but the data ends before.
    var short = TestMember("a.npy", npy("|u1", shape: "(9000,)", data: []), isDeflated: true)
    short.byteCount += 9000
    #expect(try error([short]) != nil)
  }

  @Test func falsifiedMembersGiveErrors() throws {
    for isDeflated in [false, true] {
      let honest = TestMember("a.npy", Self.array, isDeflated: isDeflated)
      var members = [TestMember](repeating: honest, count: 9)
      members[0].crc ^= 1
      members[1].method = 12
      members[2].flags = 1
      members[3].localName = "b.npy"
      members[4].headerOffset = 1
      members[5].headerOffset = 1_000_000
      members[6].byteCount += 1
      members[7].byteCount -= 1
      members[8].compressed.append(0)
      for (index, member) in members.enumerated() {
        #expect(try error([member])?.category == .badData, "\(index)")
      }
      #expect(try error([honest, honest]) != nil, "the same name twice")
      var inside = TestMember("b.npy", Self.array)
      inside.headerOffset = 0
      #expect(try error([honest, inside]) != nil, "two members at one place")
    }
    // A member that hides in another one's data.
    let inner = zipFile([TestMember("b.npy", Self.array)])
    let outer = TestMember("a.npy", npy("|u1", shape: "(\(inner.count),)", data: inner))
    var inside = TestMember("b.npy", Self.array)
    inside.headerOffset = 30 + 5 + outer.compressed.count - inner.count
    guard case .malformed(_, _, "members that do not overlap", _) = try error([outer, inside])
    else {
      Issue.record("the overlap was not seen")
      return
    }
  }

  @Test func everyTruncationIsAnError() throws {
    let whole = zipFile([TestMember("a.npy", Self.array, isDeflated: true)])
    for count in 0..<whole.count {
      try withFile(Array(whole[..<count])) { path in
        #expect(modelFileError { _ = try NPZFile(path: path).floats("a") } != nil)
      }
    }
  }

  @Test func refusesToWriteWhatNPYDoesNotHave() throws {
    try withFile([1, 2, 3]) { path in
      let impossible: [[TensorSource]] = [
        [TensorSource(name: "a", dtype: .bf16, shape: [1], bytes: [0, 0])],
        [TensorSource(name: "a", shape: [Int](repeating: 1, count: 65), floats: [0])],
        [TensorSource(name: "a", shape: [2], floats: [0])],
        [TensorSource(name: "a", shape: [.max], floats: [0])],
        [TensorSource(name: "a", dtype: .u8, shape: [.max], bytes: [])],
        [
          TensorSource(name: "a", shape: [], floats: [0]),
          TensorSource(name: "a", shape: [], floats: [0]),
        ],
        [TensorSource(name: String(repeating: "a", count: 65_532), shape: [], floats: [0])],
      ]
      for sources in impossible {
        let error = modelFileError { try NPZFile.write(sources, to: path) }
        #expect(error?.category == .cannotWrite)
        let left = try contents(path)
        #expect(left == [1, 2, 3])
      }
    }
  }
}
