import Testing

@testable import Datasets

@Suite struct AugmentationTests {
  let shape = [2, 5, 4]

  private func changed(
    _ augmentation: Augmentation, seed: UInt64, count: Int = 50,
    by normalisation: Normalisation = Normalisation(
      scale: 1, mean: [Float](repeating: 0, count: 40))
  ) throws -> [Float] {
    let set = try ImageSet(
      shape: shape, pixels: (0..<count * 40).map { UInt8($0 % 40 + 1) },
      labels: [UInt8](repeating: 0, count: count), classes: 1)
    var random = SeededGenerator(seed: seed)
    var moves: [Augmentation.Move] = []
    augmentation.draw(count, into: &moves, using: &random)
    var images = [Float](repeating: .nan, count: count * 40)
    var labels = [Int32](repeating: 1, count: count)
    var imageSpan = images.mutableSpan
    var labelSpan = labels.mutableSpan
    set.gather(
      EpochOrder(count: count).indices[...], normalisation: normalisation, moves: moves,
      into: &imageSpan, labels: &labelSpan)
    return images
  }

  @Test func everyImageIsAShiftedOrMirroredOriginal() throws {
    let images = try changed(Augmentation(shift: 2, flips: true), seed: 1)
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

  /// Each pixel takes its own mean with it; what comes in from outside is 0.
  @Test(arguments: 0..<20) func movesNormalisedImages(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let mean = (0..<40).map { _ in Float.random(in: 0...1, using: &generator) }
    let augmentation = Augmentation(shift: Int(seed % 6), flips: seed % 2 == 0)
    let count = 37
    let images = try changed(
      augmentation, seed: seed, count: count, by: Normalisation(scale: 1 / 255, mean: mean))
    var random = SeededGenerator(seed: seed)
    var moves: [Augmentation.Move] = []
    augmentation.draw(count, into: &moves, using: &random)
    for index in images.indices {
      let pixel = index % 40
      let move =
        moves.isEmpty
        ? Augmentation.Move(down: 0, right: 0, isMirrored: false)
        : moves[index / 40]
      let row = pixel / 4 % 5 - move.down
      let column = (move.isMirrored ? 3 - pixel % 4 : pixel % 4) - move.right
      let isInside = (0..<5).contains(row) && (0..<4).contains(column)
      let source = pixel / 20 * 20 + row * 4 + column
      #expect(
        images[index] == (isInside ? Float(source + 1) * Float(1 / 255.0) - mean[source] : 0))
    }
  }

  @Test func followsFromTheSeed() throws {
    let augmentation = Augmentation(shift: 1, flips: true)
    #expect(try changed(augmentation, seed: 3) == changed(augmentation, seed: 3))
    #expect(try changed(augmentation, seed: 3) != changed(augmentation, seed: 4))
    #expect(try changed(.none, seed: 3) == (0..<2000).map { Float($0 % 40 + 1) })
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
