import LinearAlgebra
import Testing

@testable import NeuralNetwork

@Suite struct ImageColumnsTests {
  /// Input channels, height, width; kernel, stride, padding.
  static let shapes: [[Int]] = [
    [1, 6, 5, 3, 1, 0], [20, 7, 6, 5, 1, 0], [9, 5, 8, 3, 2, 1], [8, 2, 2, 3, 1, 1],
    [3, 9, 4, 2, 3, 0], [17, 4, 4, 3, 1, 2], [5, 3, 3, 1, 1, 1],
  ]

  private func columns(_ numbers: [Int]) throws -> ImageColumns {
    let window = Window(size: numbers[3], stride: numbers[4], padding: numbers[5])
    let height = try #require(window.places(along: numbers[1]))
    let width = try #require(window.places(along: numbers[2]))
    return ImageColumns(
      input: ImageShape(channels: numbers[0], height: numbers[1], width: numbers[2]),
      output: ImageShape(channels: 1, height: height, width: width), window: window)
  }

  /// Where each value of the matrix comes from, or none for the zeros around the images.
  private func sources(_ columns: ImageColumns, images: Int) -> [Int?] {
    let (input, output, window) = (columns.input, columns.output, columns.window)
    var found: [Int?] = []
    for image in 0..<images {
      for row in 0..<output.height {
        for column in 0..<output.width {
          for i in 0..<window.size {
            for j in 0..<window.size {
              let y = row * window.stride - window.padding + i
              let x = column * window.stride - window.padding + j
              let inside = (0..<input.height).contains(y) && (0..<input.width).contains(x)
              for channel in 0..<input.channels {
                let pixel = (image * input.height + y) * input.width + x
                found.append(inside ? pixel * input.channels + channel : nil)
              }
            }
          }
        }
      }
    }
    return found
  }

  @Test(arguments: shapes) func gatherAndScatterAgreeWithTheirNaiveTwins(numbers: [Int]) throws {
    let columns = try columns(numbers)
    let images = 3
    let from = sources(columns, images: images)
    #expect(from.count == images * columns.places * columns.width)
    var random = RandomGenerator(seed: 1)
    let x = (0..<images * columns.input.count).map { _ in random.normal() }
    var gathered = [Float](repeating: .nan, count: from.count)
    gathered.withUnsafeMutableBufferPointer {
      if let start = $0.baseAddress { columns.gather(x, images: images, into: start) }
    }
    #expect(gathered == from.map { $0.map { x[$0] } ?? 0 })

    let d = from.map { _ in random.normal() }
    var scattered = [Float](repeating: .nan, count: x.count)
    scattered.withUnsafeMutableBufferPointer {
      if let start = $0.baseAddress { columns.scatter(d, images: images, into: start) }
    }
    var expected = [Double](repeating: 0, count: x.count)
    for (value, index) in zip(d, from) { if let index { expected[index] += Double(value) } }
    for (found, expected) in zip(scattered, expected) {
      #expect(abs(Double(found) - expected) < 1e-5 * (1 + abs(expected)))
    }
  }
}
