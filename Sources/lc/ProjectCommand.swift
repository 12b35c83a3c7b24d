import ArgumentParser
import Compression
import Foundation
import LinearAlgebra
import ModelFiles

struct ProjectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "project", abstract: "Compress a file of weights by the C step alone.",
    discussion: """
      Needs no network and no data. The tensors that the plan does not name are kept, as 32-bit floats.

      Example:
        lc project weights.safetensors --compress '*: quantize(k=16)' --output compressed.lcm

      A plan is TENSORS: OPERATOR, several of them separated by ';'. TENSORS is a name, a pattern \
      with * ? [abc], or joint(PATTERN, …), which takes all tensors together as one vector; \
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

  @OptionGroup var common: RunOptions

  struct Row: Codable {
    let name: String
    let shape: [Int]
    let `operator`: String
    let relativeError: Double
    let bits: Int
    let ratio: Double
    let seconds: Double
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
    let tensors: [Row]
    let total: Total
    let fileBytes: Int?
  }

  func run() throws {
    let plan = try CompressionPlan(parsing: compress)
    try common.begin(outputs: output)
    let source = try openTensorFile(file)
    let numbers = source.tensors.filter { $0.count > 0 && $0.dtype.isNumeric }
    let layout = try ArenaLayout(numbers.map { ($0.name, $0.shape) })
    let resolved = try ResolvedPlan(plan, for: layout)

    var line = ProgressLine()
    var rows: [Row] = []
    var forms: [Representation] = []
    var sums = (distance: 0.0, norm: 0.0, seconds: 0.0)
    for (index, problem) in resolved.problems.enumerated() {
      line.update(Double(index) / Double(resolved.problems.count), problem.label)
      var values: [Float] = []
      for slot in problem.slots { values += try source.floats(slot.name) }
      guard values.isFinite else { throw CompressionError.notFinite(view: problem.label) }
      let target = try WeightView(values, shape: problem.shape)
      let start = ContinuousClock.now
      let form = try problem.operation.representation(of: target, from: nil, penalty: 0)
      let took = seconds(.now - start)
      let distance = values.squaredDistance(to: form.decompressed())
      let norm = values.squaredNorm
      let bits = form.storage.bits
      rows.append(
        Row(
          name: problem.label, shape: problem.shape, operator: problem.operation.description,
          relativeError: norm > 0 ? distance / norm : 0, bits: bits,
          ratio: Double(problem.referenceBits) / Double(max(1, bits)), seconds: took))
      forms.append(form)
      sums = (sums.distance + distance, sums.norm + norm, sums.seconds + took)
    }
    line.clear()

    let compressed = Set(resolved.problems.flatMap { $0.slots.map(\.name) })
    let model = CompressedModel(
      parts: zip(resolved.problems, forms).map { problem, form in
        CompressedModel.Part(
          label: problem.label, operation: problem.operation.description,
          tensors: problem.slots.map { .init($0.name, $0.shape) }, form: form)
      },
      plain: try numbers.filter { !compressed.contains($0.name) }.map {
        (.init($0.name, $0.shape), try source.floats($0.name))
      }, order: numbers.map(\.name), metadata: ["plan": plan.description])
    let bytes = try output.map { try model.write(to: $0) }

    var table = Table(["tensor", "shape", "operator", "relative error", "bits", "ratio", "time"])
    for row in rows {
      table.add([
        row.name, row.shape.map(String.init).joined(separator: "×"), row.operator,
        String(format: "%.6f", row.relativeError), "\(row.bits)", row.ratio.text(2) + "×",
        "\((row.seconds * 1e3).text(1)) ms",
      ])
    }
    let total = Total(
      relativeError: sums.norm > 0 ? sums.distance / sums.norm : 0, bits: model.bits,
      ratio: model.ratio, seconds: sums.seconds)
    table.add([
      "total", "\(resolved.count)", "", String(format: "%.6f", total.relativeError),
      "\(total.bits)", total.ratio.text(2) + "×", "\((total.seconds * 1e3).text(1)) ms",
    ])
    print(table.text)
    try common.write(
      Report(file: file, plan: plan.description, tensors: rows, total: total, fileBytes: bytes))
  }
}
