import Foundation
import LinearAlgebra

/// The L step: anything that owns weights and can lower  L(w) + μ/2·‖w − t‖².
///
/// The alternation knows nothing of networks. SGD on a network is one conforming type
/// (`NetworkLearning`), a quadratic loss with a closed form another (`QuadraticLearning`).
public protocol LearningStep: AnyObject {
  /// w. The alternation reads it after each call of `learn`.
  var weights: Arena { get }

  /// The number of mini-batches that make an epoch; 1 where there are none.
  var batchesPerEpoch: Int { get }

  /// A new step of the μ schedule begins, counted from 0: learning-rate schedules and optimisers
  /// that start anew do so here.
  func begin(step: Int)

  /// How far the next mini-batch goes along a constant gradient of length 1: η / (1 − momentum) for SGD.
  /// A proximal step is as long as the mini-batches before it.
  ///
  /// - Parameter mu: of the penalty that it is to have, which may shorten it.
  func reach(mu: Float?) -> Float

  /// How far the first mini-batches of a step go, the sum of their `reach`, before the step begins.
  ///
  /// - Parameter step: counted from 0.
  func reach(ofStep step: Int, batches: Int) -> Double

  /// The largest share s ≤ 1 of the multipliers' step, λ ← λ − s·μ·(w − Δ(θ)), at which w and λ do not swing
  /// when the mini-batches between two C steps go that far: 1 where they reach the penalised minimum.
  func damping(mu: Float, reach: Float) -> Float

  /// Lowers the loss, plus the penalty if there is one, for that many mini-batches.
  ///
  /// - Parameter each: to be called after each mini-batch with its loss, without the penalty; what it
  ///   throws ends the step, which a `ResumableLearning` can then go on with.
  func learn(batches: Int, penalty: QuadraticPenalty?, each: (Double) throws -> Void) throws

  /// What is known of a set of weights: w or Δ(θ).
  func evaluate(_ weights: Arena) throws -> Figures

  /// The training loss, or an estimate that is cheaper: from the same data each time, so that losses differ by
  /// their weights.
  func estimateLoss(_ weights: Arena) throws -> Double
}

extension LearningStep {
  /// That of the next mini-batch for each.
  public func reach(ofStep step: Int, batches: Int) -> Double {
    Double(reach(mu: nil)) * Double(batches)
  }

  /// That of `evaluate`.
  public func estimateLoss(_ weights: Arena) throws -> Double { try evaluate(weights).trainLoss }

  /// 1: full steps of the multipliers.
  public func damping(mu: Float, reach: Float) -> Float { 1 }
}

/// An L step that can be interrupted after any mini-batch and go on elsewhere, bit for bit.
public protocol ResumableLearning: LearningStep {
  /// Everything that the next mini-batches depend on: weights, optimiser, generators, position.
  var state: Snapshot { get throws }

  /// Goes on from the state of an L step that was made in the same way.
  ///
  /// - Throws: `LinearAlgebraError.unusableState` when it was not.
  func restore(_ state: Snapshot) throws
}

/// The loss of some weights and, for classifiers, their errors.
public struct Figures: Sendable, Equatable, Codable {
  /// The mean loss on the training data, without a penalty.
  public var trainLoss: Double
  /// The share of training images that are classified wrongly, 0 to 100.
  public var trainErrorPercent: Double?
  /// The share of test images that are classified wrongly, 0 to 100.
  public var testErrorPercent: Double?

  /// The figures of some weights; without errors for a loss that classifies nothing.
  public init(trainLoss: Double, trainErrorPercent: Double? = nil, testErrorPercent: Double? = nil)
  {
    self.trainLoss = trainLoss
    self.trainErrorPercent = trainErrorPercent
    self.testErrorPercent = testErrorPercent
  }
}

extension Figures: CustomStringConvertible {
  /// On one line, such as `train loss 0.1587  train error 5.70 %  test error 11.44 %`.
  public var description: String {
    var parts = ["train loss \(String(format: "%.4f", trainLoss))"]
    for (name, percent) in [
      ("train error", trainErrorPercent), ("test error", testErrorPercent),
    ] {
      if let percent { parts.append("\(name) \(String(format: "%.2f", percent)) %") }
    }
    return parts.joined(separator: "  ")
  }
}
