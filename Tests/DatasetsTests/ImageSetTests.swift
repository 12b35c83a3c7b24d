import Testing

@testable import Datasets

@Suite struct ImageSetTests {
  @Test func keepsWhatFits() throws {
    let set = try ImageSet(
      shape: [3, 1, 2], pixels: Array(1...12), labels: [0, 9], classes: 10)
    #expect(set.count == 2)
    #expect(set.pixelsPerImage == 6)
  }

  @Test func theFirstImagesInOrder() throws {
    let set = try ImageSet(shape: [1, 1, 2], pixels: Array(1...6), labels: [4, 5, 6], classes: 7)
    let first = try set.first(2)
    #expect(first.pixels == [1, 2, 3, 4])
    #expect(first.labels == [4, 5])
    #expect(first.count == 2)
    #expect(try set.first(3) == set)
    for count in [-1, 0, 4, .max] {
      #expect(throws: DatasetError.invalidLimit(requested: count, available: 3)) {
        try set.first(count)
      }
    }
  }

  @Test func labelsAreBelowTheNumberOfClasses() {
    #expect(
      throws: DatasetError.labelOutOfRange(path: nil, position: 1, classes: 10, found: 11)
    ) {
      try ImageSet(shape: [1, 1, 1], pixels: [1, 2], labels: [9, 11], classes: 10)
    }
  }

  @Test(arguments: [[], [1], [1, 2, 2, 1], [0, 2, 2], [-1, -2, 2], [.max, .max, 2]] as [[Int]])
  func badShapesAreRefused(shape: [Int]) {
    #expect(throws: DatasetError.self) {
      try ImageSet(shape: shape, pixels: [1, 2, 3, 4], labels: [0], classes: 10)
    }
  }

  @Test func countsMustAgree() {
    for (pixels, labels) in [([1, 2, 3], [0]), ([1, 2], [0, 1]), ([], [])] as [([UInt8], [UInt8])] {
      #expect(throws: DatasetError.self) {
        try ImageSet(shape: [1, 1, 2], pixels: pixels, labels: labels, classes: 10)
      }
    }
    #expect(throws: DatasetError.self) {
      try ImageSet(shape: [1, 1, .max], pixels: [1], labels: [0, 0], classes: 10)
    }
  }

  @Test(arguments: [.min, -1, 0, 257]) func badClassCountsAreRefused(classes: Int) {
    #expect(throws: DatasetError.invalidClassCount(classes)) {
      try ImageSet(shape: [1, 1, 1], pixels: [1], labels: [0], classes: classes)
    }
  }
}
