import COneDNN

/// A batch norm as what a convolution does to its results: y = scale · x + shift, with
/// scale = γ/√(v + ε) and shift = β − m·scale of the running mean m and variance v.
///
/// It runs before the convolution, since the parameters may have changed.
///
/// - Source: Jacob et al., "Quantization and training of neural networks", arXiv 1712.05877, section
///   3.2; here the convolution's results are scaled instead of its weights, which takes no pass.
final class FoldedNorm: Step {
  private let epsilon: Float
  private let channels: Int
  private let parameters: BatchNormLayer.Parameters
  private let statistics: BatchNormLayer.Statistics
  private let values: Buffer

  var scale: UnsafeMutablePointer<Float> { values.bound(to: Float.self) }
  var shift: UnsafeMutablePointer<Float> { scale + channels }

  init(
    epsilon: Float, channels: Int, parameters: BatchNormLayer.Parameters,
    statistics: BatchNormLayer.Statistics
  ) {
    self.epsilon = epsilon
    self.channels = channels
    self.parameters = parameters
    self.statistics = statistics
    values = Buffer(Float.self, count: 2 * channels)
  }

  func run() {
    // In bounds: all of them have `channels` values, the buffer twice as many.
    for channel in 0..<channels {
      let factor =
        parameters.weight[channel] / (statistics.variance[channel] + epsilon).squareRoot()
      scale[channel] = factor
      shift[channel] = parameters.bias[channel] - statistics.mean[channel] * factor
    }
  }
}
