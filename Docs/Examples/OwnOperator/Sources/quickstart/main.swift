import Compression
import Datasets
import LearningCompression
import ModelFiles
import NeuralNetwork

let data = try Dataset.load("fashion-mnist")
let network = try NetworkDefinition(
  name: "mine", input: data.training.shape,
  layers: [.linear("fc1", 300), .tanh, .linear("fc2", 100), .tanh, .linear("fc3", 10)])
let trainer = try Trainer(
  network, data: data, options: TrainingOptions(optimiser: SGD(nesterov: true)))
try trainer.train(batches: 20 * trainer.batchesPerEpoch)
try trainer.network.write(to: "reference.safetensors")

let sum = try AdaptiveQuantization(levels: 2) + Pruning(keeping: .fraction(0.01))
let plan = try ResolvedPlan(
  CompressionPlan([CompressionTask(.joint("*.weight"), sum)]), for: trainer.weights.layout)
// What is not said is as for `lc compress`: 40 steps of 3 epochs, from which μ and all else follow.
let learning = NetworkLearning(trainer)
let result = try ScheduleRule().run(plan, learning: learning)
print(result.reference, result.direct, result.compressed)
try result.model(of: learning).write(to: "compressed.lcm")
