import Foundation
import ModelFiles
import Testing

@testable import Datasets

@Suite struct ImageArraysTests {
  private func bytes(_ name: String, _ shape: [Int], _ values: [UInt8]) -> TensorSource {
    TensorSource(name: name, dtype: .u8, shape: shape, bytes: values)
  }

  /// Loads a file of these arrays.
  private func load(_ arrays: [TensorSource], limit: Int? = nil) throws -> Dataset {
    try TemporaryFolder.with { folder in
      let path = "\(folder.path)/set.npz"
      try NPZFile.write(arrays, to: path)
      return try Dataset.load(path, limit: limit)
    }
  }

  /// Two training images and a test image of 3 × 2 pixels, with one of the arrays replaced.
  private func arrays(_ other: TensorSource? = nil) -> [TensorSource] {
    [
      bytes("x_train", [2, 3, 2], Array(0..<12)), bytes("y_train", [2], [0, 4]),
      bytes("x_test", [1, 3, 2], Array(20..<26)), bytes("y_test", [1], [6]),
    ].map { $0.name == other?.name ? other ?? $0 : $0 }
  }

  private func error(_ other: TensorSource) throws -> String {
    let error = #expect(throws: DatasetError.self) { try load(arrays(other)) }
    #expect(error?.category == .badData)
    return error?.description ?? ""
  }

  @Test func readsArraysOfBytes() throws {
    let set = try load(arrays() + [bytes("more", [1], [1])])
    #expect(set.name == "set.npz")
    #expect(set.classes == 7)
    #expect(set.training.shape == [1, 3, 2])
    #expect(set.training.pixels == Array(0..<12))
    #expect(set.training.labels == [0, 4])
    #expect(set.test.pixels == Array(20..<26))
    #expect(set.test.labels == [6])
    #expect(try load(arrays(), limit: 1).training == set.training.first(1))
  }

  @Test(arguments: [
    ["X_train", "y_train", "X_test", "y_test"],
    ["train_images", "train_labels", "test_images", "test_labels"],
  ]) func otherNames(names: [String]) throws {
    let renamed = zip(names, [(2, [2, 3, 2]), (2, [2, 1]), (1, [1, 3, 2]), (1, [1, 1])]).map {
      bytes($0, $1.1, [UInt8](repeating: 1, count: $1.1.reduce(1, *)))
    }
    #expect(try load(renamed).training.labels == [1, 1])
  }

  /// Channels first or last are the same images.
  @Test(arguments: [1, 2, 3, 4]) func channelsMayComeFirstOrLast(channels: Int) throws {
    var generator = SeededGenerator(seed: UInt64(channels))
    let (count, height, width) = (3, 5, 7)
    let first = generator.bytes(count * channels * height * width)
    var last = first
    for i in 0..<count {
      for c in 0..<channels {
        for y in 0..<height {
          for x in 0..<width {
            last[((i * height + y) * width + x) * channels + c] =
              first[((i * channels + c) * height + y) * width + x]
          }
        }
      }
    }
    for (shape, values) in [
      ([count, channels, height, width], first), ([count, height, width, channels], last),
    ] {
      let set = try load([
        bytes("x_train", shape, values), bytes("y_train", [count], [0, 1, 2]),
        bytes("x_test", shape, values), bytes("y_test", [count], [0, 1, 2]),
      ])
      #expect(set.training.shape == [channels, height, width])
      #expect(set.training.pixels == first)
      #expect(set.test == set.training)
    }
  }

  @Test func floatsAreRoundedToBytes() throws {
    let all = (0...255).map { UInt8($0) }
    for scale in [Float(1), 255] {
      let floats = TensorSource(
        name: "x_train", shape: [256, 1, 1], floats: all.map { Float($0) / scale })
      let test = TensorSource(
        name: "x_test", shape: [1, 1, 1], floats: [scale == 1 ? 254.7 : 0.9999])
      let set = try load([
        floats, bytes("y_train", [256], [UInt8](repeating: 0, count: 256)), test,
        bytes("y_test", [1], [0]),
      ])
      #expect(set.training.pixels == all)
      #expect(set.test.pixels == [255])
    }
  }

  @Test func integersOfAnyTypeAreTakenAsTheyAre() throws {
    func wide(_ name: String, _ shape: [Int], _ values: [Int64]) -> TensorSource {
      TensorSource(
        name: name, dtype: .i64, shape: shape,
        bytes: values.flatMap { value in
          (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        })
    }
    // All of them 0 or 1: not to be multiplied by 255.
    let set = try load(arrays(wide("x_train", [2, 3, 2], (0..<12).map { $0 % 2 })))
    #expect(set.training.pixels == (0..<12).map { $0 % 2 })
    #expect(try load(arrays(wide("y_train", [2, 1], [3, 255]))).classes == 256)
    for label in [-1, 256, Int64.max] {
      #expect(try error(wide("y_train", [2], [0, label])).contains("position 1"))
    }
    #expect(
      try error(wide("x_test", [1, 3, 2], [0, 0, 0, 0, 0, 256]))
        .contains("array 'x_test': expected pixels from 0 to 255, found 256.0 at image 0"))
  }

  @Test func everyMistakeNamesFileAndArray() throws {
    func floats(_ name: String, _ shape: [Int], _ value: Float) -> TensorSource {
      TensorSource(
        name: name, shape: shape, floats: [Float](repeating: value, count: shape.reduce(1, *)))
    }
    for (array, part) in [
      (floats("x_train", [2, 3, 2], -0.5), "not yet normalised"),
      (floats("x_train", [2, 3, 2], 255.5), "found 255.5 at image 0"),
      (floats("x_train", [2, 3, 2], .nan), "found nan at image 0"),
      (bytes("x_train", [2, 6], Array(0..<12)), "found [2, 6]"),
      (bytes("x_train", [2, 0, 2], []), "found [2, 0, 2]"),
      (bytes("x_train", [0, 3, 2], []), "found [0, 3, 2]"),
      (bytes("x_train", [1, 5, 5, 5], [UInt8](repeating: 0, count: 125)), "1 to 4 channels"),
      (bytes("x_test", [1, 2, 3], Array(0..<6)), "images of shape [1, 3, 2] as in 'x_train'"),
      (bytes("y_train", [3], [0, 1, 2]), "a label for each of the 2 images"),
      (bytes("y_train", [2, 5], [UInt8](repeating: 0, count: 10)), "found [2, 5]"),
      (floats("y_train", [2], 1), "expected integers, found F32"),
    ] {
      let text = try error(array)
      #expect(text.contains("set.npz: array '\(array.name)'") && text.contains(part), "\(text)")
    }
    let mixed = try #require(
      #expect(throws: DatasetError.self) {
        try load(
          arrays(floats("x_train", [2, 3, 2], 3)).map {
            $0.name == "x_test" ? floats("x_test", [1, 3, 2], 0.5) : $0
          })
      })
    #expect(mixed.description.contains("array 'x_test': expected numbers from 0 to 255"))
  }

  @Test func missingArraysAreNamed() throws {
    for missing in ["x_train", "y_train", "x_test", "y_test"] {
      let error = #expect(throws: DatasetError.self) {
        try load(arrays().filter { $0.name != missing } + [bytes("z", [1], [0])])
      }
      #expect(error?.description.contains("expected an array '\(missing)' beside") == true)
    }
  }

  @Test func largerArraysThanTheLimitAreRefused() throws {
    try TemporaryFolder.with { folder in
      // A header that claims 2 GiB; nothing of them is there, nor read.
      var header = Array(
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 32768, 32768), }".utf8)
      header.append(10)
      let npy = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count), 0] + header
      func little(_ value: Int, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
      }
      var file: [UInt8] = []
      var directory: [UInt8] = []
      for array in ["x_train", "y_train", "x_test", "y_test"] {
        let name = Array("\(array).npy".utf8)
        // Deflated, and as long as what can inflate to the size that is claimed.
        let packed =
          gzip(npy).dropFirst(10).dropLast(8) + [UInt8](repeating: 0, count: (1 << 31) / 1000)
        let fields =
          little(20, 2) + little(0, 2) + little(8, 2) + little(0, 8) + little(packed.count, 4)
          + little(npy.count + (1 << 31), 4) + little(name.count, 2) + little(0, 2)
        directory +=
          little(0x0201_4B50, 4) + little(20, 2) + fields + little(0, 10) + little(file.count, 4)
          + name
        file += little(0x0403_4B50, 4) + fields + name + packed
      }
      let end =
        little(0x0605_4B50, 4) + little(0, 4) + little(4, 2) + little(4, 2)
        + little(directory.count, 4) + little(file.count, 4) + little(0, 2)
      let path = try folder.write(file + directory + end, to: "bomb.npz")
      #expect(throws: DatasetError.tooLarge(path: path, limit: 1 << 30)) { try Dataset.load(path) }
    }
  }

  @Test func damagedFilesAreErrors() throws {
    try TemporaryFolder.with { folder in
      let path = try folder.write([1, 2, 3], to: "set.npz")
      #expect(throws: ModelFileError.self) { try Dataset.load(path) }
      #expect(throws: ModelFileError.self) { try Dataset.load("\(folder.path)/none.npz") }
    }
  }
}
