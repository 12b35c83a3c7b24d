import LinearAlgebra
import ModelFiles

/// Images and labels as arrays of an npz file.
///
/// The arrays are called `x_train`, `y_train`, `x_test`, `y_test`, or `X_train`, `y_train`, `X_test`,
/// `y_test`, or `train_images`, `train_labels`, `test_images`, `test_labels`; others are not looked at.
///
/// - Images: [N, H, W], [N, C, H, W] or [N, H, W, C] with 1 to 4 channels; where both could be channels,
///   the first are. Integers from 0 to 255 are taken as they are; floats and booleans from 0 to 1 are
///   multiplied by 255, floats up to 255 are not, and both are rounded to the nearest byte.
/// - Labels: integers from 0 to 255, [N] or [N, 1].
struct ImageArrays {
  enum Part: Int {
    case training, test
  }

  private static let names = [
    ["x_train", "y_train", "x_test", "y_test"], ["X_train", "y_train", "X_test", "y_test"],
    ["train_images", "train_labels", "test_images", "test_labels"],
  ]
  /// The memory that the four arrays may take together: a byte a number of U8, four of others.
  static let limit = 1 << 30

  private let file: NPZFile
  private let names: [String]

  /// - Throws: `DatasetError.missingArray`, `.tooLarge`; `ModelFileError`.
  init(path: String) throws {
    let file = try NPZFile(path: path)
    func isThere(_ name: String) -> Bool { file[name] != nil }
    // The names of which the most are there, so that the one that is missing can be told.
    let names =
      Self.names.max { $0.count(where: isThere) < $1.count(where: isThere) } ?? Self.names[0]
    if let missing = names.first(where: { !isThere($0) }) {
      throw DatasetError.missingArray(
        path: path, array: missing, others: names.filter { $0 != missing })
    }
    var room = Self.limit
    for name in names {
      guard let array = file[name] else { continue }
      let (size, overflow) = array.count.multipliedReportingOverflow(by: array.dtype == .u8 ? 1 : 4)
      room -= overflow ? room + 1 : min(room + 1, size)
      guard room >= 0 else { throw DatasetError.tooLarge(path: path, limit: Self.limit) }
    }
    self.file = file
    self.names = names
  }

  /// One part's images and labels, which belong together.
  struct Images {
    let shape: [Int]
    let pixels: [UInt8]
    let labels: [UInt8]
    /// What the pixels were multiplied by; none when they were integers.
    let scale: Float?

    func images(classes: Int) throws -> ImageSet {
      try ImageSet(shape: shape, pixels: pixels, labels: labels, classes: classes)
    }
  }

  /// - Parameter other: the images whose shape and range these must have.
  /// - Throws: `DatasetError.malformedArray`; `ModelFileError`.
  func part(_ part: Part, like other: Images? = nil) throws -> Images {
    let (name, labelsName) = (names[2 * part.rawValue], names[2 * part.rawValue + 1])
    let entry = try entry(name)
    let layout = try layout(of: entry)
    if let other, other.shape != layout.shape {
      throw malformed(
        name, "images of shape \(other.shape) as in '\(names[0])'", "\(layout.shape)")
    }
    let labels = try labels(labelsName, count: layout.count)
    let (values, scale) = try bytes(entry)
    if let other, let scale, let expected = other.scale, scale != expected {
      func range(_ scale: Float) -> String { scale == 1 ? "0 to 255" : "0 to 1" }
      throw malformed(
        name, "numbers from \(range(expected)) as in '\(names[0])'", "from \(range(scale))")
    }
    return Images(
      shape: layout.shape, pixels: layout.channelsFirst(values), labels: labels, scale: scale)
  }

  private func entry(_ name: String) throws -> TensorEntry {
    guard let entry = file[name] else {
      throw DatasetError.missingArray(
        path: file.path, array: name, others: names.filter { $0 != name })
    }
    return entry
  }

  private func layout(of array: TensorEntry) throws -> Layout {
    guard let layout = Layout(array.shape) else {
      throw malformed(
        array.name,
        "images [N, H, W], [N, C, H, W] or [N, H, W, C] with N, H, W of 1 and more and 1 to 4 channels",
        "\(array.shape)")
    }
    return layout
  }

  private func labels(_ name: String, count: Int) throws -> [UInt8] {
    let array = try entry(name)
    guard array.shape == [count] || array.shape == [count, 1] else {
      throw malformed(
        name, "a label for each of the \(count) images, [\(count)] or [\(count), 1]",
        "\(array.shape)")
    }
    guard array.dtype.isInteger else { throw malformed(name, "integers", array.dtype.rawValue) }
    let values = try file.floats(name)
    if let place = values.firstIndex(where: { !(0...255).contains($0) }) {
      throw malformed(
        name, "labels from 0 to 255", "about \(values[place]) at position \(place)")
    }
    return values.map { UInt8($0) }
  }

  /// The pixels as bytes, in the order of the array.
  private func bytes(_ array: TensorEntry) throws -> (values: [UInt8], scale: Float?) {
    if array.dtype == .u8 { return (try file.bytes(array.name), nil) }
    let values = try file.floats(array.name)
    let isInteger = array.dtype.isInteger
    let scale: Float = isInteger || values.contains { $0 > 1 } ? 1 : 255
    if let place = values.firstIndex(where: { !(0...255).contains($0) }) {
      throw malformed(
        array.name,
        isInteger
          ? "pixels from 0 to 255"
          : "pixels from 0 to 1 or from 0 to 255, not yet normalised (lc does that itself)",
        "\(values[place]) at image \(place / (array.count / array.shape[0]))")
    }
    return (values.map { UInt8(($0 * scale).rounded()) }, isInteger ? nil : scale)
  }

  private func malformed(_ array: String, _ expected: String, _ found: String) -> DatasetError {
    .malformedArray(path: file.path, array: array, expected: expected, found: found)
  }
}

extension ImageArrays {
  /// Where an array of images has its channels.
  struct Layout: Equatable {
    let count: Int
    /// [channels, height, width]
    let shape: [Int]
    let channelsAreLast: Bool

    /// None when these are no images.
    init?(_ sizes: [Int]) {
      guard sizes.allSatisfy({ $0 > 0 }), let count = sizes.first else { return nil }
      self.count = count
      let inner = Array(sizes.dropFirst())
      let channels = 1...4
      switch inner.count {
      case 2: (shape, channelsAreLast) = ([1] + inner, false)
      case 3 where channels.contains(inner[0]): (shape, channelsAreLast) = (inner, false)
      case 3 where channels.contains(inner[2]):
        (shape, channelsAreLast) = ([inner[2], inner[0], inner[1]], true)
      default: return nil
      }
    }

    /// - Precondition: there are count · shape's product values.
    func channelsFirst(_ values: [UInt8]) -> [UInt8] {
      let (channels, plane) = (shape[0], shape[1] * shape[2])
      guard channelsAreLast, channels > 1 else { return values }
      precondition(values.count == count * channels * plane)
      var result = [UInt8](repeating: 0, count: values.count)
      let source = values.span
      var target = result.mutableSpan
      for image in 0..<count {
        let start = image * channels * plane
        for channel in 0..<channels {
          for pixel in 0..<plane {
            target[start + channel * plane + pixel] = source[start + pixel * channels + channel]
          }
        }
      }
      return result
    }
  }
}
