import Datasets
import LinearAlgebra

/// The preparation of a mini-batch: gathering at random, normalisation, random shifts and mirroring.
func measureBatches() throws {
  for (name, shape, count, batches) in [
    ("28 × 28", [1, 28, 28], 60_000, [128, 256]), ("3 × 32 × 32", [3, 32, 32], 50_000, [128]),
  ] {
    let pixels = shape.reduce(1, *)
    var random = RandomGenerator(seed: 1)
    let images = try ImageSet(
      shape: shape,
      pixels: (0..<count * pixels).map { _ in UInt8(truncatingIfNeeded: random.next()) },
      labels: [UInt8](repeating: 0, count: count), classes: 10)
    let normalisation = Normalisation(meanOf: images)
    var order = EpochOrder(count: count)
    order.shuffle(using: &random)
    for batch in batches {
      var values = [Float](repeating: 0, count: batch * pixels)
      var labels = [Int32](repeating: 0, count: batch)
      var moves: [Augmentation.Move] = []
      for augmentation in [Augmentation.none, Augmentation(shift: 2, flips: true)] {
        var number = 0
        let took = time(runs: 100) {
          var valueSpan = values.mutableSpan
          var labelSpan = labels.mutableSpan
          augmentation.draw(batch, into: &moves, using: &random)
          images.gather(
            order.batch(number % (count / batch), size: batch), normalisation: normalisation,
            moves: moves, into: &valueSpan, labels: &labelSpan)
          number += 1
        }
        report(
          "\(batch) images \(name)\(augmentation.isNone ? "" : ", shifted and mirrored")", took)
      }
    }
  }
}
