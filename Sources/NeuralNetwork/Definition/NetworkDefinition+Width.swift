extension NetworkDefinition {
  /// The same network with more or fewer hidden units and filters: every layer's count times
  /// `factor`, rounded, at least 1; the scores stay. Its name ends with the factor: `vgg11-x0.25`.
  ///
  /// - Throws: `NeuralNetworkError.invalidOption` for a factor that is not above 0 or too large;
  ///   `invalidNetwork` when the layers no longer fit, such as an odd number of channels to pad.
  public func widened(by factor: Double) throws -> NetworkDefinition {
    guard factor > 0, factor <= 1000 else {
      throw NeuralNetworkError.invalidOption(
        option: "the width", value: "\(factor)", expected: "above 0, at most 1000")
    }
    guard factor != 1 else { return self }
    let last = layers.lastIndex {
      switch $0 {
      case .linear, .convolution: true
      default: false
      }
    }
    return try NetworkDefinition(
      name: "\(name)-x\(factor)", input: input,
      layers: layers.enumerated().map { $0 == last ? $1 : $1.widened(by: factor) })
  }
}

extension Layer {
  fileprivate func widened(by factor: Double) -> Layer {
    func scaled(_ count: Int) -> Int { max(1, Int((Double(count) * factor).rounded())) }
    switch self {
    case .linear(let name, let outputs, let bias):
      return .linear(name: name, outputs: scaled(outputs), bias: bias)
    case .convolution(
      let name, let channels, let kernel, let stride, let padding, let groups, let bias):
      return .convolution(
        name: name, channels: scaled(channels), kernel: kernel, stride: stride, padding: padding,
        groups: groups, bias: bias)
    case .residual(let name, let body, var shortcut):
      if case .layers(let layers) = shortcut {
        shortcut = .layers(layers.map { $0.widened(by: factor) })
      }
      return .residual(name: name, body: body.map { $0.widened(by: factor) }, shortcut: shortcut)
    default: return self
    }
  }
}
