// Compresses the network that `TrainNetwork` has saved.

import CompressedInference
import Compression
import Datasets
import LearningCompression
import ModelFiles
import NeuralNetwork

// snippet.trainer
let data = try Dataset.load("fashion-mnist")
let reference = try TrainedNetwork(contentsOf: "reference.safetensors")
let trainer = try Trainer(
  reference.definition, data: data, options: TrainingOptions(optimiser: SGD()),
  initial: reference.weights, statistics: reference.statistics)
// snippet.end

// snippet.plan
let written = try CompressionPlan(parsing: "joint(*.weight): quantize(k=2) + prune(keep=1%)")
let plan = try ResolvedPlan(
  written, for: trainer.weights.layout, positions: reference.definition.uses())
// snippet.end

// snippet.alternate
let rule = ScheduleRule(.lc, budget: .epochs(30), perEpoch: trainer.batchesPerEpoch)
let learning = NetworkLearning(trainer, decay: NetworkLearning.decay(steps: rule.steps))
let result = try rule.run(plan, learning: learning) { progress in
  guard case .step(let step, let steps) = progress else { return }
  print("step \(step.step + 1) of \(steps): loss \(step.loss), distance \(step.distance)")
}
print(result.reference, result.direct, result.compressed)
// snippet.end

// snippet.save
let model = try result.model(of: learning)
let bytes = try model.write(to: "compressed.lcm")
print("\(model.ratio) times fewer bits, \(bytes) bytes in the file")
// snippet.end

// snippet.run
let compressed = try CompressedNetwork(
  reference.definition, CompressedModel(path: "compressed.lcm"))
let evaluation = compressed.evaluate(data.test, normalisation: data.normalisation)
print("test error \(evaluation.errorPercent) %")
// snippet.end
