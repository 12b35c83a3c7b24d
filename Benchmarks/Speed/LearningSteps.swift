import LinearAlgebra
import NeuralNetwork

/// One SGD step with the LC penalty on LeNet300: forward, loss, backward, fused update.
func measureLearningSteps() throws {
  let definition = try NetworkZoo.lenet300()
  let layout = try definition.layout()
  var random = RandomGenerator(seed: 1)
  for batch in [128, 256, 512] {
    let weights = Arena(layout)
    let gradients = Arena(layout)
    let velocity = Arena(layout)
    let target = Arena(layout)
    Initialisation.xavier.fill(weights, using: &random)
    let network = try Network(definition, batch: batch, weights: weights, gradients: gradients)
    for index in network.input.indices { network.input[index] = random.normal() }
    for index in network.labels.indices { network.labels[index] = Int32(random.next() % 10) }
    let optimiser = try SGD(momentum: 0.9, nesterov: true)
    let ranges = layout.slots.filter { $0.shape.count == 2 }.map(\.range)
    let penalty = QuadraticPenalty(mu: 1e-3, target: target, ranges: ranges)
    func update() {
      optimiser.update(
        weights, gradients: gradients, velocity: velocity, learningRate: 0.01, penalty: penalty)
    }
    for _ in 0..<20 {
      _ = try network.learn()
      update()
    }
    report(
      "lenet300 batch \(batch), penalised step",
      try time(runs: 200) {
        _ = try network.learn()
        update()
      })
    report("  of that the update", time(runs: 200) { update() })
  }
}
