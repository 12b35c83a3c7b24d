import Compression
import Foundation
import LinearAlgebra
import OperatorChecks

// The operator joins the plan language, sums with the others, and is checked against a search.

let catalogue = OperatorCatalogue.standard.adding(
  "firm", usage: "firm(alpha=A, gamma=G)", summary: "minimax concave penalty",
  parameters: ["alpha", "gamma"]
) { FirmThreshold(alpha: try $0.number("alpha"), gamma: try $0.number("gamma")) }

var random = RandomGenerator(seed: 0)
let weights = random.normals(1000)
for mu: Float in [0.5, 4] {
  let firm = FirmThreshold(alpha: 1, gamma: 0.8)
  let form = try firm.compress(WeightView(weights), from: nil, penalty: mu)
  for (weight, value) in zip(weights, form.decompressed()) {
    func objective(_ x: Double) -> Double {
      firm.penalty(x) + Double(mu) / 2 * (Double(weight) - x) * (Double(weight) - x)
    }
    let best = (-4000...4000).map { objective(Double($0) / 1000) }.min() ?? 0
    guard objective(Double(value)) <= best + 1e-6 else {
      fatalError("\(value) is not the best for \(weight)")
    }
  }
  print("μ = \(mu): \(form.sparse?.values.count ?? 0) of \(weights.count) weights stay")
}

// What every operator must do: shapes, its set, warm starts, storage, the same result twice.
for fault in checkOperator(FirmThreshold(alpha: 1, gamma: 0.8)) { fatalError("\(fault)") }

let plan = try CompressionPlan(
  parsing: "*: firm(alpha=1, gamma=0.8) + quantize(k=2)", catalogue: catalogue)
let sum = try plan.tasks[0].operator.compress(WeightView(weights), from: nil, penalty: 4)
let error = weights.squaredDistance(to: sum.decompressed()) / weights.squaredNorm
print("\(plan): relative error \(error), \(sum.storage.bits) bits")
