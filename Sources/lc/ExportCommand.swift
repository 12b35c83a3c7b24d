import ArgumentParser
import Foundation
import ModelFiles

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a compressed model's weights as dense safetensors.",
    discussion: "Example: lc export compressed.lcm --output dense.safetensors")

  @Argument(help: ArgumentHelp("The compressed model (.lcm).", valueName: "file"))
  var file: String

  @Option(help: ArgumentHelp("Where the weights go (.safetensors).", valueName: "file"))
  var output: String

  func run() throws {
    try checkOutputs([output], inputs: [file])
    let model = try CompressedModel(path: file)
    try SafetensorsFile.write(
      model.decompressed().map {
        TensorSource(name: $0.shape.name, shape: $0.shape.shape, floats: $0.values)
      }, metadata: model.metadata, to: output)
  }
}
