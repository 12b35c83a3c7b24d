import ArgumentParser
import Compression
import Datasets
import Foundation
import LinearAlgebra
import ModelFiles
import NeuralNetwork

/// How many threads, and where the JSON goes.
struct RunOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Write what is printed as JSON, for programs.", valueName: "file"))
  var json: String?

  @Option(
    help: ArgumentHelp(
      "Options in YAML, such as 'mu: 0.003'; those of the command line replace them.",
      valueName: "file"))
  var recipe: String?

  @Option(whole: "Threads for all computation (default: the processor's cores).")
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads must be from 1 to 1024, found \(threads)")
    }
  }

  /// To be called before anything is computed: sets the threads and finds out, before hours are
  /// spent, whether the outputs can be written.
  ///
  /// - Parameter inputs: every file that will be read, besides the recipe.
  /// - Throws: `Failure.usage` when one file would be written twice or over an input.
  func begin(inputs: [String?], outputs: [String?] = []) throws {
    if let threads { Threads.use(threads) }
    try checkOutputs(outputs + [json], inputs: inputs + [recipe])
  }

  /// Writes a report, which is made where it is asked for.
  func write(_ report: @autoclosure () throws -> some Encodable) throws {
    guard let json else { return }
    let report = try report()
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(
      [UInt8](encoder.encode(Explained(report: report, provenance: .ofThisCommand()))) + [10],
      to: json)
  }
}

/// A report with its provenance beside the other entries.
private struct Explained<Report: Encodable>: Encodable {
  let report: Report
  let provenance: Provenance

  private enum CodingKeys: CodingKey { case provenance }

  func encode(to encoder: any Encoder) throws {
    try report.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(provenance, forKey: .provenance)
  }
}

/// The network and its data.
struct NetworkOptions: ParsableArguments {
  @Option(help: "The network, if no file of weights says: \(NetworkSource.names)")
  var network: String?

  @Option(
    parsing: .unconditional,
    help: "Multiply the number of hidden units and filters of each layer by this.")
  var width = 1.0

  @OptionGroup var data: DataOptions

  /// Every file that `load` reads.
  var files: [String] { data.files + (NetworkSource.file(network).map { [$0] } ?? []) }

  /// - Parameter file: the weights, whose file may say which network is theirs, and how images are normalised.
  func load(orOf file: String?) throws -> (NetworkDefinition, Dataset) {
    // A wrong name is told before the data is read.
    let source = try NetworkSource(network, orOf: file)
    let dataset = try data.load(for: file, network: network)
    return (try source.definition(for: dataset, width: width), dataset)
  }
}

struct DataOptions: ParsableArguments {
  @Option(
    help: """
      The images: fashion-mnist, mnist, cifar10, cifar100, a folder with the four IDX files or \
      CIFAR's binary files, plain or gzipped, CIFAR's archive (.tar.gz), or arrays x_train, y_train, \
      x_test, y_test in an .npz file.
      """)
  var data: String

  @Option(whole: "Pad the images to this height and width.")
  var pad: Int?

  @Option(
    help: """
      mean: subtract the mean training image; standard: bring each channel to mean 0 and variance 1 \
      (default: as the file of the model or of --network says, else mean).
      """)
  var normalise: Normalisation.Kind?

  /// Every file that `load` reads.
  var files: [String] { Dataset.files(of: data) }

  /// - Parameters:
  ///   - model: the file whose weights will be used, if there is one.
  ///   - network: what --network says. Where it is a file, that says of weights that do not how their images
  ///     were normalised.
  /// - Throws: `Failure.usage` when the model was trained with another normalisation.
  func load(for model: String? = nil, network: String? = nil) throws -> Dataset {
    let kind = try model.flatMap {
      try NetworkSource.normalisation(of: $0, network: network, wanted: normalise)
    }
    return try Dataset.load(data, pad: pad).normalised(by: kind ?? normalise ?? .mean)
  }
}

/// How SGD goes.
struct SGDOptions: ParsableArguments {
  @Option(whole: "Images in a mini-batch.")
  var batchSize = TrainingOptions.usual.batchSize

  @Option(parsing: .unconditional, help: "The learning rate η.")
  var learningRate = TrainingOptions.usual.learningRate

  @Option(parsing: .unconditional, help: "The momentum.")
  var momentum = SGD.usual.momentum

  @Flag(help: "Use Nesterov's momentum.")
  var nesterov = false

  @Option(parsing: .unconditional, help: "Adds this times the weights to the gradient.")
  var weightDecay = SGD.usual.weightDecay

  @Option(whole: "The seed of the initial weights and of the order of the images.")
  var seed = TrainingOptions.usual.seed

  @Flag(help: "Take the images in the order of the file, in each epoch.")
  var noShuffle = false

  @Flag(help: "No weight decay for biases and batch norm.")
  var decayWeightsOnly = false

  @Option(whole: "Move each training image at random by up to this many pixels each way.")
  var shift = TrainingOptions.usual.augmentation.shift

  @Flag(help: "Mirror each training image with probability 1/2.")
  var flip = false

  @Option(help: PrecisionChoice.help)
  var precision = TrainingOptions.usual.precision

  @Flag(help: PrecisionChoice.evenIfSlowHelp)
  var evenIfSlow = false

  @Option(
    parsing: .unconditional,
    help: "Label smoothing: this share of each label goes to all classes alike.")
  var labelSmoothing = TrainingOptions.usual.labelSmoothing

  private func optimiser() throws -> SGD {
    try SGD(momentum: momentum, nesterov: nesterov, weightDecay: weightDecay)
  }

  /// - Throws: what is wrong whatever the data are.
  func check() throws {
    _ = try optimiser()
    guard batchSize > 0 else {
      throw Failure.usage("--batch-size must be 1 or more, found \(batchSize)")
    }
    guard learningRate > 0, learningRate.isFinite else {
      throw Failure.usage("--learning-rate must be above 0, found \(learningRate)")
    }
  }

  /// All but the precision, which the network and the data say.
  func trainingOptions() throws -> TrainingOptions {
    var options = TrainingOptions(optimiser: try optimiser())
    options.batchSize = batchSize
    options.learningRate = learningRate
    options.shuffles = !noShuffle
    options.seed = seed
    options.labelSmoothing = labelSmoothing
    options.decaysEverything = !decayWeightsOnly
    options.augmentation = Augmentation(shift: shift, flips: flip)
    return options
  }
}

extension Dataset {
  /// The data of that name, its images padded to a square of that side if there is one.
  static func load(_ name: String, pad: Int?) throws -> Dataset {
    let dataset = try load(name)
    return try pad.map { try dataset.padded(toHeight: $0, width: $0) } ?? dataset
  }

  /// Such as `fashion-mnist: 60000 training and 10000 test images`.
  var summary: String {
    "\(name): \(training.count) training and \(test.count) test images"
  }
}

extension Normalisation.Kind: ExpressibleByArgument {}

let logHelp = ArgumentHelp("Write a line of JSON after each step or epoch.", valueName: "file")

let entropyHelp: ArgumentHelp =
  "Deflate codes and sparse places in the file where that is smaller; not in the count of bits."

/// What entropy coding made of the codes and places, apart from the count of bits.
struct EntropyReport: Codable {
  let codeBytes: Int
  let entropyCodedBytes: Int
}

func entropyText(_ before: Int, _ after: Int) -> String {
  "entropy coding: \(after) bytes of codes and places instead of \(before)"
}
