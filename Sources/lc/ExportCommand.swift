import ArgumentParser
import Compression
import Foundation
import LinearAlgebra
import ModelFiles

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a compressed model's weights as dense safetensors.",
    discussion: """
      What is not compressed comes out bit for bit in its own type, compressed tensors as 32-bit floats, \
      which are exact, or in the type of their source, rounded. The metadata of the source is kept.

      Example: lc export compressed.lcm --output dense.safetensors
      """)

  @Argument(help: ArgumentHelp("The compressed model (.lcm).", valueName: "file"))
  var file: String

  @Option(help: ArgumentHelp("Where the weights go (.safetensors).", valueName: "file"))
  var output: String

  @Option(
    help: "Compressed tensors as float32, or in the type of their source, which may round them.")
  var dtype = Numbers.float32

  enum Numbers: String, ExpressibleByArgument, CaseIterable { case float32, source }

  func run() throws {
    try checkOutputs([output], inputs: [file])
    let model = try CompressedModel(path: file)
    let tensors = dtype == .source ? try inSourceTypes(model) : model.decompressed()
    try SafetensorsFile.write(tensors.map(\.source), metadata: model.metadata, to: output)
  }

  /// All tensors; says on standard error what was rounded.
  private func inSourceTypes(_ model: CompressedModel) throws -> [PlainTensor] {
    let compressed = model.parts.flatMap(\.tensors)
    let types = Dictionary(compressed.map { (ExactName($0.name), $0.dtype) }) { first, _ in first }
    var notes: [String] = []
    let tensors = try model.decompressed().map { tensor in
      guard let type = types[ExactName(tensor.shape.name)],
        let (converted, rounded) = try tensor.converted(to: type)
      else { return tensor }
      if rounded > 0 {
        notes.append(
          "\(oneLine(tensor.shape.name)): \(rounded) of \(tensor.shape.count) to \(type.rawValue)")
      }
      return converted
    }
    if !notes.isEmpty { warn("rounded weights: " + notes.joined(separator: "; ")) }
    return tensors
  }
}
