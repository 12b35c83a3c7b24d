import ArgumentParser
import Compression
import Foundation
import ModelFiles

struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "What a file holds: tensors, plan, bits, ratio.",
    discussion: "Example: lc info compressed.lcm")

  @Argument(help: ArgumentHelp("An .lcm, safetensors or npz file.", valueName: "file"))
  var file: String

  @OptionGroup var common: RunOptions

  struct Part: Codable {
    let label: String
    let `operator`: String
    let weights: Int
    let storage: Storage
    let bits: Int
    let ratio: Double
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
    var parts: [Part] = []
    var bits: Int?
    var referenceBits: Int?
    var ratio: Double?
    var networkRatio: Double?
  }

  func run() throws {
    try common.begin(inputs: file)
    let source = try openTensorFile(file)
    let attributes = try? FileManager.default.attributesOfItem(atPath: file)
    let size = (attributes?[.size] as? Int) ?? 0
    let safetensors = source as? SafetensorsFile
    var report = Report(
      file: file, fileBytes: size,
      metadata: (safetensors?.metadata ?? [:]).filter { $0.key != "lcm" },
      tensors: source.tensors.map {
        Tensor(name: $0.name, shape: $0.shape, type: $0.dtype.rawValue)
      })
    print("\(file): \(size) bytes")
    let provenance = Provenance(metadata: report.metadata)
    for (key, value) in report.metadata.sorted(by: { $0.key < $1.key })
    where provenance == nil || key != Provenance.key {
      print("  \(key): \(value)")
    }
    for line in provenance?.lines ?? [] { print("  \(line)") }
    if let safetensors, CompressedModel.isCompressed(safetensors) {
      let model = try CompressedModel(safetensors)
      var table = Table(["part", "operator", "weights", "bits", "ratio", "mult.", "add."])
      let uses = try Weights.definition(in: report.metadata, path: file)?.uses() ?? [:]
      for part in model.parts {
        let operations = part.operations(uses: uses)
        let storage = part.form.storage
        let ratio = Double(part.referenceBits) / Double(max(1, storage.bits))
        report.parts.append(
          Part(
            label: part.label, operator: part.operation, weights: part.form.count, storage: storage,
            bits: storage.bits, ratio: ratio, operations: operations))
        table.add([
          part.label, part.operation, "\(part.form.count)", "\(storage.bits)", ratio.text(2) + "×",
          "\(operations.multiplications)", "\(operations.additions)",
        ])
      }
      for (shape, values) in model.plain {
        table.add([shape.name, "—", "\(values.count)", "\(32 * values.count)", "1×", "", ""])
      }
      print(table.text)
      print(
        "compressed tensors \(model.ratio.text(2))×, everything \(model.networkRatio.text(2))×")
      report.bits = model.bits
      report.referenceBits = model.referenceBits
      report.ratio = model.ratio
      report.networkRatio = model.networkRatio
    } else {
      var table = Table(["tensor", "type", "shape"])
      for tensor in report.tensors {
        table.add([
          tensor.name, tensor.type, tensor.shape.map(String.init).joined(separator: "×"),
        ])
      }
      print(table.text)
    }
    try common.write(report)
  }
}
