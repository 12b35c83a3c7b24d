import Datasets
import LearningCompression
import LinearAlgebra
import ModelFiles
import NeuralNetwork

// What a run's results depend on, by the options that say it: a run is resumed with the same only.

extension SGDOptions {
  /// - Parameter precision: what the run computes in, which need not be what was asked for.
  func description(computedIn precision: Precision) -> [String: String] {
    var all = description
    if self.precision != .float32 { all[PrecisionChoice.key] = precision.rawValue }
    return all
  }

  private var description: [String: String] {
    [
      "--batch-size": "\(batchSize)", "--learning-rate": "\(learningRate)",
      "--momentum": "\(momentum)", "--nesterov": "\(nesterov)", "--weight-decay": "\(weightDecay)",
      "--seed": "\(seed)", "--no-shuffle": "\(noShuffle)",
      "--decay-weights-only": "\(decayWeightsOnly)", "--shift": "\(shift)", "--flip": "\(flip)",
      "--precision": precision.rawValue, "--even-if-slow": "\(evenIfSlow)",
      "--label-smoothing": "\(labelSmoothing)",
    ]
  }
}

/// The network, the data, the threads and the program.
func runFingerprint(_ definition: NetworkDefinition, _ data: Dataset) throws -> [String: String] {
  [
    "--network": try fingerprint(of: definition),
    dataKey: description(of: data),
    "--normalise": data.normalisation.kind?.rawValue ?? "given", "--threads": "\(Threads.count)",
    "the version of lc": LC.version,
  ]
}

/// Such as `lenet300 (1a2b3c4d)`.
func fingerprint(of definition: NetworkDefinition) throws -> String {
  let network = Array(try definition.json().utf8).withUnsafeBytes(checksum(of:))
  return "\(definition.name) (\(hexadecimal(network)))"
}

private let dataKey = "--data"

/// Such as `mnist (1a2b3c4d)`.
private func description(of data: Dataset) -> String { "\(data.name) (\(fingerprint(of: data)))" }

/// Says so where a model's file names other data than these.
func warnOfOtherData(_ model: NetworkFile, than data: Dataset) {
  guard let trained = model.provenance?.settings?[dataKey] else { return }
  let present = description(of: data)
  if trained != present {
    warn("\(model.path) was trained on \(oneLine(trained)); these data are \(present)")
  }
}

/// Such as `weights 1a2b3c4d`; with running statistics `weights 1a2b3c4d 5e6f7a8b`.
func fingerprint(of network: TrainedNetwork) -> String {
  [network.weights, network.statistics].filter { $0.layout.count > 0 }.reduce("weights") {
    $0 + " " + hexadecimal(checksum(of: UnsafeRawBufferPointer($1.floats)))
  }
}

/// Of all images and labels.
func fingerprint(of data: Dataset) -> String {
  let parts = [
    data.training.pixels, data.training.labels, data.test.pixels, data.test.labels,
  ].map { $0.withUnsafeBytes(checksum(of:)) }
  return hexadecimal(parts.withUnsafeBytes(checksum(of:)))
}

func hexadecimal(_ value: UInt32) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 8 - digits.count) + digits
}
