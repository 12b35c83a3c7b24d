extension ImageSet {
  /// Reads one IDX file of images and one of labels, each plain or gzipped; one channel.
  ///
  /// - Throws: `DatasetError`, naming the file and the byte.
  public init(imagesAt imagesPath: String, labelsAt labelsPath: String, classes: Int) throws {
    guard (1...256).contains(classes) else { throw DatasetError.invalidClassCount(classes) }
    let images = try IDX(contentsOf: imagesPath, as: .images)
    let labels = try IDX(contentsOf: labelsPath, as: .labels)
    guard labels.count == images.count else {
      throw DatasetError.countMismatch(
        what: "labels", path: labelsPath, offset: 4, expected: images.count, found: labels.count)
    }
    do {
      try self.init(
        shape: [1] + images.sizes.dropFirst(), pixels: images.values, labels: labels.values,
        classes: classes)
    } catch DatasetError.labelOutOfRange(_, let index, let classes, let found) {
      throw DatasetError.labelOutOfRange(
        path: labelsPath, position: IDX.Kind.labels.headerLength + index, classes: classes,
        found: found)
    }
  }
}
