import Foundation
import Testing

@testable import Datasets

@Suite struct FashionMNISTTests {
  static let debian = DataDirectories(roots: ["/usr/share/datasets"])
  static var isInstalled: Bool {
    FileManager.default.fileExists(atPath: "/usr/share/datasets/fashion-mnist")
  }

  @Test(.enabled(if: isInstalled)) func isFoundByName() throws {
    let data = try Dataset.load("fashion-mnist", in: Self.debian)
    #expect(data.name == "fashion-mnist")
    #expect(data.training.count == 60_000)
    #expect(data.test.count == 10_000)
    #expect(data.training.shape == [1, 28, 28])
    for set in [data.training, data.test] {
      var histogram = [Int](repeating: 0, count: 10)
      for label in set.labels { histogram[Int(label)] += 1 }
      #expect(histogram == [Int](repeating: set.count / 10, count: 10))
    }
    // The set's well-known mean, as a number in 0…1.
    let mean = data.normalisation.mean.reduce(0, +) / 784
    #expect(abs(mean - 0.2860) < 1e-4)
  }
}
