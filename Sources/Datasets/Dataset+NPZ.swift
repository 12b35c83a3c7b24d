extension Dataset {
  /// The images and labels of an npz file; there are as many classes as the largest label says.
  static func npz(_ path: String, name: String, limit: Int?) throws -> Dataset {
    let arrays = try ImageArrays(path: path)
    let training = try arrays.part(.training)
    let test = try arrays.part(.test, like: training)
    let classes = 1 + Int(max(training.labels.max() ?? 0, test.labels.max() ?? 0))
    let whole = try training.images(classes: classes)
    return try Dataset(
      name: name, classes: classes, training: limit.map(whole.first) ?? whole,
      test: test.images(classes: classes))
  }
}
