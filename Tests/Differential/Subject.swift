import Compression

/// An operator, what its documentation claims, and the twin that it is compared with.
struct Subject {
  /// As tables show it and `--only` takes it: the plan, with what depends on the weights in braces.
  let name: String
  /// How many times the twin's objective the operator's may be; nothing is claimed where there is none.
  let claim: Double?
  /// A shape that it takes whatever the lattice holds.
  var usual = [16, 32]
  var fits: ([Int]) -> Bool = { _ in true }
  var plan: (Problem) -> String
  /// The least objective, or that of what the documentation describes; none where it takes too long.
  var least: (Problem) -> Double?
  /// What θ costs beside the distance, in units of the loss; then the objective is cost + μ/2·‖w − Δ‖².
  var cost: ((Problem, CompressedForm, [Double]) -> Double)?
  /// Where the documentation gives a result instead of an objective: the distance from that is measured.
  var expected: ((Problem) -> [Double]?)?
  /// What is wrong with a result that is not of the set.
  var fault: (Problem, CompressedForm, [Float]) -> String? = { _, _, _ in nil }
  /// The same with more levels, entries or ranks.
  var larger: ((Problem) -> String)?
  /// Whether its cases take seconds; then it stands in the first of each four rounds only.
  var isHeavy = false
  var holdsZero = true
  var isProjection = true
  var isScaleFree = true
  /// How much lower than the twin's an objective may be: the twin of an exact operator has the optimum.
  var twinSlack: Double?
  /// Whether a local optimum is all that is claimed; it may grow a little with the set.
  var isLocal = false
  /// Whether the objective is what the operator lowers from a warm start.
  var isMonotone = true
  /// The largest code that multiplies a stored step, whose rounding it multiplies as well.
  var span = 0
  /// How far rounding may take the result, as a share of ‖w‖; without it ulps of the weights count.
  var norm: Double?

  init(
    _ name: String, claim: Double?, plan: ((Problem) -> String)? = nil,
    least: @escaping (Problem) -> Double?
  ) {
    self.name = name
    self.claim = claim
    twinSlack = claim == Claim.exact ? 1e-6 : nil
    self.plan = plan ?? { _ in name }
    self.least = least
  }

  static func all() -> [Subject] {
    quantization() + fixedCodebooks() + uniform() + pruning() + structured() + penalties()
      + lowRank() + sums()
  }

  func with(_ change: (inout Subject) -> Void) -> Subject {
    var copy = self
    change(&copy)
    return copy
  }

  func objective(_ problem: Problem, _ form: CompressedForm, _ result: [Float]) -> Double {
    if let expected {
      guard let values = expected(problem) else { return 0 }
      return Problem.distance(values, result)
    }
    let distortion = problem.distortion(result)
    guard let cost else { return distortion }
    return cost(problem, form, result.map(Double.init)) + Double(problem.mu) / 2 * distortion
  }

  /// `ratio` times another objective, and what the rounding of floats of these sizes may cost.
  ///
  /// - Parameter sizes: the result, or the largest of the parts of a sum.
  func allowed(_ problem: Problem, _ sizes: [Float], _ other: Double, ratio: Double) -> Double {
    let weight = cost == nil ? 1 : Double(problem.mu) / 2
    let step = Double(span) * Double(Float.leastNonzeroMagnitude)
    let ulps = problem.roundingFloor(sizes)
    let floor =
      weight * ((norm != nil ? 16 : span > 0 ? 4 : 1) * ulps + Double(problem.count) * step * step)
    guard let norm else { return ratio * other + floor }
    let square = zip(problem.exact, sizes).reduce(0) {
      let size = max(abs($1.0), $1.1.isFinite ? Double($1.1) : 0)
      return $0 + size * size
    }
    // Where the optimum is not stationary, roundings add up with what is left: a triangle inequality.
    let rounding = norm * (weight * square).squareRoot() + 2 * (weight * ulps).squareRoot()
    let root = (ratio * other).squareRoot() + rounding
    return root * root + floor
  }
}

extension CompressedForm {
  /// The largest magnitude that each weight has in a part of a sum.
  func sizes() -> [Float] {
    guard case .sum(let sum) = self else { return decompressed().map(abs) }
    return sum.parts.map { $0.sizes() }.reduce([Float](repeating: 0, count: count)) {
      zip($0, $1).map { max($0, $1) }
    }
  }
}

extension Problem {
  static func distance(_ values: [Double], _ result: [Float]) -> Double {
    zip(values, result).reduce(0) { $0 + ($1.0 - Double($1.1)) * ($1.0 - Double($1.1)) }
  }
}

/// Which weights share a codebook.
enum Group: CaseIterable {
  case view, row, run

  var arguments: String {
    switch self {
    case .view: ""
    case .row: "per=row"
    case .run: "per=48"
    }
  }

  func size(_ shape: [Int]) -> Int {
    let count = shape.reduce(1, *)
    switch self {
    case .view: return count
    case .row: return count / shape[0]
    case .run: return 48
    }
  }

  func fits(_ shape: [Int], atLeast levels: Int = 1) -> Bool {
    (self != .row || shape.count > 1) && min(size(shape), shape.reduce(1, *)) >= levels
  }

  /// Σ over the groups.
  func sum(_ problem: Problem, _ least: ([Double]) -> Double) -> Double {
    problem.groups(of: size(problem.shape)).reduce(0) { $0 + least($1) }
  }

  /// Whether each group has at most that many values.
  func fault(_ problem: Problem, _ result: [Float], levels: Int) -> String? {
    let size = size(problem.shape)
    for start in stride(from: 0, to: result.count, by: size) {
      let found = Set(result[start..<min(start + size, result.count)]).count
      if found > levels { return "\(found) values in a group of \(levels)" }
    }
    return nil
  }

  func name(_ `operator`: String, _ arguments: [String]) -> String {
    let all = arguments + (self == .view ? [] : [self.arguments])
    return "\(`operator`)(\(all.joined(separator: ", ")))"
  }
}
