import LinearAlgebra

/// The weights of a linear layer or a convolution by output and input: a linear layer's kernels have
/// one tap.
struct WeightTable {
  let outputs: Int
  /// Of each group.
  let inputs: Int
  let groups: Int
  let taps: Int
  let padded: Bool
  let bias: [Float]?
  private let weights: Arena
  private let slot: ArenaLayout.Slot
  private let reads: [Bool]

  /// - Parameter input: the shape of what it reads.
  init?(_ node: NetworkGraph.Node, input: ImageShape, weights: Arena) {
    switch node.operation {
    case .linear(let outputs, _, _):
      (self.outputs, inputs, groups, taps) = (outputs, input.count, 1, 1)
      padded = false
    case .convolution(let convolution, _):
      outputs = convolution.channels
      groups = convolution.groups
      inputs = input.channels / groups
      taps = convolution.window.size * convolution.window.size
      padded = convolution.window.padding > 0
    default: return nil
    }
    guard let slot = weights.layout["\(node.name).weight"] else { return nil }
    bias = weights.layout["\(node.name).bias"].map { weights.values(of: $0) }
    self.weights = weights
    self.slot = slot
    let values = weights[slot]
    var reads = [Bool](repeating: false, count: outputs * inputs)
    for pair in reads.indices {
      for tap in pair * taps..<(pair + 1) * taps where values[tap] != 0 {
        reads[pair] = true
        break
      }
    }
    self.reads = reads
  }

  /// The channels or features that an output may read.
  func window(of output: Int) -> Range<Int> {
    let first = output / (outputs / groups) * inputs
    return first..<first + inputs
  }

  /// Whether a weight between them is not zero. The input must lie in the output's window.
  func reads(_ input: Int, by output: Int) -> Bool { reads[place(input, output)] }

  /// Σ of the weights between them: what a constant input of 1 adds where nothing is padded.
  func sum(_ input: Int, by output: Int) -> Double {
    let first = slot.range.lowerBound + place(input, output) * taps
    return weights[first..<first + taps].reduce(0) { $0 + Double($1) }
  }

  private func place(_ input: Int, _ output: Int) -> Int {
    output * inputs + input - window(of: output).lowerBound
  }
}
