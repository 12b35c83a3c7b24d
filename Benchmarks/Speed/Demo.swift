import Compression
import Datasets
import LearningCompression
import LinearAlgebra
import NeuralNetwork
func demo() throws {
  let data = try Dataset.load("fashion-mnist")
  let network = try NetworkZoo.lenet300()
  var options = TrainingOptions(optimiser: try SGD(momentum: 0.9, nesterov: true))
  options.learningRate = 0.09
  let trainer = try Trainer(network, data: data, options: options)
  let start = ContinuousClock.now
  for epoch in 0..<20 {
    trainer.learningRate = 0.09
    for _ in 0..<epoch { trainer.learningRate *= 0.98 }
    let loss = try trainer.train(batches: trainer.batchesPerEpoch)
    print(epoch, loss, try trainer.evaluate(trainer.weights, on: data.test))
  }
  print(ContinuousClock.now - start)
  let plan = try ResolvedPlan(CompressionPlan(parsing: "joint(*.weight): quantize(k=2) + prune(keep=1%)"), for: trainer.weights.layout)
  let result = try Alternation(schedule: .exponential(initial: 0.018, growth: 1.1, steps: 20), budget: .epochs(3))
    .run(plan, learning: NetworkLearning(trainer, learningRate: 0.09, decay: 0.98)) {
    if case .step(let s, _) = $0 { print(s) }
    if case .direct(let s) = $0 { print(s) }
  }
  print(result.compressed, ContinuousClock.now - start)
}
