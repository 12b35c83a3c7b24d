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
    #expect(normalisation.scales == [Float(1) / 255])
  }

  @Test(arguments: [1, 3]) func standardBringsChannelsToMeanZeroAndVarianceOne(channels: Int) throws
  {
    var generator = SeededGenerator(seed: UInt64(channels))
    let shape = [channels, 5, 3]
    let count = 40
    let pixels = generator.bytes(count * channels * 15)
    let set = try ImageSet(
      shape: shape, pixels: pixels, labels: [UInt8](repeating: 0, count: count), classes: 1)
    let data = try Dataset(name: "set", classes: 1, training: set, test: set)
      .normalised(by: .standard)
    #expect(data.normalisation == Normalisation(standardOf: set))
    var values = [Float](repeating: 0, count: pixels.count)
    var labels = [Int32](repeating: 0, count: count)
    var valueSpan = values.mutableSpan
    var labelSpan = labels.mutableSpan
    set.gather(
      EpochOrder(count: count).indices[...], normalisation: data.normalisation, into: &valueSpan,
      labels: &labelSpan)
    for channel in 0..<channels {
      let places = values.indices.filter { $0 / 15 % channels == channel }
      // The naive twin: two passes in Double.
      let bytes = places.map { Double(pixels[$0]) }
      let mean = bytes.reduce(0, +) / Double(bytes.count)
      let variance = bytes.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(bytes.count)
      for (place, byte) in zip(places, bytes) {
        #expect(abs(Double(values[place]) - (byte - mean) / variance.squareRoot()) < 1e-5)
      }
    }
    #expect(data.normalised(by: .mean).normalisation == Normalisation(meanOf: set))
  }

  @Test func aConstantChannelIsOnlyMoved() throws {
    let set = try ImageSet(
      shape: [2, 1, 1], pixels: [7, 0, 7, 2], labels: [0, 0], classes: 1)
    let normalisation = Normalisation(standardOf: set)
    #expect(normalisation.scales == [1 / 255, 1])
    #expect(normalisation.mean == [7 / 255, 1])
  }

  @Test func normalisedImagesHaveMeanZero() throws {
    var generator = SeededGenerator(seed: 3)
    let (_, pixels, labels) = generator.images(100)
    let set = try ImageSet(shape: [1, 5, 3], pixels: pixels, labels: labels, classes: 10)
    let normalisation = Normalisation(meanOf: set)
    for j in 0..<15 {
      let total = (0..<100).reduce(Float(0)) {
        $0 + Float(pixels[$1 * 15 + j]) * normalisation.scales[0] - normalisation.mean[j]
      }
      #expect(abs(total) < 1e-4)
    }
  }
}
