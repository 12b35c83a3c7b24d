/// A network as tensors and the operations between them, in the order of computation, with
/// activations joined to what they follow. Shapes are checked; nothing is allocated.
struct NetworkGraph {
  /// In which order a tensor's values lie in memory.
  enum Arrangement {
    /// [batch, channels, height, width]: the network's input.
    case channelsFirst
    /// [batch, height, width, channels]: what convolutions like.
    case channelsLast
    /// [batch, channels].
    case vector
  }

  struct Tensor {
    let shape: ImageShape
    let arrangement: Arrangement
    /// Whether it is kept in 16 bits in a network that computes so; operations but `arrange` read and
    /// write one width.
    let half: Bool
  }

  enum Operation {
    case linear(outputs: Int, bias: Bool, Activation)
    case convolution(Convolution, Activation)
    /// A convolution with the batch norm that follows, as in `batchNorm`, while evaluating.
    case normalised(Convolution, Norm, Activation)
    /// Normalises, adds the second input if there is one, applies the activation.
    case batchNorm(epsilon: Float, momentum: Float, Activation)
    /// The sum of two inputs.
    case add(Activation)
    case activation(Activation)
    case maxPool(Window)
    case averagePool(Window)
    /// The mean over height and width.
    case globalAveragePool
    /// Every stride-th row and column; for each channel of the output its source, −1 for zeros.
    case paddedShortcut(stride: Int, sources: [Int])
    case dropout(Float)
    /// The same values in another arrangement.
    case arrange
  }

  /// A batch norm that is part of another operation.
  struct Norm {
    let name: String
    let epsilon: Float
  }

  struct Node {
    let name: String
    let operation: Operation
    let inputs: [Int]
    let output: Int

    var hasParameters: Bool {
      switch operation {
      case .linear, .convolution, .normalised, .batchNorm: true
      default: false
      }
    }
  }

  private(set) var tensors: [Tensor] = []
  var nodes: [Node] = []
  /// The parameters, in the order of the layers.
  private(set) var parameters: [(name: String, shape: [Int])] = []
  /// Running means and variances.
  private(set) var statistics: [(name: String, shape: [Int])] = []
  /// How often each weight is used for one input: 1 in a linear layer, the number of the kernel's
  /// places in a convolution.
  private(set) var uses: [String: Int] = [:]

  /// - Throws: `LayerProblem`.
  init(input: ImageShape, layers: [Layer]) throws {
    // The shapes first, so that what follows need not doubt them.
    _ = try layers.outputShape(for: input, prefix: "")
    tensors = [
      Tensor(shape: input, arrangement: input.isVector ? .vector : .channelsFirst, half: false)
    ]
    let last = try append(layers, to: 0, prefix: "")
    _ = arrange(last, as: .vector, name: "scores")
  }

  /// The shape of the tensor that the last node writes.
  var output: Int { nodes.last?.output ?? 0 }

  // MARK: Building

  private func shape(_ tensor: Int) -> ImageShape { tensors[tensor].shape }

  private mutating func add(
    _ operation: Operation, name: String, _ inputs: [Int], shape: ImageShape,
    _ arrangement: Arrangement, half: Bool
  ) -> Int {
    let lies = shape.isVector && arrangement == .channelsLast ? .vector : arrangement
    tensors.append(Tensor(shape: shape, arrangement: lies, half: half))
    nodes.append(
      Node(name: name, operation: operation, inputs: inputs, output: tensors.count - 1))
    return tensors.count - 1
  }

  /// The tensor in another arrangement; itself when its values lie that way already. Vectors keep
  /// their shape's count, but lose their height and width.
  private mutating func arrange(_ tensor: Int, as wanted: Arrangement, name: String) -> Int {
    let found = tensors[tensor]
    let half = wanted == .channelsLast
    let lies = found.arrangement == wanted || found.arrangement == .vector
    if lies, found.half == half { return tensor }
    let shape = wanted == .vector ? ImageShape(channels: found.shape.count) : found.shape
    return add(.arrange, name: name, [tensor], shape: shape, wanted, half: half)
  }

  /// The tensor in the width of another one of its shape; itself when it is as wide already.
  private mutating func widen(_ tensor: Int, as other: Int, name: String) -> Int {
    let wanted = tensors[other]
    guard tensors[tensor].half != wanted.half else { return tensor }
    return add(
      .arrange, name: name, [tensor], shape: wanted.shape, wanted.arrangement, half: wanted.half)
  }

  /// The places of an image that a window of one value looks at: means of one value each.
  ///
  /// For convolutions 1 × 1. oneDNN 2.6 gathers such places itself, but into memory that is too small
  /// where channels do not fill its vectors.
  private mutating func sample(
    _ tensor: Int, _ window: Window, to output: ImageShape, name: String
  ) -> Int {
    add(
      .averagePool(window), name: "\(name), places", [tensor],
      shape: ImageShape(
        channels: shape(tensor).channels, height: output.height, width: output.width),
      .channelsLast, half: tensors[tensor].half)
  }

  /// - Returns: the tensor of the last layer's outputs.
  private mutating func append(_ layers: [Layer], to input: Int, prefix: String) throws -> Int {
    var tensor = input
    var index = 0
    while index < layers.count {
      let activation = Activation(index + 1 < layers.count ? layers[index + 1] : nil)
      let (output, joined) = try append(
        layers[index], to: tensor, prefix: prefix, then: activation)
      tensor = output
      index += joined && activation != .identity ? 2 : 1
    }
    return tensor
  }

  /// Appends one layer.
  ///
  /// - Returns: its output and whether the activation is part of it.
  private mutating func append(
    _ layer: Layer, to tensor: Int, prefix: String, then activation: Activation
  ) throws -> (output: Int, joined: Bool) {
    let name = prefix + layer.title
    let output = try layer.outputShape(for: shape(tensor), prefix: prefix)
    switch layer {
    case .linear(_, let outputs, let bias):
      let input = arrange(tensor, as: .vector, name: "\(name), flattened")
      parameters.append(("\(name).weight", [outputs, shape(input).count]))
      uses["\(name).weight"] = 1
      if bias { parameters.append(("\(name).bias", [outputs])) }
      return (
        add(
          .linear(outputs: outputs, bias: bias, activation), name: name, [input], shape: output,
          .vector, half: false), true
      )
    case .convolution(_, let channels, let kernel, let stride, let padding, let groups, let bias):
      var input = arrange(tensor, as: .channelsLast, name: "\(name), channels last")
      let inputs = shape(input).channels / groups
      parameters.append(("\(name).weight", [channels, inputs, kernel, kernel]))
      uses["\(name).weight"] = output.height * output.width
      if bias { parameters.append(("\(name).bias", [channels])) }
      var window = Window(size: kernel, stride: stride, padding: padding)
      if kernel == 1, stride > 1, padding == 0, inputs % 16 != 0 {
        input = sample(input, window, to: output, name: name)
        window = Window(size: 1, stride: 1, padding: 0)
      }
      let convolution = Convolution(
        channels: channels, window: window, groups: groups, bias: bias)
      return (
        add(
          .convolution(convolution, activation), name: name, [input], shape: output, .channelsLast,
          half: true), true
      )
    case .batchNorm:
      return (appendNorm(layer, to: tensor, addend: nil, prefix: prefix, then: activation), true)
    case .tanh: return (appendSimple(.activation(.tanh), name, tensor, output), false)
    case .relu: return (appendSimple(.activation(.relu), name, tensor, output), false)
    case .maxPool(let size, let stride, let padding):
      let window = Window(size: size, stride: stride, padding: padding)
      return (appendSimple(.maxPool(window), name, tensor, output), false)
    case .averagePool(let size, let stride, let padding):
      let window = Window(size: size, stride: stride, padding: padding)
      return (appendSimple(.averagePool(window), name, tensor, output), false)
    case .globalAveragePool:
      return (appendSimple(.globalAveragePool, name, tensor, output), false)
    case .flatten: return (arrange(tensor, as: .vector, name: name), false)
    case .dropout(let probability):
      return (appendSimple(.dropout(probability), name, tensor, output), false)
    case .residual(_, let body, let shortcut):
      let output = try appendResidual(
        body, shortcut, to: tensor, output: output, name: name, then: activation)
      return (output, true)
    }
  }

  private mutating func appendSimple(
    _ operation: Operation, _ name: String, _ tensor: Int, _ output: ImageShape
  ) -> Int {
    // Only the network's own input is channels-first, and only an arrangement may read that.
    let input =
      tensors[tensor].arrangement == .channelsFirst
      ? arrange(tensor, as: .channelsLast, name: "\(name), channels last") : tensor
    // A padded pool makes an image of a vector.
    return add(
      operation, name: name, [input], shape: output,
      output.isVector ? tensors[input].arrangement : .channelsLast, half: tensors[input].half)
  }

  private mutating func appendNorm(
    _ layer: Layer, to tensor: Int, addend: Int?, prefix: String, then activation: Activation
  ) -> Int {
    guard case .batchNorm(_, let epsilon, let momentum) = layer else { return tensor }
    let name = prefix + layer.title
    let input =
      tensors[tensor].arrangement == .channelsFirst
      ? arrange(tensor, as: .channelsLast, name: "\(name), channels last") : tensor
    let channels = shape(input).channels
    parameters.append(("\(name).weight", [channels]))
    parameters.append(("\(name).bias", [channels]))
    statistics.append(("\(name).running_mean", [channels]))
    statistics.append(("\(name).running_var", [channels]))
    return add(
      .batchNorm(epsilon: epsilon, momentum: momentum, activation), name: name,
      [input] + (addend.map { [$0] } ?? []), shape: shape(input), tensors[input].arrangement,
      half: tensors[input].half)
  }

  /// The name of a block's shortcut without parameters.
  static func shortcutName(_ block: String) -> String { "\(block), shortcut" }

  private mutating func appendResidual(
    _ body: [Layer], _ shortcut: Shortcut, to tensor: Int, output: ImageShape, name: String,
    then activation: Activation
  ) throws -> Int {
    let input =
      tensors[tensor].arrangement == .channelsFirst
      ? arrange(tensor, as: .channelsLast, name: "\(name), channels last") : tensor
    let inside = "\(name)."
    let main = body.last.map { last -> [Layer] in
      if case .batchNorm = last { return Array(body.dropLast()) }
      return body
    }
    // The body's parameters come before the shortcut's, as PyTorch's users write them.
    let inner = try append(main ?? [], to: input, prefix: inside)
    let normParameters = parameters.count
    let normStatistics = statistics.count
    let joined: Int
    switch shortcut {
    case .identity: joined = input
    case .padded, .mapped:
      let stride = Shortcut.stride(from: shape(input), to: output) ?? 1
      joined =
        shortcut.sources(from: shape(input), to: output).map {
          add(
            .paddedShortcut(stride: stride, sources: $0), name: Self.shortcutName(name), [input],
            shape: output, .channelsLast, half: tensors[input].half)
        } ?? input
    case .layers(let layers):
      joined = try append(layers, to: input, prefix: inside)
    }
    // Vectors of linear layers are 32 bits wide, images 16; both addends are as wide as the body's.
    let addend = widen(joined, as: inner, name: "\(Self.shortcutName(name)), widened")
    if let last = body.last, case .batchNorm = last {
      let shortcutParameters = parameters[normParameters...]
      let shortcutStatistics = statistics[normStatistics...]
      parameters.removeSubrange(normParameters...)
      statistics.removeSubrange(normStatistics...)
      let result = appendNorm(last, to: inner, addend: addend, prefix: inside, then: activation)
      parameters += shortcutParameters
      statistics += shortcutStatistics
      return result
    }
    return add(
      .add(activation), name: "\(name), sum", [inner, addend], shape: output,
      tensors[inner].arrangement, half: tensors[inner].half)
  }
}

/// A function of each value that is joined to the layer before it.
enum Activation: Equatable {
  case identity, tanh, relu

  init(_ layer: Layer?) {
    switch layer {
    case .tanh: self = .tanh
    case .relu: self = .relu
    default: self = .identity
    }
  }
}
