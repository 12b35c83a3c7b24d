/// Which tensors and gradients share which buffers.
///
/// While training, every activation is kept for the backward pass, and a gradient's buffer is used
/// again as soon as it has been read. When only evaluating, activations share buffers in that way.
///
/// A tensor with several readers has one gradient buffer from each (`contributions`), in the order in
/// which the backward pass writes them; whoever wrote the tensor adds them.
struct MemoryPlan {
  /// The buffer of each tensor's values.
  private(set) var values: [Int]
  /// The buffers of each tensor's gradient.
  private(set) var contributions: [[Int]]
  /// For each node and each of its inputs, the buffer where that input's gradient goes.
  private(set) var inputGradients: [[Int?]]
  /// The bytes of each buffer.
  private(set) var sizes: [Int] = []
  private var free: [Int] = []

  /// Which nodes are no more than another name for their input.
  private(set) var aliases: [Bool]

  init(_ graph: NetworkGraph, batch: Int, precision: Precision, training: Bool) {
    let tensors = graph.tensors
    values = Array(repeating: -1, count: tensors.count)
    contributions = Array(repeating: [], count: tensors.count)
    inputGradients = graph.nodes.map { $0.inputs.map { _ in nil } }
    aliases = graph.nodes.map { Self.isAlias($0, graph, precision) }
    func bytes(_ tensor: Int) -> Int {
      batch * tensors[tensor].shape.count * (tensors[tensor].half ? precision.bytes : 4)
    }

    // Values. Readers are counted a buffer, since an alias shares its input's.
    values[0] = acquire(bytes(0), fresh: true)
    var lastReader: [Int: Int] = [:]
    for (index, node) in graph.nodes.enumerated() {
      values[node.output] =
        aliases[index] ? values[node.inputs[0]] : acquire(bytes(node.output), fresh: true)
      for input in node.inputs { lastReader[values[input]] = index }
    }
    if !training { shareValues(graph, bytes) }

    guard training else { return }
    // Gradients, backwards.
    var needed = Array(repeating: false, count: tensors.count)
    for node in graph.nodes {
      needed[node.output] = node.hasParameters || node.inputs.contains { needed[$0] }
    }
    contributions[graph.output] = [acquire(bytes(graph.output))]
    for (index, node) in graph.nodes.enumerated().reversed() {
      var mine = contributions[node.output]
      guard let first = mine.first else { continue }
      func passOn(_ position: Int) {
        inputGradients[index][position] = first
        contributions[node.inputs[position]].append(first)
        mine.removeFirst()
      }
      func give(_ position: Int) {
        let input = node.inputs[position]
        let buffer = acquire(bytes(input))
        inputGradients[index][position] = buffer
        contributions[input].append(buffer)
      }
      switch node.operation {
      case .activation, .dropout:
        if needed[node.inputs[0]] { passOn(0) }
      case .arrange:
        if needed[node.inputs[0]] { aliases[index] ? passOn(0) : give(0) }
      case .batchNorm where node.inputs.count == 1:
        passOn(0)
      case .batchNorm, .add:
        // The gradient of the sum is the shortcut's as it is; the other input's has its own buffer.
        if needed[node.inputs[0]] || node.hasParameters { give(0) }
        if needed[node.inputs[1]] { passOn(1) }
      default:
        if needed[node.inputs[0]] { give(0) }
      }
      for buffer in mine { release(buffer) }
      if !node.inputs.contains(where: { needed[$0] }), node.inputs.count == 1,
        let buffer = inputGradients[index][0]
      {
        release(buffer)
      }
    }
  }

  /// Lets the values of a network that only evaluates share buffers.
  private mutating func shareValues(_ graph: NetworkGraph, _ bytes: (Int) -> Int) {
    var readers: [Int: Int] = [:]  // of each tensor's root
    var root = Array(graph.tensors.indices)
    for (index, node) in graph.nodes.enumerated() {
      if aliases[index] {
        root[node.output] = root[node.inputs[0]]
      } else {
        for input in node.inputs { readers[root[input], default: 0] += 1 }
      }
    }
    sizes = []
    free = []
    values[0] = acquire(bytes(0), fresh: true)
    for (index, node) in graph.nodes.enumerated() {
      if aliases[index] {
        values[node.output] = values[node.inputs[0]]
        continue
      }
      values[node.output] = acquire(bytes(node.output))
      for input in node.inputs where root[input] != 0 {
        readers[root[input], default: 0] -= 1
        if readers[root[input]] == 0, root[input] != root[graph.output] {
          release(values[root[input]])
        }
      }
    }
  }

  private static func isAlias(
    _ node: NetworkGraph.Node, _ graph: NetworkGraph, _ precision: Precision
  )
    -> Bool
  {
    guard case .arrange = node.operation else { return false }
    let from = graph.tensors[node.inputs[0]]
    let to = graph.tensors[node.output]
    let sameOrder =
      from.arrangement == to.arrangement || from.shape.channels == 1
      || from.shape.isVector || (from.arrangement == .channelsFirst && to.arrangement == .vector)
    return sameOrder && (from.half == to.half || precision == .float32)
  }

  /// A buffer of at least that size: a free one, or a new one.
  private mutating func acquire(_ bytes: Int, fresh: Bool = false) -> Int {
    if !fresh {
      let fitting = free.indices.filter { sizes[free[$0]] >= bytes }
      // The smallest that fits; otherwise the largest grows.
      if let position = fitting.min(by: { sizes[free[$0]] < sizes[free[$1]] }) {
        return free.remove(at: position)
      }
      if let position = free.indices.max(by: { sizes[free[$0]] < sizes[free[$1]] }) {
        let buffer = free.remove(at: position)
        sizes[buffer] = bytes
        return buffer
      }
    }
    sizes.append(bytes)
    return sizes.count - 1
  }

  private mutating func release(_ buffer: Int) {
    if !free.contains(buffer) { free.append(buffer) }
  }
}
