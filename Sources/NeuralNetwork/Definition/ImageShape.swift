import LinearAlgebra

/// [channels, height, width]; a vector is channels × 1 × 1.
package struct ImageShape: Sendable, Equatable, CustomStringConvertible {
  package let channels: Int
  package let height: Int
  package let width: Int

  package init(channels: Int, height: Int = 1, width: Int = 1) {
    self.channels = channels
    self.height = height
    self.width = width
  }

  /// The number of values. Shapes of a validated network are so small that it does not overflow.
  package var count: Int { channels * height * width }
  package var isVector: Bool { height == 1 && width == 1 }
  package var description: String { "[\(channels), \(height), \(width)]" }
}

/// A window that slides over an image: a kernel or a pool.
package struct Window: Equatable {
  package let size: Int
  package let stride: Int
  package let padding: Int

  package init(size: Int, stride: Int, padding: Int) {
    self.size = size
    self.stride = stride
    self.padding = padding
  }

  /// The number of places of the window along a side, or none when it does not fit.
  func places(along side: Int) -> Int? {
    guard side + 2 * padding >= size else { return nil }
    return (side + 2 * padding - size) / stride + 1
  }

  /// Whether one of its elements along a side lies in the padding at every place.
  func hasIdleElements(along side: Int) -> Bool {
    guard let places = places(along: side) else { return false }
    return (0..<size).contains { element in
      !(0..<places).contains { (0..<side).contains(element + $0 * stride - padding) }
    }
  }
}

/// A convolution's geometry.
struct Convolution: Equatable {
  let channels: Int
  let window: Window
  let groups: Int
  let bias: Bool

  var withBias: Convolution {
    Convolution(channels: channels, window: window, groups: groups, bias: true)
  }
}

/// What is wrong with a layer; the definition adds its own name.
struct LayerProblem: Error {
  let layer: String
  let message: String
}

extension Layer {
  /// Sizes beyond this are mistakes; products of a few of them fit an `Int`.
  static let largestSize = 1 << 24
  static let largestImage = 1 << 30

  /// The shape of the outputs for inputs of that shape.
  ///
  /// - Throws: `LayerProblem`, which names the layer and both shapes where two do not fit.
  package func outputShape(for input: ImageShape, prefix: String) throws -> ImageShape {
    let title = prefix + self.title
    func fail(_ message: String) -> LayerProblem { LayerProblem(layer: title, message: message) }
    func require(_ size: Int, _ what: String, from least: Int = 1) throws {
      guard (least...Self.largestSize).contains(size) else {
        throw fail("\(least) or more \(what) were expected, found \(size)")
      }
    }
    func slid(_ window: Window, channels: Int, _ what: String) throws -> ImageShape {
      try require(window.size, "rows of the \(what)")
      try require(window.stride, "rows of stride")
      try require(window.padding, "rows of padding", from: 0)
      guard let height = window.places(along: input.height),
        let width = window.places(along: input.width)
      else {
        let padding = window.padding > 0 ? " with padding \(window.padding)" : ""
        throw fail(
          "a \(what) [\(window.size), \(window.size)]\(padding) does not fit into inputs \(input)")
      }
      return ImageShape(channels: channels, height: height, width: width)
    }
    func checked(_ shape: ImageShape) throws -> ImageShape {
      guard let count = try? elementCount(of: [shape.channels, shape.height, shape.width]),
        count <= Self.largestImage
      else { throw fail("outputs \(shape) are too large") }
      return shape
    }
    func named(_ name: String) throws {
      guard !name.isEmpty else { throw LayerProblem(layer: prefix, message: "a layer has no name") }
    }
    switch self {
    case .linear(let name, let outputs, _):
      try named(name)
      try require(outputs, "outputs")
      return ImageShape(channels: outputs)
    case .convolution(let name, let channels, let kernel, let stride, let padding, let groups, _):
      try named(name)
      try require(channels, "channels")
      try require(groups, "groups")
      guard input.channels % groups == 0, channels % groups == 0 else {
        throw fail("\(groups) groups do not divide inputs \(input) and \(channels) channels")
      }
      return try checked(
        slid(
          Window(size: kernel, stride: stride, padding: padding), channels: channels, "kernel"))
    case .batchNorm(let name, let epsilon, let momentum):
      try named(name)
      guard epsilon > 0, epsilon.isFinite else {
        throw fail("an epsilon above 0 was expected, found \(epsilon)")
      }
      guard (0...1).contains(momentum) else {
        throw fail("a momentum from 0 to 1 was expected, found \(momentum)")
      }
      return input
    case .tanh, .relu: return input
    case .maxPool(let size, let stride, let padding),
      .averagePool(let size, let stride, let padding):
      guard 2 * padding <= size else {
        throw fail("a padding of at most half of the pool's \(size) was expected, found \(padding)")
      }
      return try checked(
        slid(
          Window(size: size, stride: stride, padding: padding), channels: input.channels, "pool"))
    case .globalAveragePool: return ImageShape(channels: input.channels)
    case .flatten: return ImageShape(channels: input.count)
    case .dropout(let probability):
      guard (0..<1).contains(probability) else {
        throw fail("a probability from 0 to below 1 was expected, found \(probability)")
      }
      return input
    case .residual(let name, let body, let shortcut):
      try named(name)
      guard !body.isEmpty else { throw fail("it has no layers") }
      let inside = "\(title)."
      let output = try body.outputShape(for: input, prefix: inside)
      try shortcut.check(from: input, to: output, block: title)
      return output
    }
  }
}

extension [Layer] {
  func outputShape(for input: ImageShape, prefix: String) throws -> ImageShape {
    try reduce(input) { try $1.outputShape(for: $0, prefix: prefix) }
  }
}

extension Shortcut {
  fileprivate func check(from input: ImageShape, to output: ImageShape, block: String) throws {
    func fail(_ message: String) -> LayerProblem { LayerProblem(layer: block, message: message) }
    switch self {
    case .identity:
      guard input == output else {
        throw fail("an identity shortcut cannot join inputs \(input) to outputs \(output)")
      }
    case .padded:
      guard output.channels >= input.channels, Self.stride(from: input, to: output) != nil else {
        throw fail("a padded shortcut cannot join inputs \(input) to outputs \(output)")
      }
    case .mapped(let sources):
      guard Self.stride(from: input, to: output) != nil else {
        throw fail("a mapped shortcut cannot join inputs \(input) to outputs \(output)")
      }
      let used = sources.filter { $0 != -1 }
      guard sources.count == output.channels, Set(used).count == used.count,
        used.allSatisfy({ (0..<input.channels).contains($0) })
      else {
        throw fail(
          "a mapped shortcut from inputs \(input) to outputs \(output) needs \(output.channels) "
            + "entries, each a channel of the inputs or -1, none twice, found \(sources)")
      }
    case .layers(let layers):
      let found = try layers.outputShape(for: input, prefix: "\(block).")
      guard found == output else {
        throw fail("its shortcut gives \(found), its body outputs \(output)")
      }
    }
  }

  /// The stride s for which every s-th row and column of the input make the output's.
  package static func stride(from input: ImageShape, to output: ImageShape) -> Int? {
    guard output.height > 0, output.width > 0 else { return nil }
    for stride in 1...max(1, input.height) {
      func sampled(_ side: Int) -> Int { (side + stride - 1) / stride }
      if sampled(input.height) == output.height, sampled(input.width) == output.width {
        return stride
      }
      if sampled(input.height) < output.height { return nil }
    }
    return nil
  }

  /// For each channel of the output the channel of x that is added there, −1 for none; nothing for a
  /// shortcut that is x itself or has layers.
  func sources(from input: ImageShape, to output: ImageShape) -> [Int]? {
    switch self {
    case .identity, .layers: return nil
    case .padded:
      guard input != output else { return nil }
      let before = (output.channels - input.channels) / 2
      return (0..<output.channels).map {
        (before..<before + input.channels).contains($0) ? $0 - before : -1
      }
    case .mapped(let sources): return sources
    }
  }
}
