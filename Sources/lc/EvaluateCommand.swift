import ArgumentParser
import Datasets
import Foundation
import LearningCompression
import LinearAlgebra
import ModelFiles
import NeuralNetwork

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "The loss and errors of a compressed or a dense model.",
    discussion: """
      Examples:
        lc evaluate compressed.lcm --data fashion-mnist
        lc evaluate compressed.lcm --data fashion-mnist --compressed
        lc evaluate weights.npz --network lenet300 --data fashion-mnist

      A file that 'lc' wrote knows its network; others need --network.
      """)

  @Argument(help: ArgumentHelp("An .lcm, safetensors or npz file.", valueName: "file"))
  var file: String

  @OptionGroup var data: DataOptions

  @Option(help: "The network, if the file does not say: \(NetworkSource.names)")
  var network: String?

  @Flag(
    help: """
      Multiply by the compressed weights as they are, without forming the dense ones, and compare \
      memory, time and result with the dense network.
      """)
  var compressed = false

  @Option(help: PrecisionChoice.help)
  var precision = Precision.float32

  @Flag(help: PrecisionChoice.evenIfSlowHelp)
  var evenIfSlow = false

  @OptionGroup var common: RunOptions

  func validate() throws {
    if compressed, precision != .float32 {
      throw ValidationError("--compressed computes in fp32; leave out --precision")
    }
  }

  func run() throws {
    try common.begin(inputs: data.files + [file, NetworkSource.file(network)])
    let source = try NetworkFile(file)
    let network = try NetworkSource(network, orOf: file)
    let dataset = try data.load(for: file, network: self.network)
    warnOfOtherData(source, than: dataset)
    let definition = try network.definition(for: dataset)
    if compressed {
      guard let model = try source.compressedModel else {
        throw Failure.badInput("\(file): --compressed needs a compressed model (.lcm)")
      }
      let dense = try source.network(definition, of: model)
      try common.write(CompressedEvaluation(definition, model, dense.weights, dataset).printed())
      return
    }
    let trained = try source.network(definition)
    let chosen = try PrecisionChoice(wanted: precision, evenIfSlow: evenIfSlow).precision {
      try PrecisionTrial(evaluating: definition, on: dataset)
    }
    let evaluator = try Evaluator(definition, precision: chosen)
    func evaluate(_ images: ImageSet) throws -> Evaluation {
      try evaluator.evaluate(
        trained.weights, statistics: trained.statistics, on: images,
        normalisation: dataset.normalisation)
    }
    let figures = try Figures(
      training: evaluate(dataset.training), test: evaluate(dataset.test))
    print("\(definition.name) on \(dataset.name): \(figures)")
    try common.write(figures)
  }
}
