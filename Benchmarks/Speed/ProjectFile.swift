import Compression
import Foundation
import LinearAlgebra
import ModelFiles

/// One operator on the weights of a file, cold, and from there warm on those of another: what the
/// comparison with other tools runs, so that all see the same numbers.
func measureProjection(cold: String, warm: String, plan: String) throws {
  let `operator` = try CompressionPlan(parsing: "*: " + plan).tasks[0].operator
  func view(_ path: String) throws -> WeightView {
    let file = try openTensorFile(path)
    guard let tensor = file.tensors.first else { throw CompressionError.malformedForm(path) }
    return try WeightView(file.floats(tensor.name), shape: tensor.shape)
  }
  func error(_ target: WeightView, _ form: CompressedForm) -> String {
    let relative =
      target.values.squaredDistance(to: form.decompressed()) / target.values.squaredNorm
    return String(format: ", relative error %.10f", relative)
  }
  let first = try view(cold)
  var form: CompressedForm?
  let repetitions = plan.contains("exact") ? 1 : 5
  let times = try time(repetitions: repetitions) {
    form = try `operator`.compress(first, from: nil, penalty: 1)
  }
  guard let form else { return }
  report("\(plan), cold", times, error(first, form))
  let second = try view(warm)
  var next: CompressedForm?
  let again = try time(repetitions: repetitions) {
    next = try `operator`.compress(second, from: form, penalty: 1)
  }
  if let next { report("\(plan), warm", again, error(second, next)) }
}
