// The LC state driven by hand, by a training loop of one's own.

import Compression
import Foundation
import LearningCompression
import LinearAlgebra
import ModelFiles

// snippet.begin
let layout = try ArenaLayout([("fc.weight", [8, 16]), ("fc.bias", [8])])
let weights = Arena(layout)
var random = RandomGenerator(seed: 1)
let trained = random.normals(layout.count)
_ = weights.floats.update(fromContentsOf: trained)

let plan = try ResolvedPlan(
  CompressionPlan(parsing: "*.weight: quantize(k=2)"), for: layout)
let state = try LCState(plan, weights: weights)
try state.begin()
// snippet.end

// snippet.loop
for step in 0..<30 {
  let mu = 0.05 * pow(1.3, Float(step))
  guard let penalty = state.penalty(mu: mu) else { break }
  for _ in 0..<50 {
    // The gradient of a loss that has its minimum at the trained weights.
    var gradient = zip(weights.floats, trained).map { $0 - $1 }
    for index in penalty.ranges.joined() {
      gradient[index] += mu * (weights.floats[index] - penalty.target.floats[index])
    }
    let rate = min(0.1, 1 / mu)
    for index in gradient.indices { weights.floats[index] -= rate * gradient[index] }
  }
  try state.compress(mu: mu)
  print("step \(step): ‖w − Δ(θ)‖ / ‖w‖ = \(state.relativeDistance)")
}
// snippet.end

let folder = FileManager.default.temporaryDirectory.path

// snippet.model
let model = CompressedModel(plan, forms: state.forms, weights: weights, metadata: [:])
try model.write(to: "\(folder)/by-hand.lcm")
// snippet.end

// snippet.save
var snapshot = Snapshot()
state.store(in: &snapshot)
snapshot.store(weights, as: "weights")
try Checkpoint(state: snapshot, forms: ["theta": state.forms])
  .write(to: "\(folder)/by-hand.safetensors")
// snippet.end

// snippet.restore
let saved = try Checkpoint(path: "\(folder)/by-hand.safetensors")
let again = Arena(layout)
try saved.state.restore(again, from: "weights")
let resumed = try LCState(plan, weights: again)
try resumed.restore(saved.state, forms: saved.forms["theta"] ?? [])
// snippet.end
precondition(resumed.forms == state.forms)
precondition(resumed.relativeDistance == state.relativeDistance)
