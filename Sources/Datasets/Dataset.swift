/// A training set, a test set, and how their pixels become numbers.
public struct Dataset: Sendable, Equatable {
  /// What messages and files call it.
  public let name: String
  /// Labels are in 0..<classes.
  public let classes: Int
  /// The images that gradients are taken of.
  public let training: ImageSet
  /// Images of the training set's shape.
  public let test: ImageSet
  /// For both sets; by default from the training set alone.
  public let normalisation: Normalisation

  /// Two sets of images of one shape.
  ///
  /// - Throws: `DatasetError` when the sets or the normalisation differ in shape, or when a label
  ///   is not below `classes`.
  public init(
    name: String, classes: Int, training: ImageSet, test: ImageSet,
    normalisation: Normalisation? = nil
  ) throws {
    guard (1...256).contains(classes) else { throw DatasetError.invalidClassCount(classes) }
    guard test.shape == training.shape else {
      throw DatasetError.shapeMismatch(
        what: "test images of \(name)", expected: "\(training.shape)", found: test.shape)
    }
    for set in [training, test] {
      if let index = set.labels.firstIndex(where: { $0 >= classes }) {
        throw DatasetError.labelOutOfRange(
          path: nil, position: index, classes: classes, found: Int(set.labels[index]))
      }
    }
    let normalisation = normalisation ?? Normalisation(meanOf: training)
    guard normalisation.mean.count == training.pixelsPerImage else {
      throw DatasetError.shapeMismatch(
        what: "mean image of \(name)", expected: "\(training.shape)",
        found: [normalisation.mean.count])
    }
    guard normalisation.scales.count == 1 || normalisation.scales.count == training.shape[0] else {
      throw DatasetError.shapeMismatch(
        what: "scales of \(name)", expected: "\(training.shape)",
        found: [normalisation.scales.count])
    }
    self.init(
      checked: name, classes: classes, training: training, test: test, normalisation: normalisation)
  }

  private init(
    checked name: String, classes: Int, training: ImageSet, test: ImageSet,
    normalisation: Normalisation
  ) {
    self.name = name
    self.classes = classes
    self.training = training
    self.test = test
    self.normalisation = normalisation
  }

  /// The same images, normalised in that way; its numbers are those of the training images.
  public func normalised(by kind: Normalisation.Kind) -> Dataset {
    if kind == normalisation.kind { return self }
    return Dataset(
      checked: name, classes: classes, training: training, test: test,
      normalisation: Normalisation(kind, of: training))
  }
}
