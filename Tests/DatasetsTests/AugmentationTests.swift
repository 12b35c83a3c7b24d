import Testing

@testable import Datasets

@Suite struct AugmentationTests {
  let shape = [2, 5, 4]

  private func changed(_ augmentation: Augmentation, seed: UInt64, count: Int = 50) -> [Float] {
    var images = (0..<count * 40).map { Float($0 % 40 + 1) }
    var scratch = [Float](repeating: 0, count: 40)
    var random = SeededGenerator(seed: seed)
    var span = images.mutableSpan
    augmentation.apply(
      to: &span, count: count, shape: shape, scratch: &scratch, using: &random)
    return images
  }

  @Test func everyImageIsAShiftedOrMirroredOriginal() {
    let images = changed(Augmentation(shift: 2, flips: true), seed: 1)
    var seen: Set<[Int]> = []
    for image in 0..<50 {
      var found: [Int]?
      for down in -2...2 {
        for right in -2...2 {
          for mirrored in [0, 1] {
            let expected = (0..<40).map { index -> Float in
              let row = index / 4 % 5 - down
              let column = (mirrored == 1 ? 3 - index % 4 : index % 4) - right
              guard (0..<5).contains(row), (0..<4).contains(column) else { return 0 }
              return Float(index / 20 * 20 + row * 4 + column + 1)
            }
            if expected == Array(images[image * 40..<(image + 1) * 40]) {
              found = [down, right, mirrored]
            }
          }
        }
      }
      #expect(found != nil)
      if let found { seen.insert(found) }
    }
    #expect(seen.count > 15)
  }

  @Test func followsFromTheSeed() {
    let augmentation = Augmentation(shift: 1, flips: true)
    #expect(changed(augmentation, seed: 3) == changed(augmentation, seed: 3))
    #expect(changed(augmentation, seed: 3) != changed(augmentation, seed: 4))
    #expect(changed(.none, seed: 3) == (0..<2000).map { Float($0 % 40 + 1) })
  }

  @Test func paddingKeepsTheImageInTheMiddle() throws {
    let set = try ImageSet(shape: [1, 2, 3], pixels: [1, 2, 3, 4, 5, 6], labels: [4], classes: 5)
    let padded = try set.padded(toHeight: 5, width: 5)
    #expect(padded.shape == [1, 5, 5])
    #expect(
      padded.pixels == [
        0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 4, 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
      ])
    #expect(try set.padded(toHeight: 2, width: 3) == set)
    #expect(throws: DatasetError.self) { try set.padded(toHeight: 1, width: 5) }
  }
}
