import LinearAlgebra
import NeuralNetwork

/// A network with random weights, inputs and labels, and what an SGD step with the LC penalty needs.
struct PenalisedStep {
  let network: Network
  private let weights: Arena
  private let gradients: Arena
  private let velocity: Arena
  private let penalty: QuadraticPenalty
  private let optimiser: SGD

  init(_ definition: NetworkDefinition, batch: Int, precision: Precision = .float32) throws {
    let layout = try definition.layout()
    var random = RandomGenerator(seed: 1)
    weights = Arena(layout)
    gradients = Arena(layout)
    velocity = Arena(layout)
    Initialisation.usual(for: definition).fill(weights, using: &random)
    network = try Network(
      definition, batch: batch, weights: weights, gradients: gradients, precision: precision)
    for index in network.input.indices { network.input[index] = random.normal() }
    for index in network.labels.indices { network.labels[index] = Int32(random.next() % 10) }
    optimiser = try SGD(momentum: 0.9, nesterov: true)
    let ranges = layout.slots.filter { $0.shape.count >= 2 }.map(\.range)
    penalty = QuadraticPenalty(mu: 1e-3, target: Arena(layout), ranges: ranges)
  }

  func update() {
    optimiser.update(
      weights, gradients: gradients, velocity: velocity, learningRate: 0.01, penalty: penalty)
  }

  func run() throws {
    _ = try network.learn()
    update()
  }
}

/// One SGD step with the LC penalty: forward, loss, backward, fused update.
func measureLearningSteps() throws {
  for batch in [128, 256, 512] {
    let step = try PenalisedStep(NetworkZoo.lenet300(), batch: batch)
    for _ in 0..<20 { try step.run() }
    report("lenet300 batch \(batch), penalised step", try time(runs: 200) { try step.run() })
    report("  of that the update", time(runs: 200) { step.update() })
  }
}

/// The same for convolutional networks, 3 × 32 × 32 unless they are made for 28 × 28.
func measureConvolutionalSteps() throws {
  func measure(_ name: String, _ precision: Precision, runs: Int) throws {
    let input = name == "lenet5" ? [1, 28, 28] : [3, 32, 32]
    let definition = try NetworkZoo.network(named: name, input: input, classes: 10)
    let step = try PenalisedStep(definition, batch: 128, precision: precision)
    for _ in 0..<3 { try step.run() }
    report(
      "\(name) batch 128 \(step.network.precision.rawValue), penalised step",
      try time(repetitions: 5, runs: runs) { try step.run() })
  }
  for precision in Precision.allCases where precision.isSupported {
    try measure("lenet5", precision, runs: 20)
    try measure("resnet20", precision, runs: 3)
    try measure("vgg11", precision, runs: 1)
  }
}

/// Evaluation of 200 images, batch norms folded into the convolutions.
func measureEvaluations() throws {
  for name in ["lenet5", "resnet20", "vgg11"] {
    let input = name == "lenet5" ? [1, 28, 28] : [3, 32, 32]
    let definition = try NetworkZoo.network(named: name, input: input, classes: 10)
    let weights = Arena(try definition.layout())
    var random = RandomGenerator(seed: 1)
    Initialisation.usual(for: definition).fill(weights, using: &random)
    let network = try Network(definition, batch: 200, weights: weights, gradients: nil)
    for index in network.input.indices { network.input[index] = random.normal() }
    report("\(name), evaluation of 200 images", try time { _ = try network.evaluate() })
  }
}
