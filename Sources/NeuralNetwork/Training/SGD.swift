import LinearAlgebra

/// Stochastic gradient descent with momentum, in PyTorch's form: v ← m·v + g, w ← w − η·v, or with
/// Nesterov's momentum w ← w − η·(g + m·v).
public struct SGD: Sendable, Equatable, Codable {
  /// m, at least 0 and below 1.
  public var momentum: Float
  /// Whether the step looks ahead along the momentum; it needs m above 0.
  public var nesterov: Bool
  /// Adds weightDecay · w to the gradient of every parameter.
  public var weightDecay: Float

  /// What is taken where nothing is said, here and on the command line.
  public static let usual = SGD()

  private init() { (momentum, nesterov, weightDecay) = (0.9, false, 0) }

  /// PyTorch's form, by default with a momentum of 0.9, not Nesterov's, and without weight decay.
  ///
  /// - Throws: `NeuralNetworkError.invalidOption`.
  public init(
    momentum: Float = SGD.usual.momentum, nesterov: Bool = SGD.usual.nesterov,
    weightDecay: Float = SGD.usual.weightDecay
  ) throws {
    guard (0..<1).contains(momentum) else {
      throw NeuralNetworkError.invalidOption(
        option: "momentum", value: "\(momentum)", expected: "at least 0 and below 1")
    }
    guard weightDecay >= 0, weightDecay.isFinite else {
      throw NeuralNetworkError.invalidOption(
        option: "weight decay", value: "\(weightDecay)", expected: "0 or more")
    }
    guard !nesterov || momentum > 0 else {
      throw NeuralNetworkError.invalidOption(
        option: "momentum", value: "\(momentum)", expected: "above 0 with Nesterov's momentum")
    }
    self.momentum = momentum
    self.nesterov = nesterov
    self.weightDecay = weightDecay
  }

  /// One update of all parameters: a single pass over weights, gradients, momentum and target.
  ///
  /// With a penalty the gradient of μ/2·‖w − t‖² is added in its ranges, and the learning rate is
  /// clipped at 1/μ: a longer step along that term alone would overshoot t.
  ///
  /// - Parameter undecayed: ranges without weight decay, ascending and disjoint.
  /// - Complexity: O(parameters); moves six floats a penalised parameter.
  package func update(
    _ weights: Arena, gradients: Arena, velocity: Arena, learningRate: Float,
    penalty: QuadraticPenalty?, undecayed: [Range<Int>] = []
  ) {
    let rate = penalty.map { min(learningRate, 1 / $0.mu) } ?? learningRate
    let w = weights.floats
    let g = gradients.floats
    let v = velocity.floats
    let t = penalty?.target.floats ?? w
    let mu = penalty?.mu ?? 0
    let penalised = penalty?.ranges ?? []
    let m = momentum
    let look = nesterov ? m : 1  // the step is η·(g·(nesterov ? 1 : 0) + look·v)
    let own: Float = nesterov ? 1 : 0
    parallel(over: weights.layout.count, grain: 32_768) { part in
      var start = part.lowerBound
      var inPenalised = RangeWalk(penalised)
      var inUndecayed = RangeWalk(undecayed)
      // Stretch by stretch of equal treatment.
      while start < part.upperBound {
        let pulls = inPenalised.contains(start)
        let decay = inUndecayed.contains(start) ? 0 : weightDecay
        let end = min(
          part.upperBound, inPenalised.boundary(after: start), inUndecayed.boundary(after: start))
        if pulls {
          for index in start..<end {
            let gradient = g[index] + decay * w[index] + mu * (w[index] - t[index])
            let speed = m * v[index] + gradient
            v[index] = speed
            w[index] -= rate * (own * gradient + look * speed)
          }
        } else {
          for index in start..<end {
            let gradient = g[index] + decay * w[index]
            let speed = m * v[index] + gradient
            v[index] = speed
            w[index] -= rate * (own * gradient + look * speed)
          }
        }
        start = end
      }
    }
  }
}

/// Goes through ascending, disjoint ranges together with an ascending position.
private struct RangeWalk {
  private let ranges: [Range<Int>]
  private var next = 0

  init(_ ranges: [Range<Int>]) { self.ranges = ranges }

  mutating func contains(_ position: Int) -> Bool {
    while next < ranges.count, ranges[next].upperBound <= position { next += 1 }
    return next < ranges.count && ranges[next].lowerBound <= position
  }

  /// Where the answer changes next; to be asked after `contains`.
  func boundary(after position: Int) -> Int {
    guard next < ranges.count else { return .max }
    return ranges[next].lowerBound > position ? ranges[next].lowerBound : ranges[next].upperBound
  }
}
