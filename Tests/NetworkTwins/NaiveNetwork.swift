import Foundation
import LinearAlgebra
import NeuralNetwork

/// The same networks in double precision, layer by layer and loop by loop: the tests' reference.
package struct NaiveNetwork {
  /// [batch][channels, height, width]
  package typealias Images = (shape: ImageShape, values: [[Double]])

  package let definition: NetworkDefinition
  package var parameters: [String: [Double]]
  package var statistics: [String: [Double]]
  package var training = true
  /// The least change of a value that would have opened or closed a ReLU or made another value of a
  /// window the largest: gradients tell nothing across it. Zeros of ReLUs and of padding are exact.
  package private(set) var margin = Double.infinity

  package init(_ definition: NetworkDefinition, weights: Arena, statistics: Arena) {
    func doubles(_ arena: Arena) -> [String: [Double]] {
      Dictionary(
        uniqueKeysWithValues: arena.layout.slots.map { ($0.name, arena[$0].map { Double($0) }) })
    }
    self.definition = definition
    parameters = doubles(weights)
    self.statistics = doubles(statistics)
  }

  package mutating func scores(_ inputs: [[Double]]) -> [[Double]] {
    run(definition.layers, (definition.imageShape, inputs), "").values
  }

  /// The mean cross-entropy.
  package mutating func loss(_ inputs: [[Double]], labels: [Int], smoothing: Double = 0) -> Double {
    let scores = scores(inputs)
    var total = 0.0
    for (scores, label) in zip(scores, labels) {
      let log = Foundation.log(scores.map(exp).reduce(0, +))
      for (index, score) in scores.enumerated() {
        let wanted = smoothing / Double(scores.count) + (index == label ? 1 - smoothing : 0)
        total += wanted * (log - score)
      }
    }
    return total / Double(labels.count)
  }

  private mutating func run(_ layers: [Layer], _ x: Images, _ prefix: String) -> Images {
    var x = x
    for layer in layers { x = run(layer, x, prefix) }
    return x
  }

  private mutating func run(_ layer: Layer, _ x: Images, _ prefix: String) -> Images {
    let shape = (try? layer.outputShape(for: x.shape, prefix: "")) ?? x.shape
    func parameter(_ name: String, _ kind: String) -> [Double]? {
      parameters["\(prefix)\(name).\(kind)"]
    }
    func map(_ body: ([Double]) -> [Double]) -> Images { (shape, x.values.map(body)) }
    switch layer {
    case .flatten: return (shape, x.values)
    case .tanh: return map { $0.map { tanh($0) } }
    case .relu:
      for value in x.values.joined() where value != 0 { margin = min(margin, abs(value)) }
      return map { $0.map { max(0, $0) } }
    case .dropout: return x  // the tests' probability is 0
    case .globalAveragePool:
      let area = x.shape.height * x.shape.width
      return map { x in
        (0..<shape.channels).map { channel in
          let sum: Double = x[channel * area..<(channel + 1) * area].reduce(0, +)
          return sum / Double(area)
        }
      }
    case .linear(let name, let outputs, _):
      let w = parameter(name, "weight") ?? []
      let b = parameter(name, "bias")
      return map { x in
        (0..<outputs).map { output in
          var sum: Double = b?[output] ?? 0
          for i in x.indices { sum += w[output * x.count + i] * x[i] }
          return sum
        }
      }
    case .convolution(let name, let channels, let size, let stride, let padding, let groups, _):
      let w = parameter(name, "weight") ?? []
      let b = parameter(name, "bias")
      let inputs = x.shape.channels / groups
      return windows(x, shape, Window(size: size, stride: stride, padding: padding)) {
        image, channel, places in
        let first = channel / (channels / groups) * inputs
        let area = x.shape.height * x.shape.width
        var sum = b?[channel] ?? 0
        for i in 0..<inputs {
          let kernel = (channel * inputs + i) * size * size
          let plane = (first + i) * area
          for place in places { sum += w[kernel + place.inWindow] * image[plane + place.inImage] }
        }
        return sum
      }
    case .maxPool(let size, let stride, let padding):
      var margin = margin
      defer { self.margin = margin }
      return windows(x, shape, Window(size: size, stride: stride, padding: padding)) {
        image, channel, places in
        let plane = channel * x.shape.height * x.shape.width
        let values = places.map { image[plane + $0.inImage] }.sorted(by: >)
        if values.count > 1, values[0] != 0 { margin = min(margin, values[0] - values[1]) }
        return values.first ?? 0
      }
    case .averagePool(let size, let stride, let padding):
      return windows(x, shape, Window(size: size, stride: stride, padding: padding)) {
        image, channel, places in
        let plane = channel * x.shape.height * x.shape.width
        return places.map { image[plane + $0.inImage] }.reduce(0, +) / Double(size * size)
      }
    case .batchNorm(let name, let epsilon, let momentum):
      return normalise(x, prefix + name, Double(epsilon), Double(momentum))
    case .residual(let name, let body, let shortcut):
      let inside = "\(prefix)\(name)."
      let y = run(body, x, inside)
      let joined: Images
      switch shortcut {
      case .identity: joined = x
      case .padded: joined = padded(x, to: y.shape, sources: nil)
      case .mapped(let sources): joined = padded(x, to: y.shape, sources: sources)
      case .layers(let layers): joined = run(layers, x, inside)
      }
      return (y.shape, zip(y.values, joined.values).map { pair in zip(pair.0, pair.1).map(+) })
    }
  }

  private func windows(
    _ x: Images, _ shape: ImageShape, _ window: Window,
    _ body: ([Double], Int, [(inWindow: Int, inImage: Int)]) -> Double
  ) -> Images {
    (
      shape,
      x.values.map { image in
        (0..<shape.count).map { index in
          let channel = index / (shape.height * shape.width)
          let row = index / shape.width % shape.height * window.stride - window.padding
          let column = index % shape.width * window.stride - window.padding
          var places: [(Int, Int)] = []
          for i in 0..<window.size {
            for j in 0..<window.size
            where (0..<x.shape.height).contains(row + i) && (0..<x.shape.width).contains(column + j)
            {
              places.append((i * window.size + j, (row + i) * x.shape.width + column + j))
            }
          }
          return body(image, channel, places)
        }
      }
    )
  }

  private func padded(_ x: Images, to shape: ImageShape, sources: [Int]?) -> Images {
    let stride = Shortcut.stride(from: x.shape, to: shape) ?? 1
    let before = (shape.channels - x.shape.channels) / 2
    func source(_ channel: Int) -> Int { sources?[channel] ?? channel - before }
    return (
      shape,
      x.values.map { image in
        (0..<shape.count).map { index in
          let channel = source(index / (shape.height * shape.width))
          guard (0..<x.shape.channels).contains(channel) else { return 0 }
          let row = index / shape.width % shape.height * stride
          let column = index % shape.width * stride
          return image[(channel * x.shape.height + row) * x.shape.width + column]
        }
      }
    )
  }

  private mutating func normalise(
    _ x: Images, _ name: String, _ epsilon: Double, _ momentum: Double
  )
    -> Images
  {
    let area = x.shape.height * x.shape.width
    var y = x
    for channel in 0..<x.shape.channels {
      let places = channel * area..<(channel + 1) * area
      var mean = statistics["\(name).running_mean"]?[channel] ?? 0
      var variance = statistics["\(name).running_var"]?[channel] ?? 1
      if training {
        let all = x.values.flatMap { $0[places] }
        let count = Double(all.count)
        let m = all.reduce(0, +) / count
        let v = all.reduce(0) { $0 + ($1 - m) * ($1 - m) } / count
        statistics["\(name).running_mean"]?[channel] += momentum * (m - mean)
        statistics["\(name).running_var"]?[channel] +=
          momentum * (v * count / max(1, count - 1) - variance)
        (mean, variance) = (m, v)
      }
      let gamma = parameters["\(name).weight"]?[channel] ?? 1
      let beta = parameters["\(name).bias"]?[channel] ?? 0
      for image in y.values.indices {
        for place in places {
          y.values[image][place] =
            gamma * (x.values[image][place] - mean) / (variance + epsilon).squareRoot() + beta
        }
      }
    }
    return y
  }
}
