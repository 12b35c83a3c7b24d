import LearningCompression
import LinearAlgebra
import NeuralNetwork

/// What `lc shrink` found, layer by layer.
struct ShrinkReport: Codable {
  struct Layer: Codable {
    let name: String
    let unitsBefore: Int
    let unitsAfter: Int
    /// Where the layer has become two.
    let rank: Int?
    /// Without biases.
    let weightsBefore: Int
    let weightsAfter: Int
    /// Of one input.
    let multiplicationsBefore: Int
    let multiplicationsAfter: Int
  }

  let network: String
  let layers: [Layer]
  /// With biases and batch norm's.
  let parametersBefore: Int
  let parametersAfter: Int
  /// Whether nothing was asked for that changes the scores.
  let isEquivalent: Bool
  /// max |s − s'| / max |s| of the scores s of some random inputs.
  let difference: Double
  let before: Figures?
  let after: Figures?
  let seconds: Double

  private static let inputs = 16

  /// Linear layers and convolutions, before and after.
  static func layers(_ large: TrainedNetwork, _ small: TrainedNetwork, ranks: [String: Int]) throws
    -> [Layer]
  {
    let uses = (before: try large.definition.uses(), after: try small.definition.uses())
    return large.weights.layout.slots.filter { $0.shape.count > 1 }.map { slot in
      let name = String(slot.name.dropLast(".weight".count))
      let parts = ranks[name] == nil ? [slot.name] : ["\(name).0.weight", "\(name).1.weight"]
      let after = parts.compactMap { small.weights.layout[$0] }
      return Layer(
        name: name, unitsBefore: slot.shape[0], unitsAfter: after.last?.shape[0] ?? 0,
        rank: ranks[name], weightsBefore: slot.count,
        weightsAfter: after.reduce(0) { $0 + $1.count },
        multiplicationsBefore: slot.count * (uses.before[slot.name] ?? 1),
        multiplicationsAfter: after.reduce(0) { $0 + $1.count * (uses.after[$1.name] ?? 1) })
    }
  }

  static func difference(_ large: TrainedNetwork, _ small: TrainedNetwork) throws -> Double {
    var random = RandomGenerator(seed: 0)
    let x = random.normals(inputs * large.definition.inputCount)
    let (before, after) = (try large.scores(x), try small.scores(x))
    let size = before.map(abs).max() ?? 0
    let distance = zip(before, after).reduce(0) { max($0, abs($1.0 - $1.1)) }
    return Double(size > 0 ? distance / size : distance)
  }

  var text: String {
    var table = Table(["layer", "units", "after", "rank", "weights", "after", "mult.", "after"])
    for layer in layers {
      table.add([
        layer.name, "\(layer.unitsBefore)", "\(layer.unitsAfter)",
        layer.rank.map { "\($0)" } ?? "", "\(layer.weightsBefore)", "\(layer.weightsAfter)",
        "\(layer.multiplicationsBefore)", "\(layer.multiplicationsAfter)",
      ])
    }
    func sum(_ count: (Layer) -> Int) -> Int { layers.reduce(0) { $0 + count($1) } }
    let before = (weights: sum(\.weightsBefore), products: sum(\.multiplicationsBefore))
    let after = (weights: sum(\.weightsAfter), products: sum(\.multiplicationsAfter))
    table.add([
      "total", "\(sum(\.unitsBefore))", "\(sum(\.unitsAfter))", "", "\(before.weights)",
      "\(after.weights)", "\(before.products)", "\(after.products)",
    ])
    func ratio(_ before: Int, _ after: Int) -> String {
      (Double(before) / Double(max(1, after))).text(2) + "×"
    }
    var lines = [
      table.text,
      "\(network): \(parametersBefore) parameters → \(parametersAfter), "
        + "\(ratio(parametersBefore, parametersAfter)) fewer; "
        + "\(ratio(before.products, after.products)) fewer multiplications",
      "scores of \(Self.inputs) random inputs differ by \(difference.scientific) of the largest"
        + (isEquivalent ? "" : " (--threshold and --energy change them)"),
    ]
    if let before = self.before { lines.append("before: \(before)") }
    if let after = self.after { lines.append("after:  \(after)") }
    return lines.joined(separator: "\n")
  }
}
