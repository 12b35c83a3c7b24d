import ArgumentParser
import Datasets
import Foundation
import LearningCompression
import LinearAlgebra
import ModelFiles
import NeuralNetwork

struct ShrinkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shrink",
    abstract: "Write a smaller network without the units that are zero or constant.",
    discussion: """
      Examples:
        lc shrink compressed.lcm --output small.safetensors
        lc shrink compressed.lcm --ranks --data fashion-mnist --output small.safetensors
        lc shrink reference.safetensors --threshold 0.05 --energy 99% --output small.safetensors

      A unit or filter goes when its outgoing weights are zero, or when its output is the same for \
      every input and the layers behind it can take that over. The scores stay the same, except with \
      --threshold or --energy. The other commands find the new network in the file's metadata.
      """)

  @Argument(help: ArgumentHelp("An .lcm, safetensors or npz file.", valueName: "model"))
  var file: String

  @Option(help: "The network, if the file does not say: \(NetworkSource.names)")
  var network: String?

  @Option(
    parsing: .unconditional,
    help: "Set units to zero first whose weights' norm is at most this × their layer's largest.")
  var threshold: Float?

  @Flag(help: "Make two layers of each whose matrix has so low a rank that they are smaller.")
  var ranks = false

  @Option(
    help: ArgumentHelp(
      "As --ranks, with the singular values that sum up to this share of all.", valueName: "share"))
  var energy: Percentage?

  @Option(help: "Images, as for 'lc train': the loss and errors before and after are printed.")
  var data: String?

  @Option(whole: "Pad the images to this height and width.")
  var pad: Int?

  @Option(help: "How the images were normalised, mean or standard, if the file does not say.")
  var normalise: Normalisation.Kind?

  @Option(help: ArgumentHelp("Where the smaller network goes (.safetensors).", valueName: "file"))
  var output: String?

  @OptionGroup var common: RunOptions

  func validate() throws {
    if let threshold, !(0..<1).contains(threshold) {
      throw ValidationError("--threshold must be from 0 to below 1, found \(threshold)")
    }
    if let energy, !(energy.share > 0 && energy.share <= 1) {
      throw ValidationError(
        "--energy must be above 0% and at most 100%, such as 99% or 0.99, found \(energy.text)")
    }
    if pad != nil, data == nil { throw ValidationError("--pad needs --data") }
  }

  func run() throws {
    try common.begin(
      inputs: (data.map { Dataset.files(of: $0) } ?? []) + [file, NetworkSource.file(network)],
      outputs: [output])
    let source = try NetworkSource(network, orOf: file)
    let kind = try NetworkSource.normalisation(of: file, network: network, wanted: normalise)
    let dataset = try data.map { try Dataset.load($0, pad: pad).normalised(by: kind ?? .mean) }
    let origin = try NetworkFile(file)
    if let dataset { warnOfOtherData(origin, than: dataset) }
    let definition: NetworkDefinition
    switch (source, dataset) {
    case (_, .some(let dataset)): definition = try source.definition(for: dataset)
    case (.stored(let stored), nil): definition = stored
    case (.zoo(let name), nil):
      throw Failure.usage(
        "the size of '\(name)' follows from the images; give --data, or a file as --network")
    }
    let large = try origin.network(definition).normalised(by: kind)

    let start = ContinuousClock.now
    var small = try threshold.map { try large.zeroingUnits(upTo: $0) } ?? large
    small = try small.removingUnits()
    var found: [String: Int] = [:]
    if let rule = energy.map({ RankRule.energy($0.share) }) ?? (ranks ? .numerical : nil) {
      (small, found) = try small.factorised(rule)
    }
    let took = seconds(.now - start)
    let report = ShrinkReport(
      network: definition.name, layers: try ShrinkReport.layers(large, small, ranks: found),
      parametersBefore: large.weights.layout.count, parametersAfter: small.weights.layout.count,
      isEquivalent: (threshold ?? 0) == 0 && energy == nil,
      difference: try ShrinkReport.difference(large, small),
      before: try dataset.map { try Self.figures(large, $0) },
      after: try dataset.map { try Self.figures(small, $0) }, seconds: took)
    if let output {
      var provenance = Provenance.ofThisCommand()
      provenance.settings = origin.provenance?.settings
      try small.write(to: output, provenance: provenance)
    }
    print(report.text)
    try common.write(report)
  }

  private static func figures(_ network: TrainedNetwork, _ data: Dataset) throws -> Figures {
    let evaluator = try Evaluator(network.definition)
    func evaluate(_ images: ImageSet) throws -> Evaluation {
      try evaluator.evaluate(
        network.weights, statistics: network.statistics, on: images,
        normalisation: data.normalisation)
    }
    return try Figures(training: evaluate(data.training), test: evaluate(data.test))
  }
}

/// `99%` or `0.99`.
struct Percentage: ExpressibleByArgument {
  let share: Double
  let text: String

  init?(argument: String) {
    let isPercent = argument.hasSuffix("%")
    guard let number = Double(isPercent ? String(argument.dropLast()) : argument) else {
      return nil
    }
    share = isPercent ? number / 100 : number
    text = argument
  }
}
