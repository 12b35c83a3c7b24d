/// One step of a compiled network, bound to its buffers.
protocol Operation: AnyObject {
  /// What profiles and errors call it.
  var name: String { get }
  var kind: Profile.Kind { get }
  /// Floating-point operations of the forward pass; 0 where memory is all that counts.
  var work: Double { get }
  /// The same of the backward pass.
  var backwardWork: Double { get }
  /// - Parameter training: whether batch norm uses the batch's own moments and dropout drops.
  func forward(training: Bool) throws
  /// Reads the gradient of the outputs, which may be lost by that; writes the inputs' and the
  /// parameters'.
  func backward() throws
}

extension Operation {
  var kind: Profile.Kind { .other }
  var work: Double { 0 }
  var backwardWork: Double { 0 }
}

/// The buffers of one node of the graph.
struct NodeMemory {
  let batch: Int
  let inputs: [UnsafeMutableRawPointer]
  let output: UnsafeMutableRawPointer
  /// One from each reader of the output; the first may be the same buffer as an input's gradient.
  let outputGradients: [UnsafeMutableRawPointer]
  /// Where the gradient of each input goes, if it is wanted.
  let inputGradients: [UnsafeMutableRawPointer?]
}
