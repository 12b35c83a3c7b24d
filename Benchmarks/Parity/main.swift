import Foundation
import LinearAlgebra
import ModelFiles
import NeuralNetwork

// The same computation as a peer's, for `Benchmarks/Peers/parity_cnn.py`:
//
//     parity NETWORK INPUT.safetensors OUTPUT.safetensors [fp32 | bf16]
//
// INPUT holds the network's state by PyTorch's names, `images` [batch, channels, height, width] and
// `labels` [batch], all F32. OUTPUT receives the scores in evaluation, the gradients of the first
// step (`gradient.NAME`), the losses of 20 steps of SGD (Nesterov's momentum 0.9, learning rate 0.0005,
// weight decay 5e-4), and the state after the first and the last of them (`first.NAME`, `last.NAME`).

let arguments = CommandLine.arguments
guard arguments.count >= 4,
  let precision = Precision(rawValue: arguments.dropFirst(4).first ?? "fp32")
else {
  FileHandle.standardError.write(
    Data("usage: parity NETWORK INPUT.safetensors OUTPUT.safetensors [fp32 | bf16]\n".utf8))
  exit(64)
}
let file = try SafetensorsFile(path: arguments[2])
guard let images = file.tensors.first(where: { $0.name == "images" }), images.shape.count == 4
else {
  FileHandle.standardError.write(Data("\(arguments[2]): no images\n".utf8))
  exit(65)
}
let batch = images.shape[0]
let definition = try NetworkZoo.network(
  named: arguments[1], input: Array(images.shape.dropFirst()), classes: 10)
let weights = Arena(try definition.layout())
let gradients = Arena(weights.layout)
let velocity = Arena(weights.layout)
let statistics = try Initialisation.statistics(of: definition)
for arena in [weights, statistics] {
  for slot in arena.layout.slots { try arena.set(slot, to: file.floats(slot.name)) }
}
let network = try Network(
  definition, batch: batch, weights: weights, gradients: gradients, statistics: statistics,
  precision: precision)
_ = network.input.update(fromContentsOf: try file.floats("images"))
for (index, label) in try file.floats("labels").enumerated() where index < batch {
  network.labels[index] = Int32(label)
}

var results: [TensorSource] = []
@MainActor func keep(_ name: String, _ shape: [Int], _ values: [Float]) {
  results.append(TensorSource(name: name, shape: shape, floats: values))
}
@MainActor func keep(_ arenas: [Arena], as prefix: String) {
  for arena in arenas {
    for slot in arena.layout.slots { keep(prefix + slot.name, slot.shape, arena.values(of: slot)) }
  }
}
_ = try network.evaluate()
keep("scores", [batch, network.classes], Array(network.scores))
// A network that cannot learn computes the same, in fewer buffers.
let evaluating = try Network(
  definition, batch: batch, weights: weights, gradients: nil, statistics: statistics,
  precision: precision)
_ = evaluating.input.update(fromContentsOf: network.input)
_ = try evaluating.evaluate()
keep("scores, only evaluating", [batch, network.classes], Array(evaluating.scores))

let optimiser = try SGD(momentum: 0.9, nesterov: true, weightDecay: 5e-4)
var losses: [Float] = []
for step in 0..<20 {
  losses.append(Float(try network.learn().loss))
  if step == 0 { keep([gradients], as: "gradient.") }
  optimiser.update(
    weights, gradients: gradients, velocity: velocity, learningRate: 0.0005, penalty: nil)
  if step == 0 { keep([weights, statistics], as: "first.") }
}
keep([weights, statistics], as: "last.")
keep("losses", [losses.count], losses)
try SafetensorsFile.write(results, metadata: [:], to: arguments[3])
