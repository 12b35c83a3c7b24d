/// One layer of a network.
///
/// Images are [channels, height, width]; what is not an image is a vector of as many channels, 1 × 1.
/// Parameters have PyTorch's names and layouts.
public enum Layer: Sendable, Equatable, Codable {
  /// y = x·Wᵀ + b: `name.weight` [outputs, inputs], `name.bias` [outputs]. Images are flattened first,
  /// in the order channels, height, width.
  case linear(name: String, outputs: Int, bias: Bool)
  /// A square kernel slides over the image: `name.weight` [channels, inputs / groups, kernel, kernel],
  /// `name.bias` [channels].
  case convolution(
    name: String, channels: Int, kernel: Int, stride: Int, padding: Int, groups: Int, bias: Bool)
  /// y = γ·(x − mean) / √(variance + ε) + β over batch, height and width: `name.weight` (γ),
  /// `name.bias` (β); `name.running_mean` and `name.running_var` are the network's statistics, which
  /// move by `momentum` of the way to those of each mini-batch.
  case batchNorm(name: String, epsilon: Float, momentum: Float)
  /// y = tanh x
  case tanh
  /// y = max(x, 0)
  case relu
  /// The largest value of each window; what lies outside of the image does not count.
  case maxPool(size: Int, stride: Int, padding: Int)
  /// The mean of each window; what lies outside of the image counts as zero.
  case averagePool(size: Int, stride: Int, padding: Int)
  /// The mean of each channel: [channels, height, width] → [channels].
  case globalAveragePool
  /// [channels, height, width] → [channels · height · width].
  case flatten
  /// Sets each value to zero with this probability while training and scales the others up.
  case dropout(probability: Float)
  /// y = body(x) + shortcut(x). The names of the body's parameters follow `name` and a dot.
  case residual(name: String, body: [Layer], shortcut: Shortcut)
}

/// What joins the input of a residual block to its output.
public enum Shortcut: Sendable, Equatable, Codable {
  /// x itself; the body must keep its shape.
  case identity
  /// He et al.'s option A, without parameters: every second (third, …) row and column of x, with
  /// channels of zeros before and after.
  case padded
  /// As `padded`, with any channels: an entry for each channel of the output, which is the channel of
  /// x that is added there, or −1 for none; no channel of x twice. It is what `padded` becomes when
  /// channels are removed.
  case mapped([Int])
  /// Layers of its own, usually a 1 × 1 convolution and batch norm; their names follow the block's.
  case layers([Layer])
}

extension Layer {
  /// A linear layer with biases: `name.weight` [outputs, inputs], `name.bias` [outputs].
  public static func linear(_ name: String, _ outputs: Int) -> Layer {
    .linear(name: name, outputs: outputs, bias: true)
  }

  /// A convolution with a square kernel: `name.weight` [channels, inputs / groups, kernel, kernel].
  ///
  /// - Parameters:
  ///   - channels: of the output; a multiple of `groups`.
  ///   - kernel: the kernel's side, in pixels.
  ///   - stride: how far the kernel moves, in pixels.
  ///   - padding: zeros around the image, on each side.
  public static func convolution(
    _ name: String, _ channels: Int, kernel: Int, stride: Int = 1, padding: Int = 0,
    groups: Int = 1, bias: Bool = true
  ) -> Layer {
    .convolution(
      name: name, channels: channels, kernel: kernel, stride: stride, padding: padding,
      groups: groups, bias: bias)
  }

  /// PyTorch's ε and momentum.
  public static func batchNorm(_ name: String) -> Layer {
    .batchNorm(name: name, epsilon: 1e-5, momentum: 0.1)
  }

  /// Windows side by side.
  public static func maxPool(_ size: Int) -> Layer {
    .maxPool(size: size, stride: size, padding: 0)
  }

  /// Windows side by side.
  public static func averagePool(_ size: Int) -> Layer {
    .averagePool(size: size, stride: size, padding: 0)
  }

  /// A residual block: y = body(x) + shortcut(x).
  public static func residual(
    _ name: String, _ body: [Layer], shortcut: Shortcut = .identity
  ) -> Layer {
    .residual(name: name, body: body, shortcut: shortcut)
  }

  /// What messages call it: its name, or its kind.
  var title: String {
    switch self {
    case .linear(let name, _, _), .convolution(let name, _, _, _, _, _, _),
      .batchNorm(let name, _, _), .residual(let name, _, _):
      name
    case .tanh: "tanh"
    case .relu: "relu"
    case .maxPool: "maxPool"
    case .averagePool: "averagePool"
    case .globalAveragePool: "globalAveragePool"
    case .flatten: "flatten"
    case .dropout: "dropout"
    }
  }

  /// Whether there is such a layer here or inside.
  func contains(_ test: (Layer) -> Bool) -> Bool {
    if test(self) { return true }
    guard case .residual(_, let body, let shortcut) = self else { return false }
    if case .layers(let layers) = shortcut, layers.contains(where: { $0.contains(test) }) {
      return true
    }
    return body.contains { $0.contains(test) }
  }
}
