import Testing

@testable import Datasets

@Suite struct DatasetTests {
  func set(_ shape: [Int], labels: [UInt8] = [0], classes: Int = 10) throws -> ImageSet {
    try ImageSet(
      shape: shape, pixels: .init(repeating: 1, count: labels.count * shape.reduce(1, *)),
      labels: labels, classes: classes)
  }

  @Test func normalisesWithTheTrainingMean() throws {
    let training = try set([1, 2, 2])
    let data = try Dataset(name: "d", classes: 10, training: training, test: set([1, 2, 2]))
    #expect(data.normalisation == Normalisation(meanOf: training))
  }

  @Test func shapesMustAgree() throws {
    #expect(throws: DatasetError.self) {
      try Dataset(name: "d", classes: 10, training: set([1, 2, 2]), test: set([1, 4, 1]))
    }
    #expect(throws: DatasetError.self) {
      try Dataset(
        name: "d", classes: 10, training: set([1, 2, 2]), test: set([1, 2, 2]),
        normalisation: Normalisation(scale: 1, mean: [1]))
    }
  }

  @Test func labelsMustBeBelowTheNumberOfClasses() throws {
    #expect(throws: DatasetError.self) {
      try Dataset(
        name: "d", classes: 10, training: set([1, 2, 2]),
        test: set([1, 2, 2], labels: [10], classes: 20))
    }
  }
}
