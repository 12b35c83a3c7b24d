import Foundation
import LinearAlgebra

/// A network compiled for one batch size: primitives and activations, bound to arenas.
///
/// It has identity: it reads the weights in `weights` and writes gradients to `gradients`, whatever
/// they hold when it runs; learning moves the running statistics. Running allocates nothing that
/// grows.
package final class Network {
  package let definition: NetworkDefinition
  package let batch: Int
  package let classes: Int
  /// What it computes in: the wanted precision, or 32 bits where the processor knows no other.
  package let precision: Precision
  /// The inputs x, [batch, inputs], images as [channels, height, width]; to be filled before a run.
  package let input: UnsafeMutableBufferPointer<Float>
  /// The labels of the batch.
  package let labels: UnsafeMutableBufferPointer<Int32>
  /// The share of label smoothing while learning.
  package var labelSmoothing: Float = 0
  /// What dropout's choices of the next learning run follow from.
  package var seed: UInt64 = 0
  /// The scores of the last run, [batch, classes].
  package let scores: UnsafeBufferPointer<Float>
  let operations: [any Operation]
  private let scoresGradient: UnsafeMutableBufferPointer<Float>?
  /// Those that there were when it was compiled: oneDNN divides the work then.
  let threads = Threads.count
  private let buffers: [Buffer]
  private let weights: Arena
  private let gradients: Arena?
  private let statistics: Arena

  /// - Parameters:
  ///   - weights: an arena of the definition's layout.
  ///   - gradients: another one, or none when the network is only evaluated.
  ///   - statistics: an arena of the definition's `statisticsLayout`; by default a new one.
  /// - Throws: `NeuralNetworkError`.
  package init(
    _ definition: NetworkDefinition, batch: Int, weights: Arena, gradients: Arena?,
    statistics: Arena? = nil, precision: Precision = .float32
  ) throws {
    guard batch > 0, batch <= 1 << 20 else {
      throw NeuralNetworkError.invalidOption(
        option: "batch size", value: "\(batch)", expected: "from 1 to \(1 << 20)")
    }
    let layout = try definition.layout()
    let statistics = try statistics ?? Initialisation.statistics(of: definition)
    precondition(weights.layout == layout && gradients?.layout ?? layout == layout)
    let statisticsLayout = try definition.statisticsLayout()
    precondition(statistics.layout == statisticsLayout)
    let precision = precision.isSupported ? precision : .float32
    let whole = try definition.graph()
    let graph = gradients == nil ? whole.foldingNorms() : whole
    let plan = MemoryPlan(graph, batch: batch, precision: precision, training: gradients != nil)
    let bytes = plan.sizes.reduce(0, +)
    guard bytes <= ProcessInfo.processInfo.physicalMemory else {
      throw NeuralNetworkError.invalidNetwork(
        network: definition.name, layer: nil,
        message: "its activations take \(bytes >> 20) MiB for a batch of \(batch), more than this "
          + "machine's memory")
    }
    let buffers = plan.sizes.map { Buffer(bytes: $0) }
    operations = try NetworkCompiler(
      graph: graph, plan: plan, batch: batch, precision: precision, engine: Engine(),
      buffers: buffers.map(\.pointer), weights: weights, gradients: gradients,
      statistics: statistics
    ).operations()
    self.definition = definition
    self.batch = batch
    self.precision = precision
    self.buffers = buffers
    self.weights = weights
    self.gradients = gradients
    self.statistics = statistics
    let classes = definition.outputCount
    self.classes = classes
    func floats(_ buffer: Int, _ count: Int) -> UnsafeMutableBufferPointer<Float> {
      UnsafeMutableBufferPointer(start: buffers[buffer].bound(to: Float.self), count: count)
    }
    input = floats(plan.values[0], batch * definition.inputCount)
    scores = UnsafeBufferPointer(floats(plan.values[graph.output], batch * classes))
    scoresGradient = plan.contributions[graph.output].first.map { floats($0, batch * classes) }
    labels = .allocate(capacity: batch)
    labels.initialize(repeating: 0)
  }

  deinit { labels.deallocate() }

  /// Runs the inputs through the network; returns Σ loss and the number of wrong answers.
  package func evaluate() throws -> (loss: Double, wrong: Int) {
    try forward(training: false)
    let result = SoftmaxCrossEntropy.evaluate(
      scores, labels: UnsafeBufferPointer(labels), classes: classes, gradient: nil)
    return (result.loss, result.wrong)
  }

  /// Runs the inputs through the network; returns for each whether the answer is wrong.
  func mistakes() throws -> [Bool] {
    try forward(training: false)
    return labels.indices.map { row in
      SoftmaxCrossEntropy.evaluate(
        UnsafeBufferPointer(rebasing: scores[row * classes..<(row + 1) * classes]),
        labels: UnsafeBufferPointer(rebasing: labels[row...row]), classes: classes, gradient: nil
      ).wrong > 0
    }
  }

  /// Runs forward and backward; the arena `gradients` then holds those of the mean loss.
  ///
  /// - Returns: the mean loss of the batch and the number of wrong answers.
  package func learn() throws -> (loss: Double, wrong: Int) {
    try prepare()
    try forward(training: true)
    let result = loss()
    try Threads.using(threads) {
      for operation in operations.reversed() { try operation.backward() }
    }
    return (result.loss / Double(batch), result.wrong)
  }

  /// Runs the inputs through the network as when learning, for batch norm's running statistics alone.
  ///
  /// - Parameter share: how far they move towards the batch's; 1 replaces them.
  func gatherStatistics(share: Float) throws {
    try prepare()
    let layers = operations.compactMap { $0 as? BatchNormLayer }
    for layer in layers { layer.share = share }
    defer { for layer in layers { layer.share = nil } }
    try forward(training: true)
  }

  private func forward(training: Bool) throws {
    try Threads.using(threads) {
      for operation in operations { try operation.forward(training: training) }
    }
  }

  func prepare() throws {
    precondition(gradients != nil, "a network without gradients cannot learn")
    for case let operation as any RandomOperation in operations { operation.seed = seed }
  }

  func loss() -> SoftmaxCrossEntropy.Result {
    SoftmaxCrossEntropy.evaluate(
      scores, labels: UnsafeBufferPointer(labels), classes: classes, smoothing: labelSmoothing,
      gradient: scoresGradient)
  }
}
