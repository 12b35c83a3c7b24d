import ArgumentParser
import Compression
import Foundation
import LinearAlgebra
import ModelFiles
import Synchronization

struct ProjectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "project", abstract: "Compress a file of weights by the C step alone.",
    discussion: """
      Needs no network and no data. The tensors that the plan does not name are kept, as 32-bit floats.

      Example:
        lc project weights.safetensors --compress '*.weight: quantize(k=16)' --output compressed.lcm

      A plan is TENSORS: OPERATOR, several of them separated by ';'. TENSORS is a name, a pattern \
      with * ? [abc] (a single * takes biases and statistics too), or joint(PATTERN, …), which takes all \
      tensors together as one vector; each(PATTERN, …) takes each by itself; \
      vector(PATTERN) and matrix(PATTERN) take each tensor as such. Operators are added by '+'.

      Operators:
      \(operatorList)
      """)

  @Argument(help: ArgumentHelp("The weights: safetensors, npz or npy.", valueName: "file"))
  var file: String

  @Option(help: ArgumentHelp("What is compressed, and how.", valueName: "plan"))
  var compress: String

  @Option(help: ArgumentHelp("Where the compressed model goes (.lcm).", valueName: "file"))
  var output: String?

  @Option(
    parsing: .unconditional,
    help: "What a squared distance is worth, μ, to operators with a penalty or a price.")
  var mu: Float = 1

  @Flag(help: entropyHelp)
  var entropy = false

  @OptionGroup var common: RunOptions

  func validate() throws {
    guard mu > 0, mu.isFinite else {
      throw ValidationError("--mu must be above 0, found \(mu)")
    }
  }

  struct Total: Codable {
    let relativeError: Double
    let bits: Int
    let ratio: Double
    let seconds: Double
  }

  struct Report: Codable {
    let file: String
    let plan: String
    let tensors: [Projection.Row]
    let total: Total
    let fileBytes: Int?
    let entropy: EntropyReport?
  }

  func run() throws {
    let plan = try CompressionPlan(parsing: compress)
    try common.begin(inputs: file, outputs: output)
    let source = try openTensorFile(file)
    let known = (source as? SafetensorsFile)?.metadata ?? [:]
    if let safetensors = source as? SafetensorsFile, CompressedModel.isCompressed(safetensors) {
      throw Failure.badInput(
        "\(file) is a compressed model; 'lc export' writes the weights that it stands for")
    }
    let line = Mutex(ProgressLine())
    let start = ContinuousClock.now
    let projection = try Projection(source, plan: plan, mu: mu) { share, label in
      line.withLock { $0.update(share, "\(Int(share * 100)) %  \(label)") }
    }
    line.withLock { $0.clear() }
    let took = seconds(.now - start)
    let provenance = Provenance.ofThisCommand()
    var metadata = [Provenance.key: try provenance.json()]
    // The network and its data are still the same.
    for key in [Weights.networkKey, Weights.normalisationKey, "data"] { metadata[key] = known[key] }
    let model = projection.model.adding(metadata)
    let entropy = entropy ? try model.entropyCoded() : nil
    let bytes = try output.map { try (entropy?.model ?? model).write(to: $0) }

    var table = Table(["tensor", "shape", "operator", "relative error", "bits", "ratio", "time"])
    for row in projection.rows {
      table.add([
        row.name, row.shape.map(String.init).joined(separator: "×"), row.operator,
        String(format: "%.6f", row.relativeError), "\(row.bits)", row.ratio.text(2) + "×",
        "\((row.seconds * 1e3).text(1)) ms",
      ])
    }
    let (distance, norm) = (projection.squaredDistance, projection.squaredNorm)
    let total = Total(
      relativeError: norm > 0 ? distance / norm : 0, bits: projection.bits,
      ratio: Double(projection.referenceBits) / Double(max(1, projection.bits)), seconds: took)
    table.add([
      "total", "\(projection.referenceBits / 32)", "",
      String(format: "%.6f", total.relativeError), "\(total.bits)", total.ratio.text(2) + "×",
      "\((took * 1e3).text(1)) ms",
    ])
    print(table.text)
    entropy.map { print(entropyText($0.before, $0.after)) }
    try common.write(
      Report(
        file: file, plan: plan.description, tensors: projection.rows, total: total,
        fileBytes: bytes,
        entropy: entropy.map { EntropyReport(codeBytes: $0.before, entropyCodedBytes: $0.after) }
      ))
  }
}
