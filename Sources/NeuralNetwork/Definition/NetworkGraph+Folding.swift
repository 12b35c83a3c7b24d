extension NetworkGraph {
  /// This graph for evaluation: a batch norm that alone reads a convolution's outputs becomes part of
  /// the convolution, with the shortcut's addition and the activation that follow it.
  ///
  /// Holds while the running statistics stand still; a network that learns needs its own batch norms.
  /// Parameters, statistics and their names are the same.
  func foldingNorms() -> NetworkGraph {
    var readers = Array(repeating: 0, count: tensors.count)
    for node in nodes { for input in node.inputs { readers[input] += 1 } }
    var folded: [Node] = []
    /// Where the convolution that writes a tensor is among the folded nodes.
    var writers: [Int: Int] = [:]
    for node in nodes {
      if case .batchNorm(let epsilon, _, let activation) = node.operation,
        let writer = writers[node.inputs[0]], readers[node.inputs[0]] == 1,
        case .convolution(let convolution, .identity) = folded[writer].operation
      {
        // In the batch norm's place, because the shortcut's value may be computed between them.
        let before = folded.remove(at: writer)
        writers = writers.mapValues { $0 > writer ? $0 - 1 : $0 }
        let norm = Norm(name: node.name, epsilon: epsilon)
        folded.append(
          Node(
            name: before.name, operation: .normalised(convolution, norm, activation),
            inputs: before.inputs + node.inputs.dropFirst(), output: node.output))
      } else {
        if case .convolution = node.operation { writers[node.output] = folded.count }
        folded.append(node)
      }
    }
    var graph = self
    graph.nodes = folded
    return graph
  }
}
