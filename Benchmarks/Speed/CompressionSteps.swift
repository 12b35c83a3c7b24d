import Compression
import Foundation
import LinearAlgebra

/// C steps on Gaussian weights.
func measureCompressionSteps() throws {
  var random = RandomGenerator(seed: 1)
  func measure(_ plan: String, count: Int) throws {
    let `operator` = try CompressionPlan(parsing: "*: " + plan).tasks[0].operator
    let weights = random.normals(count, scale: 0.05)
    let target = try WeightView(weights)
    var form: CompressedForm?
    let cold = try time(repetitions: 5) {
      form = try `operator`.compress(target, from: nil, penalty: 0)
    }
    guard let form else { return }
    func error(_ weights: [Float], _ form: CompressedForm) -> String {
      let relative = weights.squaredDistance(to: form.decompressed()) / weights.squaredNorm
      return String(format: ", relative error %.8f", relative)
    }
    report("\(plan), n = \(count), cold", cold, error(weights, form))
    let moved = zip(weights, random.normals(count, scale: 1e-3)).map { $0 + $1 }
    let next = try WeightView(moved)
    var warm: CompressedForm?
    let times = try time(repetitions: 5) {
      warm = try `operator`.compress(next, from: form, penalty: 0)
    }
    if let warm { report("\(plan), n = \(count), warm", times, error(moved, warm)) }
  }
  for count in [266_200, 1_000_000, 4_000_000] {
    for plan in ["quantize(k=2)", "quantize(k=16)", "prune(keep=5%)"] {
      try measure(plan, count: count)
    }
    if count <= 1_000_000 { try measure("prune(keep=1%) + quantize(k=2)", count: count) }
    if count <= 1_000_000 { try measure("quantize(k=2) + prune(keep=1%)", count: count) }
  }
}
