/// Random changes to training images that keep their class.
public struct Augmentation: Sendable, Equatable, Codable {
  /// Each image is moved by up to this many pixels each way; what comes in is 0 after normalisation,
  /// the mean, as when a padded image is cropped at random.
  public var shift: Int
  /// Mirrors each image left to right with probability ½.
  public var flips: Bool

  public static let none = Augmentation(shift: 0, flips: false)
  public var isNone: Bool { shift == 0 && !flips }

  public init(shift: Int, flips: Bool) {
    self.shift = shift
    self.flips = flips
  }

  /// Changes normalised images in place, [count, channels, height, width].
  ///
  /// - Parameter scratch: as many values as one image; it keeps its contents from call to call.
  /// - Complexity: O(images' values). Nothing is allocated.
  public func apply(
    to images: inout MutableSpan<Float>, count: Int, shape: [Int], scratch: inout [Float],
    using random: inout some RandomNumberGenerator
  ) {
    precondition(shape.count == 3 && shift >= 0, "shape is [channels, height, width]")
    guard !isNone else { return }
    let (height, width) = (shape[1], shape[2])
    let size = shape[0] * height * width
    precondition(scratch.count >= size && images.count >= count * size, "buffers are too small")
    images.withUnsafeMutableBufferPointer { images in
      scratch.withUnsafeMutableBufferPointer { scratch in
        for image in 0..<count {
          let bits = random.next() as UInt64
          let span = UInt64(2 * shift + 1)
          let down = Int((bits & 0xFFFF_FFFF) % span) - shift
          let right = Int((bits >> 32 & 0x7FFF_FFFF) % span) - shift
          let mirrored = flips && bits >> 63 == 1
          if down == 0, right == 0, !mirrored { continue }
          // In bounds: both slices hold one image, and what lies outside of it is not read.
          let target = UnsafeMutableBufferPointer(
            rebasing: images[image * size..<(image + 1) * size])
          for index in 0..<size { scratch[index] = target[index] }
          for plane in 0..<shape[0] {
            for row in 0..<height {
              let from = row - down
              let start = (plane * height + row) * width
              let source = (plane * height + from) * width
              for column in 0..<width {
                let at = (mirrored ? width - 1 - column : column) - right
                let inside = from >= 0 && from < height && at >= 0 && at < width
                target[start + column] = inside ? scratch[source + at] : 0
              }
            }
          }
        }
      }
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
