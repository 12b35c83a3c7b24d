import Foundation
import Testing

@testable import ModelFiles

@Suite struct SafetensorsTests {
  @Test(arguments: 0..<20) func roundTrip(seed: Int) throws {
    var generator = SeededGenerator(seed: seed)
    var sources: [TensorSource] = []
    var bytes: [String: [UInt8]] = [:]
    for name in difficultNames.shuffled(using: &generator).prefix(Int.random(in: 0...12)) {
      let dtype = ElementType.allCases.randomElement(using: &generator) ?? .f32
      // Values of less than a byte fill whole bytes together.
      let shape = generator.shape() + (dtype.bitCount < 8 ? [4] : [])
      let content = generator.bytes(shape.reduce(dtype.bitCount, *) / 8)
      bytes[name] = content
      sources.append(TensorSource(name: name, dtype: dtype, shape: shape, bytes: content))
    }
    let metadata = Dictionary(
      uniqueKeysWithValues: difficultNames.prefix(seed % 5).map { ($0, $0 + "!") })
    try withTemporaryFolder { folder in
      let path = folder + "/file.safetensors"
      try SafetensorsFile.write(sources, metadata: metadata, to: path)
      let file = try SafetensorsFile(path: path)
      #expect(file.metadata == metadata)
      #expect(file.tensors.count == sources.count)
      #expect(
        zip(file.tensors, file.tensors.dropFirst()).allSatisfy {
          $0.byteRange.upperBound == $1.byteRange.lowerBound
        })
      for source in sources {
        let tensor = try #require(file[source.name])
        #expect(tensor.dtype == source.dtype && tensor.shape == source.shape)
        #expect(tensor.count == source.shape.reduce(1, *))
        #expect(tensor.byteRange.lowerBound % max(1, source.dtype.byteCount) == 0)
        #expect(try file.bytes(source.name) == bytes[source.name])
        if source.dtype.isNumeric {
          #expect(try file.floats(source.name).count == tensor.count)
        } else {
          #expect(
            modelFileError { _ = try file.floats(source.name) }
              == .notNumeric(path: path, tensor: source.name, dtype: source.dtype))
        }
      }
      try SafetensorsFile.write(sources, metadata: metadata, to: folder + "/again")
      #expect(try contents(path) == contents(folder + "/again"))
    }
  }

  @Test(arguments: 0..<5) func floatsSurviveBitByBit(seed: Int) throws {
    var generator = SeededGenerator(seed: seed)
    let floats = (0..<1000).map { _ in
      Float(bitPattern: .random(in: .min ... .max, using: &generator))
    }
    try withTemporaryFolder { folder in
      try SafetensorsFile.write(
        [TensorSource(name: "w", shape: [10, 100], floats: floats)], to: folder + "/w")
      let found = try SafetensorsFile(path: folder + "/w").floats("w")
      #expect(found.map(\.bitPattern) == floats.map(\.bitPattern))
    }
  }

  @Test func scalarsHaveOneValueAndEmptyTensorsNone() throws {
    try withTemporaryFolder { folder in
      try SafetensorsFile.write(
        [
          TensorSource(name: "none", shape: [0, 3], floats: []),
          TensorSource(name: "one", shape: [], floats: [3]),
        ], to: folder + "/f")
      let file = try SafetensorsFile(path: folder + "/f")
      #expect(try file.floats("one") == [3])
      #expect(try file.floats("none") == [])
      #expect(file.tensors.map(\.count) == [0, 1])
    }
  }

  @Test func takesPiecesOfAnySize() throws {
    try withTemporaryFolder { folder in
      let source = TensorSource(name: "w", dtype: .u8, shape: [300]) { piece in
        for start in stride(from: 0, to: 300, by: 7) {
          let bytes = (start..<min(start + 7, 300)).map { (byte: Int) in UInt8(byte & 255) }
          try bytes.withUnsafeBytes(piece)
        }
      }
      try SafetensorsFile.write([source], to: folder + "/f")
      let floats = try SafetensorsFile(path: folder + "/f").floats("w")
      #expect(floats == (0..<300).map { Float($0 & 255) })
    }
  }

  @Test func refusesToWriteWhatCannotBeRead() throws {
    try withFile([1, 2, 3]) { path in
      let impossible: [[TensorSource]] = [
        [TensorSource(name: "a", shape: [2], floats: [1])],
        [TensorSource(name: "a", shape: [2], floats: [1, 2, 3])],
        [TensorSource(name: "a", shape: [-1], floats: [])],
        [TensorSource(name: "a", shape: [.max, 2], floats: [])],
        [
          TensorSource(name: "a", shape: [.max / 4], floats: []),
          TensorSource(name: "b", shape: [.max / 4], floats: []),
        ],
        [TensorSource(name: "__metadata__", shape: [], floats: [1])],
        [
          TensorSource(name: "a", shape: [], floats: [1]),
          TensorSource(name: "a", shape: [], floats: [1]),
        ],
      ]
      for sources in impossible {
        let error = modelFileError { try SafetensorsFile.write(sources, to: path) }
        #expect(error?.category == .cannotWrite)
        let left = try contents(path)
        #expect(left == [1, 2, 3])
      }
    }
  }

  @Test func ignoresKeysOfLaterVersions() throws {
    let header =
      #"{"a":{"later":[{"x":null}],"dtype":"U8","shape":[2],"data_offsets":[0,2]}}   "#
    try withFile(safetensors(header, data: [5, 6])) { path in
      let floats = try SafetensorsFile(path: path).floats("a")
      #expect(floats == [5, 6])
    }
  }

  @Test func sortsByThePlaceOfTheData() throws {
    let header =
      #"{"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},"#
      + #""c":{"dtype":"F64","shape":[0],"data_offsets":[1,1]}}"#
    try withFile(safetensors(header, data: [5, 6])) { path in
      let file = try SafetensorsFile(path: path)
      #expect(file.tensors.map(\.name) == ["a", "c", "b"])
      #expect(try file.floats("b") == [6])
      #expect(modelFileError { _ = try file.floats("d") } == .noSuchTensor(path: path, tensor: "d"))
      #expect(modelFileError { _ = try file.bytes("d") } == .noSuchTensor(path: path, tensor: "d"))
    }
  }

  @Test func aFileThatShrinksGivesAnError() throws {
    try withFile(
      safetensors(#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, data: [1, 2, 3, 4])
    ) { path in
      let file = try SafetensorsFile(path: path)
      let handle = try #require(FileHandle(forWritingAtPath: path))
      try handle.truncate(atOffset: UInt64(file.tensors[0].byteRange.lowerBound + 1))
      guard case .truncated(_, _, 4, 1) = modelFileError({ _ = try file.floats("a") }) else {
        Issue.record("no error")
        return
      }
    }
  }
}
