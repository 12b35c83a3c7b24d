import LinearAlgebra

/// A convolution's weights and bias with the batch norm that follows it in them: each channel's
/// weights times s = γ/√(v + ε), and the bias (b − m)·s + β, of the running mean m and variance v.
///
/// It runs before the convolution, since the parameters may have changed.
///
/// - Source: Jacob et al., "Quantization and training of neural networks", arXiv 1712.05877, section
///   3.2.
final class FoldedNorm: Step {
  private let epsilon: Float
  private let channels: Int
  /// Weights of one channel.
  private let count: Int
  private let convolution: ConvolutionTask.Parameters
  private let norm: BatchNormLayer.Parameters
  private let statistics: BatchNormLayer.Statistics
  private let weights: Buffer
  private let bias: Buffer

  /// The weights and bias that result; they live as long as this.
  var parameters: ConvolutionTask.Parameters {
    ConvolutionTask.Parameters(
      weight: weights.bound(to: Float.self), bias: bias.bound(to: Float.self))
  }

  /// - Parameter count: the weights of one channel.
  init(
    _ convolution: ConvolutionTask.Parameters, channels: Int, count: Int, epsilon: Float,
    norm: BatchNormLayer.Parameters, statistics: BatchNormLayer.Statistics
  ) {
    self.convolution = convolution
    self.channels = channels
    self.count = count
    self.epsilon = epsilon
    self.norm = norm
    self.statistics = statistics
    weights = Buffer(Float.self, count: channels * count)
    bias = Buffer(Float.self, count: channels)
  }

  func run() {
    // In bounds: weights are channels × count, all others have `channels` values.
    let (weight, bias) = (parameters.weight, bias.bound(to: Float.self))
    parallel(over: channels, grain: max(16, 16_384 / max(1, count))) { part in
      for channel in part {
        let scale =
          norm.weight[channel] / (statistics.variance[channel] + epsilon).squareRoot()
        let before = convolution.bias?[channel] ?? 0
        bias[channel] = (before - statistics.mean[channel]) * scale + norm.bias[channel]
        for index in channel * count..<(channel + 1) * count {
          weight[index] = scale * convolution.weight[index]
        }
      }
    }
  }
}
