import ArgumentParser
import Foundation
import LinearAlgebra
import NeuralNetwork

struct ProfileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile", abstract: "Where the time of a training step goes.",
    discussion: """
      Example:
        lc profile --network resnet20 --data fashion-mnist

      Times the operations of training steps one by one, with random weights, and says how many \
      operations a second they reach, beside a large product of matrices in fp32 on the same \
      machine. Run it on an otherwise idle one.
      """)

  @OptionGroup var network: NetworkOptions

  @Option(whole: "Images in a mini-batch.")
  var batchSize = 128

  @Option(help: "fp32 or bf16.")
  var precision = Precision.float32

  @Option(whole: "How many steps; the least time of each counts.")
  var repetitions = 7

  @Flag(help: "List every operation, not only the kinds.")
  var layers = false

  @OptionGroup var common: RunOptions

  struct Report: Codable {
    let network: String
    let batchSize: Int
    let precision: String
    let threads: Int
    /// Operations a second of the large product.
    let peak: Double
    let kinds: [Profile.Entry]
    let layers: [Profile.Entry]
  }

  func validate() throws {
    guard (1...1000).contains(repetitions) else {
      throw ValidationError("--repetitions must be from 1 to 1000, found \(repetitions)")
    }
  }

  func run() throws {
    try common.begin(inputs: network.files)
    let (definition, data) = try network.load(orOf: nil)
    let (profile, used) = try Network.profile(
      definition, on: data, batch: batchSize, precision: precision, repetitions: repetitions)
    let peak = try MachinePeak.float32()
    print(
      "\(definition.name) on \(data.name), batch \(batchSize), \(used.rawValue), "
        + "\(Threads.count) threads; a large product in fp32: "
        + String(format: "%.0f GFLOP/s", peak * 1e-9))
    if used != precision { print("This processor has no \(precision.rawValue).") }
    var table = Table([
      "", "forward ms", "GFLOP/s", "of peak", "backward ms", "GFLOP/s", "of peak",
    ])
    for entry in (layers ? profile.entries : profile.byKind) + [profile.total] {
      table.add(
        [entry.name] + Self.cells(entry.forward, entry.forwardWork, peak)
          + Self.cells(entry.backward, entry.backwardWork, peak))
    }
    print(table.text)
    try common.write(
      Report(
        network: definition.name, batchSize: batchSize, precision: used.rawValue,
        threads: Threads.count, peak: peak, kinds: profile.byKind, layers: profile.entries))
  }

  private static func cells(_ seconds: Double, _ work: Double, _ peak: Double) -> [String] {
    let time = String(format: "%.3f", seconds * 1e3)
    guard work > 0, seconds > 0 else { return [time, "", ""] }
    let rate = work / seconds
    return [time, String(format: "%.0f", rate * 1e-9), String(format: "%.0f%%", 100 * rate / peak)]
  }
}
