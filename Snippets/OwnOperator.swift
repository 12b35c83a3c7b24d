// An operator of one's own: pruning that keeps positive weights only.

import Compression
import OperatorChecks

// snippet.operator
/// Keeps the κ largest weights that are positive and sets the rest to zero.
///
/// Solves  min ‖w − θ‖²  subject to  ‖θ‖₀ ≤ κ, θ ≥ 0  exactly; ties go to the lower index.
///
/// - Complexity: O(n·log n).
struct PositivePruning: CompressionOperator {
  /// κ, from 1 to n.
  let kept: Int

  var description: String { "positive(keep=\(kept))" }

  func validate(shape: [Int], view: String) throws {
    let count = shape.reduce(1, *)
    guard kept >= 1, kept <= count else {
      throw CompressionError.invalidParameter(
        operator: "positive", parameter: "keep", value: "\(kept)",
        expected: "from 1 to the \(count) weights of \(view)")
    }
  }

  func compress(
    _ target: WeightView, from previous: CompressedForm?, penalty mu: Float
  ) throws -> CompressedForm {
    let weights = target.values
    let best = weights.indices.sorted { (-weights[$0], $0) < (-weights[$1], $1) }
    let places = best.prefix(kept).filter { weights[$0] > 0 }.sorted()
    return .sparse(
      try Sparse(
        count: target.count, indices: places.map { UInt32($0) },
        values: places.map { weights[$0] }))
  }
  // snippet.end

  // snippet.set
  func belongs(_ form: CompressedForm, shape: [Int]) -> Bool {
    guard let form = form.sparse else { return false }
    return form.values.count <= kept && form.values.allSatisfy { $0 >= 0 }
  }

  func refit(_ form: CompressedForm, to target: WeightView) throws -> CompressedForm {
    guard let own = form.sparse else { return form }
    return .sparse(
      try Sparse(
        count: own.count, indices: own.indices,
        values: own.indices.map { max(0, target.values[Int($0)]) }))
  }
}
// snippet.end

// snippet.check
let faults = checkOperator(PositivePruning(kept: 3))
for fault in faults { print(fault) }
precondition(faults.isEmpty)
// snippet.end

// snippet.catalogue
let catalogue = OperatorCatalogue.standard.adding(
  "positive", usage: "positive(keep=K)", summary: "the K largest positive weights",
  parameters: ["keep"]
) { PositivePruning(kept: try $0.integer("keep")) }
let plan = try CompressionPlan(
  parsing: "*.weight: positive(keep=3) + quantize(k=2)", catalogue: catalogue)
print(plan)
// snippet.end
