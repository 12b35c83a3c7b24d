import LinearAlgebra

/// The sum of several operators: the weights are approximated by Δ₁(θ₁) + … + Δ_K(θ_K).
///
/// min Σ cost_k(θ_k) + μ/2·‖w − Σ Δ_k(θ_k)‖² by block alternation: each operator in turn is given what
/// the others leave of the target. The objective never increases: a part's new θ is taken only if it
/// is no worse than the one before. The alternation stops when a round lowers the objective by less
/// than `tolerance` of itself, a hundredth of that without a warm start, or after `rounds`. Approximate in general (a local optimum); with the
/// first part seeing the whole target, the order of the parts can matter. Restarts try other orders,
/// with a little noise on what the first round sees, and keep the best.
///
/// Exact, in one pass, for a fixed codebook and κ entries, such as `sign() + prune(keep=1%)`: each
/// weight takes its nearest entry, and the κ largest remainders are corrected.
///
/// - Complexity: per round that of each operator, plus O(K·n).
/// - Source: Carreira-Perpiñán & Idelbayev, arXiv 2107.04380.
public struct CompressionSum: CompressionOperator {
  /// Δ₁ … Δ_K, one at least, in the order in which they see what is left of the target.
  public let parts: [any CompressionOperator]
  /// The most rounds of the alternation, 1 or more.
  public let rounds: Int
  /// The share of the objective, 0 or more, that a round must gain for another one to follow.
  public let tolerance: Double
  /// How many more starts there are when there is no warm start.
  public let restarts: Int
  /// Of the restarts' orders and noise.
  public let seed: UInt64

  /// A sum of one or more operators; `+` makes the usual ones.
  ///
  /// - Precondition: there is a part, `rounds` is positive, `tolerance` and `restarts` are not
  ///   negative.
  public init(
    _ parts: [any CompressionOperator], rounds: Int = 50, tolerance: Double = 1e-4,
    restarts: Int = 0, seed: UInt64 = 0
  ) {
    precondition(!parts.isEmpty && rounds > 0 && tolerance >= 0 && restarts >= 0)
    self.parts = parts
    self.rounds = rounds
    self.tolerance = tolerance
    self.restarts = restarts
    self.seed = seed
  }

  /// As it is written in a plan: `quantize(k=2) + prune(keep=1%)`, or
  /// `sum(A + B, rounds=20, restarts=3)` where these are not the default. The tolerance and the
  /// seed are not written.
  public var description: String {
    let sum = parts.map(\.description).joined(separator: " + ")
    let options =
      (rounds == 50 ? [] : ["rounds=\(rounds)"]) + (restarts == 0 ? [] : ["restarts=\(restarts)"])
    return options.isEmpty ? sum : "sum(\(sum), \(options.joined(separator: ", ")))"
  }

  /// Refuses what any part refuses.
  ///
  /// - Throws: the first such part's error.
  public func validate(shape: [Int], view: String) throws {
    for part in parts { try part.validate(shape: shape, view: view) }
  }

  /// The sum of the parts' costs; 0 for a form that is no sum.
  public func cost(of form: CompressedForm, in view: WeightView) -> Double {
    guard case .sum(let form) = form else { return 0 }
    return zip(parts, form.parts).reduce(0) { $0 + $1.0.cost(of: $1.1, in: view) }
  }

  /// Takes sums of as many parts, each of which belongs to its operator.
  public func belongs(_ form: CompressedForm, shape: [Int]) -> Bool {
    guard case .sum(let form) = form else { return false }
    return form.parts.count == parts.count
      && zip(parts, form.parts).allSatisfy { $0.belongs($1, shape: shape) }
  }

  /// Refits the parts in turn, each by its own operator to what the others leave, three times; a
  /// sum of another number of parts stays as it is. No worse than before.
  public func refit(_ form: CompressedForm, to target: WeightView) throws -> CompressedForm {
    guard case .sum(let own) = form else { return form }
    guard own.parts.count == parts.count else { return form }
    return .sum(
      try own.refitted(to: target.values) { part, form, rest in
        var view = target
        view.values = rest
        return try parts[part].refit(form, to: view)
      })
  }

  /// Alternates between the parts, monotone from a warm start of as many parts; those that do not
  /// belong are found anew. Without one there are the restarts, too.
  ///
  /// - Throws: the parts' errors; `CompressionError.outOfRange` where the sum exceeds a `Float`.
  /// - Complexity: per round that of each operator, plus O(K·n).
  public func compress(
    _ target: WeightView, from previous: CompressedForm?, penalty mu: Float
  ) throws -> CompressedForm {
    let start: AdditiveSum? = if case .sum(let sum) = previous { sum } else { nil }
    let sum = try solution(target, from: start, penalty: mu)
    // What is left of the target may be finite where the parts' sum is not.
    if isNearTheEnd(target), !sum.decompressed().isFinite { throw beyondFloat }
    return .sum(sum)
  }

  /// Only there can a part be handed, or a sum be, what is not finite.
  private func isNearTheEnd(_ target: WeightView) -> Bool {
    target.values.uncomfortableExponent > 100
  }

  private func solution(_ target: WeightView, from previous: AdditiveSum?, penalty mu: Float)
    throws -> AdditiveSum
  {
    if let exact = try exactSolution(target, penalty: mu) { return exact }
    if let previous, previous.parts.count == parts.count, previous.count == target.count {
      // Parts that do not belong, as those of pruning that kept more, are found anew.
      let start = zip(parts, previous.parts).map { $0.belongs($1, shape: target.shape) ? $1 : nil }
      return try alternate(target, from: start, penalty: mu).sum
    }
    var best = try alternate(
      target, from: Array(repeating: nil, count: parts.count), penalty: mu)
    var random = RandomGenerator(seed: seed, stream: 4)
    for _ in 0..<restarts {
      var order = Array(parts.indices)
      order.shuffle(using: &random)
      let found = try alternate(
        target, from: start(target, order: order, using: &random, penalty: mu), penalty: mu)
      if found.objective < best.objective { best = found }
    }
    return best.sum
  }

  /// One round in another order, on weights with a tenth of their size in noise.
  private func start(
    _ target: WeightView, order: [Int], using random: inout RandomGenerator, penalty mu: Float
  ) throws -> [CompressedForm?] {
    let scale = Float((target.values.squaredNorm / Double(target.count)).squareRoot() / 10)
    var rest = target
    for index in rest.values.indices { rest.values[index] += random.normal() * scale }
    var forms: [CompressedForm?] = Array(repeating: nil, count: parts.count)
    for index in order {
      guard rest.values.isFinite else { throw beyondFloat }
      let form = try parts[index].compress(rest, from: nil, penalty: mu)
      form.add(to: &rest.values, scale: -1)
      forms[index] = form
    }
    return forms
  }

  private func alternate(_ target: WeightView, from start: [CompressedForm?], penalty mu: Float)
    throws
    -> (sum: AdditiveSum, objective: Double)
  {
    var forms = start
    var rest = what(forms, leaveOf: target)
    // Costs are counted in units of ‖·‖², so that without costs μ does not matter.
    func cost(_ part: Int, _ form: CompressedForm?) -> Double {
      form.map { parts[part].cost(of: $0, in: target) }.map { $0 > 0 ? $0 * 2 / Double(mu) : 0 }
        ?? 0
    }
    var costs = forms.indices.map { cost($0, forms[$0]) }
    var objective = rest.values.squaredNorm + costs.reduce(0, +)

    let least = start.contains { $0 == nil } ? tolerance / 100 : tolerance
    let isNearTheEnd = isNearTheEnd(target)
    for round in 0..<rounds {
      // Anew now and then, for what is added and taken away again leaves its rounding.
      if round > 0, round.isMultiple(of: 8) { rest = what(forms, leaveOf: target) }
      let before = objective
      for (index, part) in parts.enumerated() {
        forms[index]?.add(to: &rest.values, scale: 1)
        if isNearTheEnd, !rest.values.isFinite { throw beyondFloat }
        let found = try form(of: part, for: rest, of: target, from: forms[index], penalty: mu)
        found.add(to: &rest.values, scale: -1)
        let others = costs.reduce(0, +) - costs[index]
        let price = cost(index, found)
        let reached = rest.values.squaredNorm + others + price
        guard reached.isFinite else { throw beyondFloat }
        if let old = forms[index], reached > objective {
          found.add(to: &rest.values, scale: 1)
          old.add(to: &rest.values, scale: -1)
        } else {
          forms[index] = found
          costs[index] = price
          objective = reached
        }
      }
      if before - objective <= least * before { break }
    }
    return (try AdditiveSum(forms.compactMap { $0 }), objective)
  }

  /// What is left of the target by all parts together.
  private func what(_ forms: [CompressedForm?], leaveOf target: WeightView) -> WeightView {
    var rest = target
    for form in forms { form?.add(to: &rest.values, scale: -1) }
    return rest
  }

  /// A part's form for what the others leave. Where that is next to nothing, and the part cannot hold so
  /// small numbers, it keeps what it had, or holds none.
  private func form(
    of part: any CompressionOperator, for rest: WeightView, of target: WeightView,
    from previous: CompressedForm?, penalty mu: Float
  ) throws -> CompressedForm {
    do {
      return try part.compress(rest, from: previous, penalty: mu)
    } catch let error as CompressionError {
      guard case .outOfRange = error,
        rest.values.squaredNorm <= 1e-4 * target.values.squaredNorm
      else { throw error }
      if let previous { return previous }
      var nothing = rest
      for index in nothing.values.indices { nothing.values[index] = 0 }
      return try part.compress(nothing, from: nil, penalty: mu)
    }
  }

  private var beyondFloat: CompressionError {
    .outOfRange(operator: description, problem: "a sum of its parts exceeds the largest Float")
  }

  /// A codebook that does not depend on the weights, and κ entries of full precision.
  private func exactSolution(_ target: WeightView, penalty mu: Float) throws -> AdditiveSum? {
    guard parts.count == 2, let fixed = parts.firstIndex(where: { $0 is any FixedCodebook }),
      let pruning = parts[1 - fixed] as? Pruning, pruning.values == .float32,
      (parts[fixed] as? any FixedCodebook)?.isFixed == true
    else { return nil }
    var forms: [CompressedForm?] = [nil, nil]
    var rest = target
    for index in [fixed, 1 - fixed] {
      let form = try parts[index].compress(rest, from: nil, penalty: mu)
      form.add(to: &rest.values, scale: -1)
      forms[index] = form
    }
    return try AdditiveSum(forms.compactMap { $0 })
  }
}

/// An operator whose codebook may be the same for all weights.
public protocol FixedCodebook: CompressionOperator {
  /// Whether it is for this operator; then its sum with `Pruning` in 32 bits is found exactly, in
  /// one pass.
  var isFixed: Bool { get }
}

/// `quantize + prune`: the sum of two operators; sums without options of their own are
/// flattened.
public func + (a: any CompressionOperator, b: any CompressionOperator) -> CompressionSum {
  func parts(of operator: any CompressionOperator) -> [any CompressionOperator] {
    guard let sum = `operator` as? CompressionSum, sum.rounds == 50, sum.restarts == 0 else {
      return [`operator`]
    }
    return sum.parts
  }
  return CompressionSum(parts(of: a) + parts(of: b))
}
