import Foundation

/// How the learning rate changes over a run, as a factor of the initial one.
public struct LearningRateSchedule: Sendable, Equatable {
  /// How the factor falls.
  public enum Shape: Sendable, Equatable {
    /// factorᵉ after e whole epochs.
    case exponential(factor: Float)
    /// factorⁿ after the n-th of these epochs.
    case steps(at: [Int], factor: Float)
    /// ½·(1 + cos(π·t)) with t from 0 to 1 over the run, from mini-batch to mini-batch.
    ///
    /// - Source: Loshchilov & Hutter, "SGDR", arXiv 1608.03983, without restarts.
    case cosine
  }

  /// How the factor falls after the warm-up.
  public var shape: Shape
  /// During so many epochs at the beginning the rate rises linearly from 0 to the shape's.
  public var warmUpEpochs: Int

  /// A shape, after a warm-up of so many epochs.
  ///
  /// - Throws: `NeuralNetworkError.invalidOption`.
  public init(_ shape: Shape, warmUpEpochs: Int = 0) throws {
    func require(_ fits: Bool, _ option: String, _ value: String, _ expected: String) throws {
      guard fits else {
        throw NeuralNetworkError.invalidOption(option: option, value: value, expected: expected)
      }
    }
    switch shape {
    case .exponential(let factor):
      try require(factor > 0 && factor.isFinite, "decay", "\(factor)", "above 0")
    case .steps(let epochs, let factor):
      try require(factor > 0 && factor.isFinite, "decay", "\(factor)", "above 0")
      try require(
        !epochs.isEmpty && epochs.allSatisfy { $0 > 0 }, "milestones", "\(epochs)",
        "epochs from 1 on")
    case .cosine: break
    }
    try require(warmUpEpochs >= 0, "warm-up", "\(warmUpEpochs)", "0 epochs or more")
    self.shape = shape
    self.warmUpEpochs = warmUpEpochs
  }

  /// The factor of a mini-batch, counted from 0, of a run of `epochs` epochs, which need not be whole.
  package func factor(batch: Int, batchesPerEpoch: Int, epochs: Float) -> Float {
    let perEpoch = max(1, batchesPerEpoch)
    let epoch = batch / perEpoch
    let progress = Float(batch) / Float(perEpoch)
    let shaped: Float =
      switch shape {
      case .exponential(let factor): pow(factor, Float(epoch))
      case .steps(let milestones, let factor):
        pow(factor, Float(milestones.count { $0 <= epoch }))
      case .cosine: (1 + cos(.pi * (progress < epochs ? progress / epochs : 1))) / 2
      }
    guard epoch < warmUpEpochs else { return shaped }
    // The first mini-batch moves, too.
    return shaped * (Float(batch) + 1) / Float(warmUpEpochs * perEpoch)
  }
}
