import LinearAlgebra

/// Makes the operations of a graph's nodes, bound to their buffers.
struct NetworkCompiler {
  let graph: NetworkGraph
  let plan: MemoryPlan
  let batch: Int
  let precision: Precision
  let engine: Engine
  /// Of the plan's sizes.
  let buffers: [UnsafeMutableRawPointer]
  let weights: Arena
  let gradients: Arena?
  let statistics: Arena

  func operations() throws -> [any Operation] {
    var operations: [any Operation] = []
    for (index, node) in graph.nodes.enumerated() {
      if !plan.aliases[index] {
        operations.append(try operation(index))
      }
      // Batch norm adds the gradients of its readers itself.
      let contributions = plan.contributions[node.output]
      if contributions.count > 1, !isNorm(node) {
        let name = "\(node.name), sum of gradients"
        let count = batch * graph.tensors[node.output].shape.count
        let pointers = contributions.map { buffers[$0] }
        operations.append(
          GradientSum(name, pointers, count: count, precision: precision(of: node)))
      }
    }
    return operations
  }

  private func isNorm(_ node: NetworkGraph.Node) -> Bool {
    if case .batchNorm = node.operation { return true }
    return false
  }

  /// Whether a tensor is a convolution's ReLU whose only reader is a max pool: that one applies the
  /// derivative of the ReLU, to a quarter or less of the values.
  private func isGatedByItsReader(_ tensor: Int) -> Bool {
    let readers = graph.nodes.filter { $0.inputs.contains(tensor) }
    guard readers.count == 1, case .maxPool(let window) = readers[0].operation,
      MaxPoolLayer.takes(window),
      let writer = graph.nodes.first(where: { $0.output == tensor }),
      case .convolution(_, .relu) = writer.operation
    else { return false }
    return true
  }

  private func precision(of node: NetworkGraph.Node) -> Precision {
    graph.tensors[node.output].half ? precision : .float32
  }

  private func operation(_ index: Int) throws -> any Operation {
    let node = graph.nodes[index]
    let input = graph.tensors[node.inputs[0]]
    let output = graph.tensors[node.output]
    let count = batch * output.shape.count
    let memory = NodeMemory(
      batch: batch, inputs: node.inputs.map { buffers[plan.values[$0]] },
      output: buffers[plan.values[node.output]],
      outputGradients: plan.contributions[node.output].map { buffers[$0] },
      inputGradients: plan.inputGradients[index].map { $0.map { buffers[$0] } })
    let precision = precision(of: node)
    func pool(_ kind: PoolingLayer.Kind, _ height: Int, _ width: Int, _ stride: Int, _ padding: Int)
      throws -> PoolingLayer
    {
      try PoolingLayer(
        node.name, kind, height: height, width: width, stride: stride, padding: padding, on: engine,
        from: input.shape, to: output.shape, precision: precision, memory: memory)
    }
    switch node.operation {
    case .linear(let outputs, _, let activation):
      return try LinearLayer(
        node.name, on: engine, inputs: input.shape.count, outputs: outputs, activation: activation,
        parameters: parameters(node.name, in: weights),
        gradients: gradients.map { try parameters(node.name, in: $0) }, memory: memory)
    case .convolution(let convolution, let activation):
      return try ConvolutionLayer(
        task(node, convolution, activation, precision, memory),
        gatedByReader: isGatedByItsReader(node.output))
    case .normalised(let convolution, let norm, let activation):
      let size = convolution.window.size
      let folded = FoldedNorm(
        try parameters(node.name, in: weights), channels: convolution.channels,
        count: input.shape.channels / convolution.groups * size * size, epsilon: norm.epsilon,
        norm: try normParameters(norm.name, in: weights),
        statistics: try normStatistics(norm.name))
      var task = try task(node, convolution.withBias, activation, precision, memory)
      task.parameters = folded.parameters
      task.folded = folded
      return try ConvolutionLayer(task, gatedByReader: false)
    case .batchNorm(let epsilon, let momentum, let activation):
      return try batchNorm(
        node.name, output.shape, epsilon, momentum, activation, precision, memory)
    case .add(let activation):
      return SumLayer(
        node.name, activation, count: count, precision: precision, memory: memory)
    case .activation(let activation):
      return ActivationLayer(
        node.name, activation, count: count, precision: precision, memory: memory)
    case .maxPool(let window) where MaxPoolLayer.takes(window):
      return MaxPoolLayer(
        node.name, size: window.size, afterReLU: isGatedByItsReader(node.inputs[0]),
        from: input.shape, to: output.shape, precision: precision, memory: memory)
    case .maxPool(let window):
      return try pool(.largest, window.size, window.size, window.stride, window.padding)
    case .averagePool(let window):
      return try pool(.mean, window.size, window.size, window.stride, window.padding)
    case .globalAveragePool:
      return try pool(.mean, input.shape.height, input.shape.width, 1, 0)
    case .paddedShortcut(let stride, let sources):
      return PaddedShortcut(
        node.name, stride: stride, sources: sources, from: input.shape, to: output.shape,
        precision: precision, memory: memory)
    case .dropout(let probability):
      return DropoutLayer(
        node.name, layer: index, probability: probability, count: count,
        precision: precision, memory: memory)
    case .arrange:
      return try ArrangeLayer(
        node.name, on: engine, from: input, to: output, precision: self.precision, memory: memory)
    }
  }

  private func task(
    _ node: NetworkGraph.Node, _ convolution: Convolution, _ activation: Activation,
    _ precision: Precision, _ memory: NodeMemory
  ) throws -> ConvolutionTask {
    ConvolutionTask(
      name: node.name, convolution: convolution, activation: activation, engine: engine,
      input: graph.tensors[node.inputs[0]].shape, output: graph.tensors[node.output].shape,
      precision: precision, parameters: try parameters(node.name, in: weights),
      gradients: try gradients.map { try parameters(node.name, in: $0) }, memory: memory)
  }

  private func batchNorm(
    _ name: String, _ shape: ImageShape, _ epsilon: Float, _ momentum: Float,
    _ activation: Activation, _ precision: Precision, _ memory: NodeMemory
  ) throws -> any Operation {
    BatchNormLayer(
      name, shape: shape, epsilon: epsilon, momentum: momentum, activation,
      precision: precision, parameters: try normParameters(name, in: weights),
      gradients: try gradients.map { try normParameters(name, in: $0) },
      statistics: try normStatistics(name), memory: memory)
  }

  private func normParameters(_ name: String, in arena: Arena) throws
    -> BatchNormLayer.Parameters
  {
    BatchNormLayer.Parameters(
      weight: try pointer("\(name).weight", in: arena),
      bias: try pointer("\(name).bias", in: arena))
  }

  private func normStatistics(_ name: String) throws -> BatchNormLayer.Statistics {
    BatchNormLayer.Statistics(
      mean: try pointer("\(name).running_mean", in: statistics),
      variance: try pointer("\(name).running_var", in: statistics))
  }

  private func parameters(_ name: String, in arena: Arena) throws -> ConvolutionTask.Parameters {
    ConvolutionTask.Parameters(
      weight: try pointer("\(name).weight", in: arena),
      bias: arena.layout["\(name).bias"].flatMap { arena[$0].baseAddress })
  }

  private func pointer(_ name: String, in arena: Arena) throws -> UnsafeMutablePointer<Float> {
    guard let slot = arena.layout[name], let pointer = arena[slot].baseAddress else {
      throw NeuralNetworkError.invalidNetwork(
        network: "", layer: name, message: "it has no such parameter")
    }
    return pointer
  }
}
