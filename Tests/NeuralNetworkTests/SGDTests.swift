import LinearAlgebra
import NeuralNetwork
import Testing

@Suite struct SGDTests {
  /// PyTorch's rule with the penalty's gradient added, one parameter after the other.
  @Test(arguments: [(true, Float(0.9)), (false, 0.9), (false, 0)])
  func equalsTheTextbook(nesterov: Bool, momentum: Float) throws {
    let layout = try ArenaLayout([("a", [10]), ("b", [70_000]), ("c", [5]), ("d", [3])])
    var random = RandomGenerator(seed: 4)
    func arena() -> Arena {
      let arena = Arena(layout)
      for index in arena.floats.indices { arena.floats[index] = random.normal() }
      return arena
    }
    let (weights, gradients, velocity, target) = (arena(), arena(), Arena(layout), arena())
    let sgd = try SGD(momentum: momentum, nesterov: nesterov, weightDecay: 0.01)
    let ranges = [3..<10, 50..<60_000, 70_010..<70_012]
    let undecayed = [0..<5, 8..<60, 59_990..<60_020, 70_011..<70_018]
    for mu: Float in [0, 0.5, 1000] {
      let penalty = mu > 0 ? QuadraticPenalty(mu: mu, target: target, ranges: ranges) : nil
      let rate: Float = mu > 0 ? min(0.1, 1 / mu) : 0.1
      var w = Array(weights.floats)
      var v = Array(velocity.floats)
      for index in w.indices {
        let decays = !undecayed.contains { $0.contains(index) }
        var g = gradients.floats[index] + (decays ? 0.01 * w[index] : 0)
        if mu > 0, ranges.contains(where: { $0.contains(index) }) {
          g += mu * (w[index] - target.floats[index])
        }
        v[index] = momentum * v[index] + g
        w[index] -= rate * (nesterov ? g + momentum * v[index] : v[index])
      }
      sgd.update(
        weights, gradients: gradients, velocity: velocity, learningRate: 0.1, penalty: penalty,
        undecayed: undecayed)
      for index in w.indices where abs(weights.floats[index] - w[index]) > 1e-4 {
        Issue.record("parameter \(index): \(weights.floats[index]), expected \(w[index])")
      }
    }
  }

  @Test func wrongOptionsAreErrors() {
    #expect(throws: NeuralNetworkError.self) { try SGD(momentum: 1, nesterov: false) }
    #expect(throws: NeuralNetworkError.self) { try SGD(momentum: -0.1, nesterov: false) }
    #expect(throws: NeuralNetworkError.self) { try SGD(momentum: 0, nesterov: true) }
    #expect(throws: NeuralNetworkError.self) { try SGD(weightDecay: -1) }
    #expect(throws: NeuralNetworkError.self) { try SGD(weightDecay: .nan) }
  }
}
