/// Which tensors of a network have the same channels, so that one can only be removed from all of them:
/// what batch norm, activations, pools and sums hand on.
struct ChannelSpaces {
  /// The values of one tensor that belong to a channel of its space: a flattened image has height × width
  /// for each, everything else 1.
  private(set) var spread: [Int]
  private var parents: [Int]
  private var locked: Set<Int> = []

  init(_ graph: NetworkGraph) {
    parents = Array(graph.tensors.indices)
    spread = [Int](repeating: 1, count: graph.tensors.count)
    var fixed = [0, graph.output]
    let shortcuts = Dictionary(grouping: graph.nodes.filter(\.isPaddedShortcut), by: \.name)
    for node in graph.nodes {
      let input = node.inputs[0]
      switch node.operation {
      case .linear: break
      case .normalised: fixed += node.inputs + [node.output]
      case .convolution(let convolution, _):
        if convolution.groups != 1 { fixed += [input, node.output] }
      case .paddedShortcut:
        // Blocks may share a name, as long as their layers do not; nothing then tells them apart.
        if shortcuts[node.name]?.count != 1 { fixed += [input, node.output] }
      case .arrange:
        let channels = graph.tensors[input].shape.channels
        spread[node.output] =
          spread[input] * (graph.tensors[node.output].shape.channels / max(1, channels))
        parents[node.output] = root(input)
      case .batchNorm, .add, .activation, .maxPool, .averagePool, .globalAveragePool, .dropout:
        spread[node.output] = spread[input]
        parents[node.output] = root(input)
        for other in node.inputs.dropFirst() {
          if spread[other] == spread[input] {
            parents[root(other)] = root(input)
          } else {
            fixed += [input, other]
          }
        }
      }
    }
    locked = Set(fixed.map(root))
  }

  /// The same number for tensors that share their channels.
  func root(_ tensor: Int) -> Int {
    var tensor = tensor
    while parents[tensor] != tensor { tensor = parents[tensor] }
    return tensor
  }

  /// Whether none of its channels may go: inputs, scores, what grouped convolutions read or write.
  func isLocked(_ root: Int) -> Bool { locked.contains(root) }
}

extension NetworkGraph.Node {
  var isPaddedShortcut: Bool {
    if case .paddedShortcut = operation { true } else { false }
  }
}
