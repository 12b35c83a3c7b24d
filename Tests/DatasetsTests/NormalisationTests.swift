import Testing

@testable import Datasets

@Suite struct NormalisationTests {
  @Test(arguments: [1, 2, 7, 300]) func theMeanImageEqualsItsNaiveTwin(count: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    let (_, pixels, labels) = generator.images(count)
    let set = try ImageSet(shape: [1, 5, 3], pixels: pixels, labels: labels, classes: 10)
    let normalisation = Normalisation(meanOf: set)
    for j in 0..<15 {
      var sum = 0
      for image in 0..<count { sum += Int(pixels[image * 15 + j]) }
      #expect(normalisation.mean[j] == Float(Double(sum) / Double(255 * count)))
    }
    #expect(normalisation.scale == Float(1) / 255)
  }

  @Test func normalisedImagesHaveMeanZero() throws {
    var generator = SeededGenerator(seed: 3)
    let (_, pixels, labels) = generator.images(100)
    let set = try ImageSet(shape: [1, 5, 3], pixels: pixels, labels: labels, classes: 10)
    let normalisation = Normalisation(meanOf: set)
    for j in 0..<15 {
      let total = (0..<100).reduce(Float(0)) {
        $0 + Float(pixels[$1 * 15 + j]) * normalisation.scale - normalisation.mean[j]
      }
      #expect(abs(total) < 1e-4)
    }
  }
}
