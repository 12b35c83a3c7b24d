import Foundation
import NeuralNetwork

/// Time by operation, forward and backward, with the rate of those that multiply.
func measureLayers(_ name: String, _ precision: Precision) throws {
  let input = ["lenet5", "lenet300"].contains(name) ? [1, 28, 28] : [3, 32, 32]
  let definition = try NetworkZoo.network(named: name, input: input, classes: 10)
  let step = try PenalisedStep(definition, batch: 128, precision: precision)
  let profile = try step.network.profile(repetitions: 7)
  print("\(name), batch 128, \(step.network.precision.rawValue): ms (GFLOP/s)")
  func line(_ name: String, _ entries: [Profile.Entry]) {
    func cell(_ seconds: Double, _ work: Double) -> String {
      let rate = work > 0 ? String(format: "(%5.0f)", work / seconds * 1e-9) : ""
      let left = String(format: "%9.3f ", seconds * 1e3)
      return left + rate.padding(toLength: 8, withPad: " ", startingAt: 0)
    }
    func sum(_ value: (Profile.Entry) -> Double) -> Double { entries.reduce(0) { $0 + value($1) } }
    print(
      name.padding(toLength: 44, withPad: " ", startingAt: 0),
      cell(sum(\.forward), sum(\.forwardWork)), cell(sum(\.backward), sum(\.backwardWork)))
  }
  for entry in profile.entries { line(entry.name, [entry]) }
  for kind in profile.byKind { line(kind.name, [kind]) }
  line("all that multiply", profile.entries.filter { $0.forwardWork > 0 })
  line("all others", profile.entries.filter { $0.forwardWork == 0 })
  line("together", profile.entries)
}
