extension NetworkGraph {
  /// This graph for evaluation: a batch norm that alone reads a convolution's outputs becomes part of
  /// the convolution, and so does the activation that follows; where a shortcut is added as well, a
  /// sum remains.
  ///
  /// Holds while the running statistics stand still; a network that learns needs its own batch norms.
  /// Parameters, statistics and their names are the same.
  func foldingNorms() -> NetworkGraph {
    var readers = Array(repeating: 0, count: tensors.count)
    for node in nodes { for input in node.inputs { readers[input] += 1 } }
    var graph = self
    graph.nodes = []
    /// Where the convolution that writes a tensor is among the new nodes.
    var writers: [Int: Int] = [:]
    for node in nodes {
      guard case .batchNorm(let epsilon, _, let activation) = node.operation,
        let writer = writers[node.inputs[0]], readers[node.inputs[0]] == 1,
        case .convolution(let convolution, .identity) = graph.nodes[writer].operation
      else {
        if case .convolution = node.operation { writers[node.output] = graph.nodes.count }
        graph.nodes.append(node)
        continue
      }
      let before = graph.nodes[writer]
      let norm = Norm(name: node.name, epsilon: epsilon)
      let adds = node.inputs.count > 1
      graph.nodes[writer] = Node(
        name: before.name,
        operation: .normalised(convolution, norm, adds ? .identity : activation),
        inputs: before.inputs, output: adds ? before.output : node.output)
      if adds {
        graph.nodes.append(
          Node(
            name: node.name, operation: .add(activation), inputs: node.inputs, output: node.output)
        )
      }
    }
    return graph
  }
}
