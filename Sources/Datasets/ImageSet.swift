import LinearAlgebra

/// Labelled images of one shape, one byte a pixel value.
public struct ImageSet: Sendable, Equatable {
  /// The number of images, at least 1.
  public let count: Int
  /// [channels, height, width], none of them zero.
  public let shape: [Int]
  /// Row-major, `count` × `shape`'s product.
  public let pixels: [UInt8]
  /// The class of each image, in 0..<classes.
  public let labels: [UInt8]

  /// The product of `shape`.
  package let pixelsPerImage: Int

  /// Images of one byte a value, and their labels.
  ///
  /// - Throws: `DatasetError` when `shape` is not three positive sizes, when there are no labels,
  ///   when there are not `labels.count × shape.product` pixels, or when a label is not below
  ///   `classes`.
  /// - Complexity: O(labels)
  public init(shape: [Int], pixels: [UInt8], labels: [UInt8], classes: Int) throws {
    guard (1...256).contains(classes) else { throw DatasetError.invalidClassCount(classes) }
    guard shape.count == 3, let pixelsPerImage = try? elementCount(of: shape), pixelsPerImage > 0
    else {
      throw DatasetError.shapeMismatch(
        what: "images", expected: "[channels, height, width]", found: shape)
    }
    guard !labels.isEmpty else {
      throw DatasetError.countMismatch(
        what: "labels", path: nil, offset: nil, expected: 1, found: 0)
    }
    let (expected, overflow) = pixelsPerImage.multipliedReportingOverflow(by: labels.count)
    guard !overflow, pixels.count == expected else {
      throw DatasetError.countMismatch(
        what: "pixels", path: nil, offset: nil, expected: overflow ? .max : expected,
        found: pixels.count)
    }
    if let index = labels.firstIndex(where: { $0 >= classes }) {
      throw DatasetError.labelOutOfRange(
        path: nil, position: index, classes: classes, found: Int(labels[index]))
    }
    self.count = labels.count
    self.shape = shape
    self.pixels = pixels
    self.labels = labels
    self.pixelsPerImage = pixelsPerImage
  }

  /// The first `count` images, in order.
  ///
  /// - Throws: `DatasetError.invalidLimit` when `count` is not in 1…`self.count`.
  public func first(_ count: Int) throws -> ImageSet {
    guard (1...self.count).contains(count) else {
      throw DatasetError.invalidLimit(requested: count, available: self.count)
    }
    return ImageSet(first: count, of: self)
  }

  /// What holds for a whole set holds for its beginning, so nothing is checked again.
  private init(first count: Int, of whole: ImageSet) {
    self.count = count
    shape = whole.shape
    pixels = Array(whole.pixels.prefix(count * whole.pixelsPerImage))
    labels = Array(whole.labels.prefix(count))
    pixelsPerImage = whole.pixelsPerImage
  }
}
