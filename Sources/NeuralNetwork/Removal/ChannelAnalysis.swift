import Foundation
import LinearAlgebra

/// What is known of every channel of a network's tensors in evaluation: whether its value depends on the
/// inputs at all, and whether the scores depend on it.
///
/// - Complexity: one pass over the weights.
struct ChannelAnalysis {
  /// By node, for linear layers and convolutions.
  private(set) var tables: [WeightTable?] = []
  /// [tensor][channel]: the value that the channel has at every place for every input, if there is one.
  private(set) var constants: [[Double?]]
  /// [tensor][channel]: whether a path of weights that are not zero leads from it to the scores.
  private(set) var isRead: [[Bool]]

  init(_ graph: NetworkGraph, _ network: TrainedNetwork) {
    tables = graph.nodes.map {
      WeightTable($0, input: graph.tensors[$0.inputs[0]].shape, weights: network.weights)
    }
    constants = graph.tensors.map { [Double?](repeating: nil, count: $0.shape.channels) }
    isRead = graph.tensors.map { [Bool](repeating: false, count: $0.shape.channels) }
    for (index, node) in graph.nodes.enumerated() {
      constants[node.output] = outputs(of: node, tables[index], graph, network)
    }
    let scores = graph.output
    isRead[scores] = isRead[scores].map { _ in true }
    for (index, node) in graph.nodes.enumerated().reversed() {
      markInputs(of: node, tables[index], graph, network)
    }
  }

  // MARK: Forward: constants

  private func outputs(
    of node: NetworkGraph.Node, _ table: WeightTable?, _ graph: NetworkGraph,
    _ network: TrainedNetwork
  ) -> [Double?] {
    let x = constants[node.inputs[0]]
    func sum(_ y: [Double?]) -> [Double?] {
      guard node.inputs.count > 1 else { return y }
      return zip(y, constants[node.inputs[1]]).map { a, b in
        if let a, let b { a + b } else { nil }
      }
    }
    func activated(_ y: [Double?], _ activation: Activation) -> [Double?] {
      switch activation {
      case .identity: y
      case .relu: y.map { $0.map { max(0, $0) } }
      case .tanh: y.map { $0.map { tanh($0) } }
      }
    }
    switch node.operation {
    case .linear(_, _, let activation), .convolution(_, let activation):
      guard let table else { return [] }
      return activated(
        (0..<table.outputs).map { Self.constant(of: $0, table, inputs: x) }, activation)
    case .normalised:
      // Only in networks that evaluate; nothing is concluded from it.
      return [Double?](repeating: nil, count: graph.tensors[node.output].shape.channels)
    case .batchNorm(let epsilon, _, let activation):
      let norm = NormValues(node.name, network)
      let y = x.indices.map { channel -> Double? in
        let scale =
          norm.scale[channel] / (norm.variance[channel] + Double(epsilon)).squareRoot()
        if scale == 0 { return norm.shift[channel] }
        return x[channel].map { scale * ($0 - norm.mean[channel]) + norm.shift[channel] }
      }
      return activated(sum(y), activation)
    case .add(let activation): return activated(sum(x), activation)
    case .activation(let activation): return activated(x, activation)
    case .maxPool, .globalAveragePool, .dropout: return x
    // What lies outside of the image counts as zero.
    case .averagePool(let window): return x.map { window.padding == 0 || $0 == 0 ? $0 : nil }
    case .paddedShortcut(_, let sources): return sources.map { $0 < 0 ? 0 : x[$0] }
    case .arrange:
      let count = graph.tensors[node.output].shape.channels / max(1, x.count)
      return x.flatMap { [Double?](repeating: $0, count: count) }
    }
  }

  private static func constant(of output: Int, _ table: WeightTable, inputs: [Double?]) -> Double? {
    var value = Double(table.bias?[output] ?? 0)
    for input in table.window(of: output) where table.reads(input, by: output) {
      guard let constant = inputs[input], constant == 0 || !table.padded else { return nil }
      value += constant * table.sum(input, by: output)
    }
    return value
  }

  // MARK: Backward: readers

  private mutating func markInputs(
    of node: NetworkGraph.Node, _ table: WeightTable?, _ graph: NetworkGraph,
    _ network: TrainedNetwork
  ) {
    let read = isRead[node.output]
    func mark(_ position: Int, _ channels: (Int) -> Bool) {
      let tensor = node.inputs[position]
      for channel in isRead[tensor].indices where channels(channel) {
        isRead[tensor][channel] = true
      }
    }
    switch node.operation {
    case .linear, .convolution:
      guard let table else { return }
      for output in 0..<table.outputs where read[output] {
        for input in table.window(of: output) where table.reads(input, by: output) {
          isRead[node.inputs[0]][input] = true
        }
      }
    case .normalised:
      for position in node.inputs.indices { mark(position) { _ in true } }
    case .batchNorm:
      let norm = NormValues(node.name, network)
      mark(0) { read[$0] && norm.scale[$0] != 0 }
      if node.inputs.count > 1 { mark(1) { read[$0] } }
    case .paddedShortcut(_, let sources):
      for (target, source) in sources.enumerated() where source >= 0 && read[target] {
        isRead[node.inputs[0]][source] = true
      }
    case .arrange:
      let count = read.count / max(1, isRead[node.inputs[0]].count)
      mark(0) { read[$0 * count..<($0 + 1) * count].contains(true) }
    case .add:
      mark(0) { read[$0] }
      mark(1) { read[$0] }
    case .activation, .maxPool, .averagePool, .globalAveragePool, .dropout:
      mark(0) { read[$0] }
    }
  }
}

/// A batch norm's γ, β and running statistics.
private struct NormValues {
  let scale: [Double]
  let shift: [Double]
  let mean: [Double]
  let variance: [Double]

  init(_ name: String, _ network: TrainedNetwork) {
    func values(_ arena: Arena, _ kind: String) -> [Double] {
      arena.layout["\(name).\(kind)"].map { arena[$0].map { Double($0) } } ?? []
    }
    scale = values(network.weights, "weight")
    shift = values(network.weights, "bias")
    mean = values(network.statistics, "running_mean")
    variance = values(network.statistics, "running_var")
  }
}
