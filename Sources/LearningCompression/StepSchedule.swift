import NeuralNetwork

/// How the learning rate of SGD changes within an L step; it starts anew in each.
///
/// - Source: Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts",
///   arXiv 1608.03983; an L step is what lies between two restarts.
public struct StepSchedule: Sendable, Equatable {
  /// By what the step's first learning rate is multiplied.
  public var rates: LearningRateSchedule
  /// Of an L step: the alternation's budget.
  public var length: Period

  /// A schedule for L steps of that length, over which the cosine falls.
  public init(_ rates: LearningRateSchedule, length: Period) {
    self.rates = rates
    self.length = length
  }

  /// The factor of a mini-batch of the step, counted from 0.
  func factor(batch: Int, batchesPerEpoch: Int) -> Float {
    rates.factor(
      batch: batch, batchesPerEpoch: batchesPerEpoch,
      epochs: Float(length.batches(perEpoch: batchesPerEpoch)) / Float(max(1, batchesPerEpoch)))
  }
}
