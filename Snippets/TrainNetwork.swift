// Trains LeNet300 on Fashion-MNIST, and saves it.

import Datasets
import Foundation
import LearningCompression
import NeuralNetwork

// snippet.data
let data = try Dataset.load("fashion-mnist")
let network = try NetworkZoo.network(
  named: "lenet300", input: data.training.shape, classes: data.classes)
// snippet.end

// snippet.train
var options = TrainingOptions(optimiser: try SGD(momentum: 0.9))
options.learningRate = 0.1
options.seed = 1
let trainer = try Trainer(network, data: data, options: options)
for epoch in 0..<20 {
  trainer.learningRate = 0.1 * pow(0.95, Float(epoch))
  let loss = try trainer.train(batches: trainer.batchesPerEpoch)
  print("epoch \(epoch + 1): training loss \(loss)")
}
let test = try trainer.evaluate(trainer.weights, on: data.test)
print("test error \(test.errorPercent) %")
// snippet.end

// snippet.save
try trainer.network.write(to: "reference.safetensors")
let saved = try TrainedNetwork(contentsOf: "reference.safetensors")
print(saved.definition.name, saved.weights.layout.count, "parameters")
// snippet.end
