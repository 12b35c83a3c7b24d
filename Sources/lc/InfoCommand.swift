import ArgumentParser
import Compression
import Foundation
import LearningCompression
import ModelFiles

struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "What a file holds: tensors, plan, bits, ratio.",
    discussion: """
      With --original every error is computed anew from what the file holds, and what is not compressed \
      is compared byte for byte; a difference there ends with exit code 65.

      Example: lc info compressed.lcm
      """)

  @Argument(help: ArgumentHelp("An .lcm, safetensors or npz file.", valueName: "file"))
  var file: String

  @Option(
    help: ArgumentHelp(
      "The weights that a compressed model was made of: compare with them.", valueName: "file"))
  var original: String?

  @OptionGroup var common: RunOptions

  struct Part: Codable {
    let label: String
    let `operator`: String
    let weights: Int
    let storage: Storage
    let bits: Int
    let ratio: Double
    /// What the weights took in their source, and that against `bits`.
    let sourceBits: Int
    let sourceRatio: Double
    let operations: Operations
  }

  struct Tensor: Codable {
    let name: String
    let shape: [Int]
    let type: String
  }

  struct Report: Codable {
    let file: String
    let fileBytes: Int
    let metadata: [String: String]
    let tensors: [Tensor]
    /// Arrays that are not numbers.
    let others: [OtherArray]
    var parts: [Part] = []
    var bits: Int?
    var referenceBits: Int?
    var ratio: Double?
    var networkRatio: Double?
    var sourceBits: Int?
    var plainBits: Int?
    var sourceRatio: Double?
    var sourceNetworkRatio: Double?
    var comparison: ModelComparison?
  }

  func run() throws {
    try common.begin(inputs: [file, original])
    let source = try openTensorFile(file)
    let attributes = try? FileManager.default.attributesOfItem(atPath: file)
    let size = (attributes?[.size] as? Int) ?? 0
    let safetensors = source as? SafetensorsFile
    var report = Report(
      file: file, fileBytes: size,
      metadata: source.metadata.filter { $0.key != "lcm" },
      tensors: source.tensors.map {
        Tensor(name: $0.name, shape: $0.shape, type: $0.dtype.rawValue)
      }, others: source.others)
    print("\(file): \(size) bytes")
    let provenance = Provenance(metadata: report.metadata)
    for (key, value) in report.metadata.sorted(by: { $0.key < $1.key })
    where provenance == nil || key != Provenance.key {
      print("  \(key): \(value)")
    }
    for line in provenance?.lines ?? [] { print("  \(line)") }
    if let safetensors, CompressedModel.isCompressed(safetensors) {
      try describe(CompressedModel(safetensors), in: &report)
      if let original {
        report.comparison = try compare(CompressedFile(safetensors), with: original)
      }
    } else if original != nil {
      throw Failure.usage("--original belongs to a compressed model, and \(file) is none")
    } else {
      var table = Table(["tensor", "type", "shape"])
      for tensor in report.tensors {
        table.add([
          tensor.name, tensor.type, tensor.shape.map(String.init).joined(separator: "×"),
        ])
      }
      for other in report.others { table.add([other.name, other.type, ""]) }
      print(table.text)
    }
    try common.write(report)
    if let differences = report.comparison?.differences, let first = differences.first {
      throw Failure.badInput(
        "\(file) is not what the plan makes of \(original ?? ""): \(differences.count) tensor"
          + "\(differences.count == 1 ? "" : "s") not alike, the first '\(first.name)': "
          + "\(first.difference ?? "")")
    }
  }

  /// Prints a compressed model's parts and counts them.
  private func describe(_ model: CompressedModel, in report: inout Report) throws {
    let is32Bit = model.sourceBits == model.referenceBits
    var table = Table(
      ["part", "operator", "weights", "bits", "ratio"] + (is32Bit ? [] : ["of source"])
        + ["mult.", "add."])
    // Another program may call something else of its own `network`.
    let uses = (try? NetworkFile(file).definition?.uses()) ?? [:]
    for part in model.parts {
      let operations = part.operations(uses: uses)
      let storage = part.form.storage
      func times(_ before: Int) -> Double { Double(before) / Double(max(1, storage.bits)) }
      let (ratio, sourceRatio) = (times(part.referenceBits), times(part.sourceBits))
      report.parts.append(
        Part(
          label: part.label, operator: part.operator, weights: part.form.count, storage: storage,
          bits: storage.bits, ratio: ratio, sourceBits: part.sourceBits, sourceRatio: sourceRatio,
          operations: operations))
      table.add(
        [
          part.label, part.operator, "\(part.form.count)", "\(storage.bits)",
          ratio.text(2) + "×",
        ] + (is32Bit ? [] : [sourceRatio.text(2) + "×"])
          + ["\(operations.multiplications)", "\(operations.additions)"])
    }
    for tensor in model.plain {
      table.add(
        [
          tensor.shape.name, "\(tensor.shape.dtype.rawValue), as it was",
          "\(tensor.shape.count)", "\(8 * tensor.bytes.count)", "1×",
        ] + (is32Bit ? [] : ["1×"]) + ["", ""])
    }
    print(table.text)
    let source =
      is32Bit
      ? ""
      : "; against the source's types "
        + "\(model.sourceRatio.text(2))× and \(model.sourceNetworkRatio.text(2))×"
    print(
      "compressed tensors \(model.ratio.text(2))×, everything \(model.networkRatio.text(2))×"
        + source)
    report.bits = model.bits
    report.referenceBits = model.referenceBits
    report.ratio = model.ratio
    report.networkRatio = model.networkRatio
    report.sourceBits = model.sourceBits
    report.plainBits = model.plainBits
    report.sourceRatio = model.sourceRatio
    report.sourceNetworkRatio = model.sourceNetworkRatio
  }

  /// Prints what became of each tensor of the original.
  private func compare(_ model: CompressedFile, with path: String) throws -> ModelComparison {
    let original = try openTensorFile(path)
    if let other = original as? SafetensorsFile, CompressedModel.isCompressed(other) {
      throw Failure.badInput(
        "--original: \(path) is a compressed model; the weights it was made of were expected")
    }
    let comparison = try ModelComparison(model, with: original)
    var table = Table(["tensor", "operator", "relative error", "squared error"])
    for row in comparison.rows {
      let isAlike = row.difference == nil && row.relativeError == nil
      table.add([
        row.name, row.operator ?? "—",
        row.difference ?? (isAlike && row.isKept ? "identical" : row.relativeError?.text ?? ""),
        row.squaredError.map { String(format: "%.6g", $0) } ?? "",
      ])
    }
    table.add([
      "compressed tensors", "", comparison.relativeError.text,
      String(format: "%.6g", comparison.squaredError),
    ])
    print(table.text)
    return comparison
  }
}
