import Foundation
import LinearAlgebra
import Testing

@testable import LearningCompression

@Suite struct KnownFiguresTests {
  private let folder = NSTemporaryDirectory() + "lc-figures-\(UUID().uuidString)"
  private let weights = Arena(try! ArenaLayout([("w", [4, 5])]))
  private let statistics = Arena(try! ArenaLayout([("mean", [2])]))

  /// The figures, and whether they had to be found.
  private func look(_ known: KnownFigures, _ loss: Double = 1) throws -> (Double, found: Bool) {
    var isFound = false
    let figures = try known.figures(of: weights, statistics) {
      isFound = true
      return Figures(trainLoss: loss, testErrorPercent: loss / 3)
    }
    #expect(figures.testErrorPercent == figures.trainLoss / 3)
    return (figures.trainLoss, isFound)
  }

  @Test func figuresAreFoundOncePerWeightsStatisticsAndContext() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let known = KnownFigures(folder: folder, context: ["data": "a", "network": "b"])
    var random = RandomGenerator(seed: 1)
    for index in 0..<20 { weights.floats[index] = random.normal() }
    #expect(try look(known, 0.1) == (0.1, true))
    #expect(try look(known, 9) == (0.1, false))
    let other = KnownFigures(folder: folder, context: ["data": "a", "network": "c"])
    #expect(try look(other, 0.2) == (0.2, true))
    statistics.floats[1] = 1
    #expect(try look(known, 0.3) == (0.3, true))
    statistics.floats[1] = 0
    #expect(try look(known, 9) == (0.1, false))
    // Each bit of the weights counts, and their places.
    for index in 0..<20 {
      for bit in [0, 7, 22, 31] {
        let old = weights.floats[index]
        weights.floats[index] = Float(bitPattern: old.bitPattern ^ 1 << bit)
        #expect(try look(known).found)
        weights.floats[index] = old
      }
    }
    weights.floats.swapAt(3, 4)
    #expect(try look(known).found)
  }

  @Test func damagedFilesAreAsIfThereWereNone() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let known = KnownFigures(folder: folder, context: [:])
    _ = try look(known)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    let path = "\(folder)/\(try #require(names.first))"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    for damaged in [
      "", "{}", String(text.dropLast(4)), text.replacingOccurrences(of: "-", with: "-1"),
    ] {
      try damaged.write(toFile: path, atomically: true, encoding: .utf8)
      #expect(try look(known, 5) == (5, true))
    }
    // A folder that cannot be there.
    let nowhere = KnownFigures(folder: path, context: [:])
    #expect(try look(nowhere, 2) == (2, true))
    struct Broken: Error {}
    statistics.floats[0] = 3
    #expect(throws: Broken.self) { try known.figures(of: weights, statistics) { throw Broken() } }
  }
}
