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
      Needs no network and no data. Tensors that the plan does not name are kept bit for bit in their own \
      type, the file's metadata with them; patterns take floating tensors that are not empty. What is \
      written is read again and compared before the file gets its name.

      Example:
        lc project weights.safetensors --compress '*.weight: quantize(k=16)' --output compressed.lcm

      \(HelpTopic.planSyntax) 'lc help operators' lists the operators.
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
    let relativeError: RelativeError
    let squaredError: Double
    let bits: Int
    let ratio: Double
    /// What the compressed tensors take in the source, and that against `bits`.
    let sourceBits: Int
    let sourceRatio: Double
    /// What is not compressed.
    let plainBits: Int
    let networkRatio: Double
    let sourceNetworkRatio: Double
    let seconds: Double

    init(_ projection: Projection, seconds: Double) {
      func times(_ before: Int, _ after: Int) -> Double { Double(before) / Double(max(1, after)) }
      relativeError = RelativeError(
        squaredError: projection.squaredDistance, squaredNorm: projection.squaredNorm)
      squaredError = projection.squaredDistance
      bits = projection.bits
      ratio = times(projection.referenceBits, bits)
      sourceBits = projection.sourceBits
      sourceRatio = times(sourceBits, bits)
      plainBits = projection.plainBits
      networkRatio = times(projection.referenceBits + plainBits, bits + plainBits)
      sourceNetworkRatio = times(sourceBits + plainBits, bits + plainBits)
      self.seconds = seconds
    }
  }

  struct Report: Codable {
    let file: String
    let plan: String
    let tensors: [Projection.Row]
    let total: Total
    /// Arrays of the input that are not in the output: text, objects, dates.
    let dropped: [OtherArray]
    let fileBytes: Int?
    let entropy: EntropyReport?
  }

  func run() throws {
    let plan = try CompressionPlan(parsing: compress)
    try common.begin(inputs: [file], outputs: [output])
    let source = try openTensorFile(file)
    if let safetensors = source as? SafetensorsFile, CompressedModel.isCompressed(safetensors) {
      throw Failure.badInput(
        "\(file) is a compressed model, for it has a metadata entry 'lcm'; "
          + "'lc export' writes the weights that it stands for")
    }
    if !source.others.isEmpty {
      let list = source.others.map { "\(oneLine($0.name)) (\(oneLine($0.type)))" }
        .joined(separator: ", ")
      warn("\(oneLine(file)): these arrays are not numbers and will not be kept: \(list)")
    }
    let line = Mutex(ProgressLine())
    let start = ContinuousClock.now
    let projection = try Projection(source, plan: plan, mu: mu) { share, label in
      line.withLock { line in
        // The time goes with the weights.
        let left = share > 0 ? line.elapsed * (1 - share) / share : nil
        line.update(left: left, "\(Int(share * 100)) %  \(label)")
      }
    }
    line.withLock { $0.clear() }
    let took = seconds(.now - start)
    let model = projection.model.adding([
      Provenance.key: try Provenance.ofThisCommand().json()
    ])
    let entropy = entropy ? try model.entropyCoded() : nil
    let bytes = try output.map { try (entropy?.model ?? model).write(to: $0) }

    let total = Total(projection, seconds: took)
    // A column more where the source's weights do not have 32 bits.
    let isUsual = projection.sourceBits == projection.referenceBits
    var table = Table(
      ["tensor", "shape", "operator", "relative error", "bits", "ratio"]
        + (isUsual ? [] : ["type", "of source"]) + ["time"])
    for row in projection.rows {
      table.add(
        [
          row.name, row.shape.map(String.init).joined(separator: "×"), row.operator,
          row.relativeError.text, "\(row.bits)", row.ratio.text(2) + "×",
        ] + (isUsual ? [] : [row.type, row.sourceRatio.text(2) + "×"])
          + ["\((row.seconds * 1e3).text(1)) ms"])
    }
    table.add(
      [
        "total", "\(projection.referenceBits / 32)", "", total.relativeError.text,
        "\(total.bits)", total.ratio.text(2) + "×",
      ] + (isUsual ? [] : ["", total.sourceRatio.text(2) + "×"]) + ["\((took * 1e3).text(1)) ms"])
    print(table.text)
    entropy.map { print(entropyText($0.before, $0.after)) }
    try common.write(
      Report(
        file: file, plan: plan.description, tensors: projection.rows, total: total,
        dropped: projection.dropped, fileBytes: bytes,
        entropy: entropy.map { EntropyReport(codeBytes: $0.before, entropyCodedBytes: $0.after) }
      ))
  }
}

extension RelativeError {
  /// With six places, or as a power of ten where they would be zeros; ∞ where zeros became something.
  var text: String {
    guard let value else { return "∞" }
    return value == 0 || value >= 5e-7 ? String(format: "%.6f", value) : value.scientific
  }
}
