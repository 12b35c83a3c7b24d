import Datasets
import LinearAlgebra

extension TrainedNetwork {
  /// The same function with fewer units: without the channels, filters and units that no one reads or
  /// that are constant.
  ///
  /// A channel goes when each reader's weights for it are zero, or when it has the same value for every
  /// input and its readers can take that value over: linear layers and convolutions without padding
  /// in their bias, or the running mean of the batch norm behind them; padded convolutions not at all,
  /// so that one constant channel of several stays and the others are added to it. Batch norm,
  /// activations, pools, dropout, flattening and residual sums are followed. It is repeated until
  /// nothing goes. Every layer keeps one output; inputs and scores stay, and so does what grouped
  /// convolutions read or write.
  ///
  /// Scores are the same in evaluation, up to rounding. Training goes another way, as batch norm and
  /// dropout do there.
  ///
  /// - Complexity: a few passes over the weights for each round, and rarely more than three rounds.
  /// - Throws: `NeuralNetworkError`.
  public func removingUnits() throws -> TrainedNetwork {
    var network = self
    while let smaller = try network.removingOnce() { network = smaller }
    return network
  }

  /// What is known of each takes some 30 bytes.
  private static let mostChannels = 1 << 24

  /// None when nothing can be removed.
  private func removingOnce() throws -> TrainedNetwork? {
    let graph = try definition.graph()
    let channels = graph.tensors.reduce(0) { $0 + $1.shape.channels }
    guard channels <= Self.mostChannels else {
      throw NeuralNetworkError.invalidNetwork(
        network: definition.name, layer: nil,
        message: "units are removed from networks of up to \(Self.mostChannels) channels in all, "
          + "it has \(channels)")
    }
    let analysis = ChannelAnalysis(graph, self)
    let choice = RemovalChoice(graph, analysis, ChannelSpaces(graph))
    guard choice.removesSomething else { return nil }
    var surgery = Surgery(graph, analysis, choice, self)
    return try surgery.result(definition, normalisation)
  }
}

/// Cuts channels out of a network's tensors and definition.
private struct Surgery {
  private let graph: NetworkGraph
  private let analysis: ChannelAnalysis
  private let choice: RemovalChoice
  private var tensors: [String: [Float]] = [:]
  /// Layers that had no bias and need one.
  private var biased: Set<String> = []

  init(
    _ graph: NetworkGraph, _ analysis: ChannelAnalysis, _ choice: RemovalChoice,
    _ network: TrainedNetwork
  ) {
    self.graph = graph
    self.analysis = analysis
    self.choice = choice
    for arena in [network.weights, network.statistics] {
      for slot in arena.layout.slots { tensors[slot.name] = arena.values(of: slot) }
    }
  }

  mutating func result(_ definition: NetworkDefinition, _ normalisation: Normalisation.Kind?) throws
    -> TrainedNetwork
  {
    for (index, node) in graph.nodes.enumerated() {
      if let table = analysis.tables[index] { takeOverConstants(node, table) }
    }
    for (index, node) in graph.nodes.enumerated() { cut(node, analysis.tables[index]) }
    return try TrainedNetwork(
      smaller(definition), tensors: tensors, normalisation: normalisation)
  }

  private func kept(_ tensor: Int) -> [Int] {
    choice.kept[tensor].indices.filter { choice.kept[tensor][$0] }
  }

  // MARK: Values

  private mutating func takeOverConstants(_ node: NetworkGraph.Node, _ table: WeightTable) {
    let tensor = node.inputs[0]
    let constants = analysis.constants[tensor]
    let removed = constants.indices.compactMap { channel -> (Int, Double)? in
      guard !choice.kept[tensor][channel], let value = constants[channel], value != 0 else {
        return nil
      }
      return (channel, value)
    }
    guard !removed.isEmpty, table.groups == 1 else { return }
    // What no one reads may become anything that is finite, and stays as it is.
    let matters = analysis.isRead[node.output]
    if table.padded {
      guard let stays = choice.representative(of: tensor), let unit = constants[stays], unit != 0
      else { return }
      for (channel, value) in removed {
        for output in 0..<table.outputs where matters[output] && table.reads(channel, by: output) {
          let row = output * table.inputs
          for tap in 0..<table.taps {
            let weight = tensors["\(node.name).weight"]?[(row + channel) * table.taps + tap] ?? 0
            tensors["\(node.name).weight"]?[(row + stays) * table.taps + tap] +=
              Float(Double(weight) * value / unit)
          }
        }
      }
      return
    }
    let shifts = (0..<table.outputs).map { output in
      matters[output] ? removed.reduce(0) { $0 + $1.1 * table.sum($1.0, by: output) } : 0
    }
    guard shifts.contains(where: { $0 != 0 }) else { return }
    if let norm = norm(after: node), table.bias == nil {
      for (output, shift) in shifts.enumerated() {
        tensors["\(norm).running_mean"]?[output] -= Float(shift)
      }
    } else {
      if table.bias == nil { biased.insert(node.name) }
      let bias = table.bias ?? [Float](repeating: 0, count: table.outputs)
      tensors["\(node.name).bias"] = zip(bias, shifts).map { Float(Double($0) + $1) }
    }
  }

  /// The name of the batch norm that alone reads a layer's outputs, if there is one.
  private func norm(after node: NetworkGraph.Node) -> String? {
    let readers = graph.nodes.filter { $0.inputs.contains(node.output) }
    guard readers.count == 1, readers[0].inputs.filter({ $0 == node.output }).count == 1,
      readers[0].inputs[0] == node.output, case .batchNorm = readers[0].operation
    else { return nil }
    switch node.operation {
    case .linear(_, _, .identity), .convolution(_, .identity): return readers[0].name
    default: return nil
    }
  }

  // MARK: Cutting

  private mutating func cut(_ node: NetworkGraph.Node, _ table: WeightTable?) {
    let outputs = kept(node.output)
    func picked(_ name: String) {
      guard let values = tensors[name] else { return }
      tensors[name] = outputs.map { values[$0] }
    }
    switch node.operation {
    case .linear, .convolution:
      guard let table, table.groups == 1, let values = tensors["\(node.name).weight"] else {
        return
      }
      let inputs = kept(node.inputs[0])
      var weights: [Float] = []
      weights.reserveCapacity(outputs.count * inputs.count * table.taps)
      for output in outputs {
        for input in inputs {
          let first = (output * table.inputs + input) * table.taps
          weights += values[first..<first + table.taps]
        }
      }
      tensors["\(node.name).weight"] = weights
      picked("\(node.name).bias")
    case .batchNorm:
      for kind in ["weight", "bias", "running_mean", "running_var"] {
        picked("\(node.name).\(kind)")
      }
    default: break
    }
  }

  private func smaller(_ definition: NetworkDefinition) throws -> NetworkDefinition {
    var outputs: [String: Int] = [:]
    var shortcuts: [String: Shortcut] = [:]
    for node in graph.nodes {
      switch node.operation {
      case .linear, .convolution: outputs[node.name] = kept(node.output).count
      case .paddedShortcut(_, let sources):
        shortcuts[node.name] = shortcut(node, sources)
      default: break
      }
    }
    let layers = definition.layers.rewritten { layer, name -> [Layer] in
      switch layer {
      case .linear(let title, let count, let bias):
        [
          .linear(
            name: title, outputs: outputs[name] ?? count, bias: bias || biased.contains(name))
        ]
      case .convolution(
        let title, let count, let kernel, let stride, let padding, let groups, let bias):
        [
          .convolution(
            name: title, channels: outputs[name] ?? count, kernel: kernel, stride: stride,
            padding: padding, groups: groups, bias: bias || biased.contains(name))
        ]
      case .residual(let title, let body, let shortcut):
        [
          .residual(
            name: title, body: body,
            shortcut: shortcuts[NetworkGraph.shortcutName(name)] ?? shortcut)
        ]
      default: [layer]
      }
    }
    return try NetworkDefinition(name: definition.name, input: definition.input, layers: layers)
  }

  /// What a shortcut without parameters becomes: option A where that still says it.
  private func shortcut(_ node: NetworkGraph.Node, _ sources: [Int]) -> Shortcut {
    let inputs = kept(node.inputs[0])
    let places = Dictionary(uniqueKeysWithValues: inputs.enumerated().map { ($1, $0) })
    let outputs = kept(node.output)
    let mapped = outputs.map { places[sources[$0]] ?? -1 }
    func shape(_ tensor: Int, _ channels: Int) -> ImageShape {
      let shape = graph.tensors[tensor].shape
      return ImageShape(channels: channels, height: shape.height, width: shape.width)
    }
    let from = shape(node.inputs[0], inputs.count)
    let to = shape(node.output, outputs.count)
    if from.channels <= to.channels, Shortcut.padded.sources(from: from, to: to) == mapped {
      return .padded
    }
    return .mapped(mapped)
  }
}
