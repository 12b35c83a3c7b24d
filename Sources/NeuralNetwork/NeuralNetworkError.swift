import LinearAlgebra

/// What can be wrong with a network, its weights or its training.
public enum NeuralNetworkError: Error, Equatable, CustomStringConvertible {
  /// A network is not well formed; the layer is named where there is one.
  case invalidNetwork(network: String, layer: String?, message: String)
  /// No network of the zoo has that name.
  case unknownNetwork(String, known: [String])
  /// A weight file does not fit the network.
  case wrongWeights(tensor: String, expected: String, found: String)
  /// A training option is outside of what makes sense.
  case invalidOption(option: String, value: String, expected: String)
  /// The loss became NaN, infinite or so large that there is no way back.
  case diverged(batch: Int, learningRate: Float)
  /// oneDNN refused a primitive.
  case primitiveFailed(what: String, status: Int)

  /// What is wrong, in a line: where, what was expected, what was found; after divergence, what to
  /// try.
  public var description: String {
    switch self {
    case .invalidNetwork(let network, let layer, let message):
      "network '\(network)'\(layer.map { ", layer '\($0)'" } ?? ""): \(message)"
    case .unknownNetwork(let name, let known):
      "unknown network '\(name)'\(choice(for: name, of: known))"
    case .wrongWeights(let tensor, let expected, let found):
      "weights '\(tensor)': expected \(expected), found \(found)"
    case .invalidOption(let option, let value, let expected):
      "\(option) must be \(expected), found \(value)"
    case .diverged(let batch, let learningRate):
      "mini-batch \(batch): \(Self.divergence(learningRate: learningRate)); try a smaller learning rate"
    case .primitiveFailed(let what, let status):
      "oneDNN cannot build or run \(what) (status \(status))"
    }
  }

  /// What happened, without where and without advice.
  package static func divergence(learningRate: Float) -> String {
    "the training loss is above a million or no number, at learning rate \(learningRate)"
  }
}
