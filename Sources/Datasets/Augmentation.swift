/// Random changes to training images that keep their class.
public struct Augmentation: Sendable, Equatable, Codable {
  /// Each image is moved by up to this many pixels each way; what comes in is 0 after normalisation,
  /// the mean, as when a padded image is cropped at random.
  public var shift: Int
  /// Mirrors each image left to right with probability ½.
  public var flips: Bool

  /// Leaves images as they are.
  public static let none = Augmentation(shift: 0, flips: false)
  package var isNone: Bool { shift == 0 && !flips }

  /// Moves by up to `shift` pixels, 0 or more, each way; mirrors every second image on average if
  /// `flips`.
  public init(shift: Int, flips: Bool) {
    self.shift = shift
    self.flips = flips
  }

  /// What happens to one image.
  package struct Move: Sendable, Equatable {
    /// Pixels; upwards and to the left where negative.
    var down: Int
    var right: Int
    /// Before the image is moved.
    var isMirrored: Bool

    var isNone: Bool { down == 0 && right == 0 && !isMirrored }
  }

  /// Replaces `moves` by new ones for `count` images; none when there is nothing to change.
  ///
  /// - Complexity: O(count). Nothing is allocated once `moves` had room for as many.
  package func draw(
    _ count: Int, into moves: inout [Move], using random: inout some RandomNumberGenerator
  ) {
    precondition(shift >= 0)
    moves.removeAll(keepingCapacity: true)
    guard !isNone else { return }
    let span = UInt64(2 * shift + 1)
    for _ in 0..<count {
      let bits = random.next() as UInt64
      moves.append(
        Move(
          down: Int((bits & 0xFFFF_FFFF) % span) - shift,
          right: Int((bits >> 32 & 0x7FFF_FFFF) % span) - shift,
          isMirrored: flips && bits >> 63 == 1))
    }
  }
}

extension ImageSet {
  /// The images in the middle of larger ones, black around them; an odd row goes to the end.
  ///
  /// - Throws: `DatasetError.shapeMismatch` when the images are larger than that.
  public func padded(toHeight height: Int, width: Int) throws -> ImageSet {
    guard height >= shape[1], width >= shape[2], height <= 1 << 12, width <= 1 << 12 else {
      throw DatasetError.shapeMismatch(
        what: "images to be padded", expected: "at most [\(shape[0]), \(height), \(width)]",
        found: shape)
    }
    if [height, width] == Array(shape.dropFirst()) { return self }
    let top = (height - shape[1]) / 2
    let left = (width - shape[2]) / 2
    var larger = [UInt8](repeating: 0, count: count * shape[0] * height * width)
    for plane in 0..<count * shape[0] {
      for row in 0..<shape[1] {
        let source = (plane * shape[1] + row) * shape[2]
        let target = (plane * height + top + row) * width + left
        larger.replaceSubrange(target..<target + shape[2], with: pixels[source..<source + shape[2]])
      }
    }
    return try ImageSet(
      shape: [shape[0], height, width], pixels: larger, labels: labels,
      classes: 1 + Int(labels.max() ?? 0))
  }
}

extension Dataset {
  /// Both sets in the middle of larger images, normalised anew by the mean image.
  ///
  /// - Throws: `DatasetError.shapeMismatch` when the images are larger than that.
  public func padded(toHeight height: Int, width: Int) throws -> Dataset {
    try Dataset(
      name: name, classes: classes, training: training.padded(toHeight: height, width: width),
      test: test.padded(toHeight: height, width: width))
  }
}
