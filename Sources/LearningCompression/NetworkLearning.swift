import Foundation
import LinearAlgebra
import NeuralNetwork

/// The L step of a network: SGD, with momentum that starts anew and a learning rate that decays from
/// one step of the μ schedule to the next.
public final class NetworkLearning: ResumableLearning {
  public let trainer: Trainer
  private let learningRate: Float
  private let decay: Float

  /// - Parameters:
  ///   - learningRate: η of step 0.
  ///   - decay: η of step i is learningRate · decayⁱ.
  public init(_ trainer: Trainer, learningRate: Float, decay: Float) {
    self.trainer = trainer
    self.learningRate = learningRate
    self.decay = decay
  }

  public var weights: Arena { trainer.weights }
  public var batchesPerEpoch: Int { trainer.batchesPerEpoch }

  public func begin(step: Int) {
    trainer.resetMomentum()
    trainer.learningRate = learningRate * pow(decay, Float(step))
  }

  public func reach(ofBatches batches: Int) -> Float {
    Float(batches) * trainer.learningRate / (1 - trainer.momentum)
  }

  public func learn(batches: Int, penalty: QuadraticPenalty?, each: (Double) throws -> Void) throws
  {
    do {
      try trainer.train(batches: batches, penalty: penalty, each: each)
    } catch let error as NeuralNetworkError {
      guard case .diverged = error else { throw error }
      throw DivergenceError(reason: "\(error)")
    }
  }

  public var state: Snapshot { get throws { try trainer.state } }

  public func restore(_ state: Snapshot) throws { try trainer.restore(state) }

  public func evaluate(_ weights: Arena) throws -> Figures {
    try Figures(
      training: trainer.evaluate(weights, on: trainer.data.training),
      test: trainer.evaluate(weights, on: trainer.data.test))
  }
}

extension Figures {
  public init(training: Evaluation, test: Evaluation) {
    self.init(
      trainLoss: training.loss, trainErrorPercent: training.errorPercent,
      testErrorPercent: test.errorPercent)
  }
}
