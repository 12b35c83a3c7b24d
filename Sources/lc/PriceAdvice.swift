import Compression
import LinearAlgebra

/// What is to be said of operators with a price where μ follows from the run.
enum PriceAdvice {
  /// A line for each operator whose form costs something.
  ///
  /// - Throws: `CompressionError.notFinite`.
  static func lines(_ plan: ResolvedPlan, _ forms: [CompressedForm], weights: Arena) throws
    -> [String]
  {
    var names: [String] = []
    for (problem, form) in zip(plan.problems, forms) {
      let name = "\(problem.operator)"
      guard !names.contains(name),
        problem.operator.cost(of: form, in: try problem.target(weights)) > 0
      else { continue }
      names.append(name)
    }
    return names.map {
      "\($0) weighs its price against μ, and the μ that follows from the run may be far too small for it: "
        + "if too little is left, give --mu and --mu-growth"
    }
  }
}
