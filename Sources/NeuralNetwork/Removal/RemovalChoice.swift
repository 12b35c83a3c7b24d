/// Which channels of a network go, and who takes over what the constant ones of them gave.
struct RemovalChoice {
  /// [tensor][channel]: whether it stays.
  private(set) var kept: [[Bool]]
  /// Whether any channel goes.
  private(set) var removesSomething = false
  /// The channel that stays for the other constant ones, by its space: padded convolutions cannot have
  /// a constant in their bias, but one constant channel can stand for all.
  private var representatives: [Int: Int] = [:]

  private let graph: NetworkGraph
  private let analysis: ChannelAnalysis
  private let spaces: ChannelSpaces

  /// What a layer says to the removal of a channel that it reads.
  private enum Answer {
    /// It does not read it, or can take its constant into the bias.
    case free
    /// It is constant, but only another constant channel can take it over.
    case constant(Double)
    case needed
  }

  init(_ graph: NetworkGraph, _ analysis: ChannelAnalysis, _ spaces: ChannelSpaces) {
    self.graph = graph
    self.analysis = analysis
    self.spaces = spaces
    kept = graph.tensors.map { [Bool](repeating: true, count: $0.shape.channels) }
    var keptBySpace: [Int: [Bool]] = [:]
    for tensor in graph.tensors.indices where spaces.root(tensor) == tensor {
      guard !spaces.isLocked(tensor) else { continue }
      let stays = choose(space: tensor)
      keptBySpace[tensor] = stays
      removesSomething = removesSomething || stays.contains(false)
    }
    for tensor in graph.tensors.indices {
      guard let stays = keptBySpace[spaces.root(tensor)] else { continue }
      kept[tensor] = kept[tensor].indices.map { stays[$0 / spaces.spread[tensor]] }
    }
  }

  /// The channel that takes over a constant one that is removed, for a padded convolution.
  func representative(of tensor: Int) -> Int? { representatives[spaces.root(tensor)] }

  private mutating func choose(space: Int) -> [Bool] {
    let count = graph.tensors[space].shape.channels / spaces.spread[space]
    let readers = graph.nodes.indices.filter {
      readsChannels(graph.nodes[$0]) && spaces.root(graph.nodes[$0].inputs[0]) == space
    }
    var stays = [Bool](repeating: false, count: count)
    /// By channel, then by reader: the constants that another channel has to take over.
    var constants: [Int: [Int: Double]] = [:]
    for reader in readers {
      let tensor = graph.nodes[reader].inputs[0]
      let spread = spaces.spread[tensor]
      for (feature, answer) in answers(of: reader).enumerated() {
        switch answer {
        case .free: break
        case .constant(let value) where spread == 1:
          constants[feature, default: [:]][reader] = value
        case .constant, .needed: stays[feature / spread] = true
        }
      }
    }
    let movable = constants.filter { !stays[$0.key] }
    if !movable.isEmpty {
      let concerned = Set(movable.values.flatMap(\.keys))
      // The largest, so that weights · constant / its constant stay small; the first among equals.
      let best = movable.filter { $0.value.count == concerned.count }
        .map { (channel: $0.key, size: $0.value.values.map(abs).min() ?? 0) }
        .max { ($0.size, $1.channel) < ($1.size, $0.channel) }
      if let best {
        representatives[space] = best.channel
        stays[best.channel] = true
      } else {
        for channel in movable.keys { stays[channel] = true }
      }
    }
    // A layer needs one output.
    if count > 0, !stays.contains(true) { stays[0] = true }
    return stays
  }

  private func readsChannels(_ node: NetworkGraph.Node) -> Bool {
    switch node.operation {
    case .linear, .convolution, .paddedShortcut: true
    default: false
    }
  }

  private func answers(of reader: Int) -> [Answer] {
    let node = graph.nodes[reader]
    let constants = analysis.constants[node.inputs[0]]
    let reads = channelsRead(by: reader)
    return constants.indices.map { channel in
      guard reads[channel] else { return .free }
      guard let value = constants[channel] else { return .needed }
      guard value != 0 else { return .free }
      if node.isPaddedShortcut { return .needed }
      return analysis.tables[reader]?.padded == true ? .constant(value) : .free
    }
  }

  /// Whether a layer reads each channel for outputs that matter.
  private func channelsRead(by reader: Int) -> [Bool] {
    let node = graph.nodes[reader]
    let matters = analysis.isRead[node.output]
    var reads = [Bool](repeating: false, count: analysis.isRead[node.inputs[0]].count)
    if case .paddedShortcut(_, let sources) = node.operation {
      for (target, source) in sources.enumerated() where source >= 0 && matters[target] {
        reads[source] = true
      }
    } else if let table = analysis.tables[reader] {
      for output in 0..<table.outputs where matters[output] {
        for input in table.window(of: output) where table.reads(input, by: output) {
          reads[input] = true
        }
      }
    }
    return reads
  }
}
