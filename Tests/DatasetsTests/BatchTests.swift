import Testing

@testable import Datasets

@Suite struct BatchTests {
  @Test(arguments: [1, 15, 16, 17, 784])
  func gatherEqualsItsNaiveTwin(width: Int) throws {
    var generator = SeededGenerator(seed: UInt64(width))
    let set = try ImageSet(
      shape: [1, 1, width], pixels: generator.bytes(20 * width),
      labels: (0..<20).map { UInt8($0 % 10) }, classes: 10)
    let normalisation = Normalisation(meanOf: set)
    let chosen: [Int32] = [19, 0, 7, 7, 3]
    var images = [Float](repeating: .nan, count: 3 * width)
    var labels = [Int32](repeating: -1, count: 3)
    var imageSpan = images.mutableSpan
    var labelSpan = labels.mutableSpan
    set.gather(chosen[1..<4], normalisation: normalisation, into: &imageSpan, labels: &labelSpan)
    for (slot, index) in chosen[1..<4].enumerated() {
      #expect(labels[slot] == index % 10)
      for j in 0..<width {
        let pixel = Float(set.pixels[Int(index) * width + j])
        #expect(
          images[slot * width + j] == pixel * normalisation.scales[0] - normalisation.mean[j])
      }
    }
  }

  @Test func aSmallerBatchLeavesTheRestAlone() throws {
    let set = try ImageSet(
      shape: [1, 1, 2], pixels: [51, 102, 0, 255], labels: [1, 2], classes: 3)
    var images = [Float](repeating: 7, count: 5)
    var labels = [Int32](repeating: 7, count: 3)
    var imageSpan = images.mutableSpan
    var labelSpan = labels.mutableSpan
    let plain = Normalisation(scale: 1, mean: [1, 2])
    set.gather([0], normalisation: plain, into: &imageSpan, labels: &labelSpan)
    #expect(images == [50, 100, 7, 7, 7])
    #expect(labels == [1, 7, 7])
  }

  @Test func fillsUnsafeBuffersThroughTheirSpans() throws {
    let set = try ImageSet(
      shape: [1, 1, 2], pixels: [51, 102, 0, 255], labels: [1, 2], classes: 3)
    let images = UnsafeMutableBufferPointer<Float>.allocate(capacity: 4)
    let labels = UnsafeMutableBufferPointer<Int32>.allocate(capacity: 2)
    defer {
      images.deallocate()
      labels.deallocate()
    }
    images.initialize(repeating: 0)
    labels.initialize(repeating: 0)
    var imageSpan = images.mutableSpan
    var labelSpan = labels.mutableSpan
    let plain = Normalisation(scale: 1, mean: [0, 0])
    set.gather([1, 0], normalisation: plain, into: &imageSpan, labels: &labelSpan)
    #expect(Array(images) == [0, 255, 51, 102])
    #expect(Array(labels) == [2, 1])
  }
}
