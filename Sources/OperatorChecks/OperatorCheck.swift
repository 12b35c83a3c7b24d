import Compression
import LinearAlgebra
import ModelFiles

/// Tries an operator of one's own on random and on ugly weights: shapes, belonging, optimality against other
/// points of its set, warm starts, refits, storage against what is packed, and the same result twice.
///
/// ```swift
/// @Test func conforms() { #expect(checkOperator(FirmThreshold(alpha: 1, gamma: 0.8)).isEmpty) }
/// ```
///
/// - Parameters:
///   - shapes: of the weights; those that `validate` refuses are left out, but one must remain.
///   - seeds: of the random weights, each of all kinds and shapes.
///   - penalties: the μ, each with each of the weights.
///   - hasFixedSet: whether the operator's set is the same for all weights. It is not for those that keep a
///     share of what is there, such as an energy; they have no rivals.
///   - slack: by what share of the objective, and of ½μ‖w‖², a search may miss the best.
///   - point: a random point of the set for weights of the target's shape, as a rival more; without it the rivals
///     are what the operator finds for other weights, so that one which never looks at a part of its set
///     passes.
/// - Returns: what is wrong, the first of each rule; empty for an operator that conforms.
/// - Complexity: some 20 C steps for each shape, seed, kind of weights and μ.
public func checkOperator(
  _ `operator`: any CompressionOperator, shapes: [[Int]] = [[1], [24], [6, 8], [4, 2, 3, 3]],
  seeds: Range<UInt64> = 0..<3, penalties: [Float] = [0.5, 4], hasFixedSet: Bool = true,
  slack: Double = 1e-5,
  point: ((_ target: WeightView, _ random: inout RandomGenerator) throws -> CompressedForm)? = nil
) -> [OperatorFault] {
  var check = OperatorCheck(`operator`, hasFixedSet: hasFixedSet, slack: slack, point: point)
  let fitting = shapes.filter {
    (try? `operator`.validate(shape: $0, view: "the check")) != nil
  }
  if fitting.isEmpty { check.add(.runs, "no shape of \(shapes) is valid") }
  for shape in fitting {
    for kind in SampleWeights.allCases {
      for seed in seeds {
        for mu in penalties { check.run(shape, kind, seed: seed, mu: mu) }
      }
    }
    check.expectation(shape)
  }
  return check.faults
}

/// The rules, tried on one target after the other.
struct OperatorCheck {
  typealias Point = (WeightView, inout RandomGenerator) throws -> CompressedForm
  private let `operator`: any CompressionOperator
  private let hasFixedSet: Bool
  private let slack: Double
  private let point: Point?
  private(set) var faults: [OperatorFault] = []
  private var input = "any weights"

  init(_ `operator`: any CompressionOperator, hasFixedSet: Bool, slack: Double, point: Point?) {
    self.operator = `operator`
    self.hasFixedSet = hasFixedSet
    self.slack = slack
    self.point = point
  }

  mutating func add(_ rule: OperatorFault.Rule, _ found: String) {
    guard !faults.contains(where: { $0.rule == rule }) else { return }
    faults.append(OperatorFault(rule: rule, input: input, found: found))
  }

  mutating func run(_ shape: [Int], _ kind: SampleWeights, seed: UInt64, mu: Float) {
    input = "\(kind) of shape \(shape), seed \(seed), μ = \(mu)"
    var random = RandomGenerator(seed: seed)
    do {
      let target = try WeightView(kind.values(shape.reduce(1, *), using: &random), shape: shape)
      let form = try `operator`.compress(target, from: nil, penalty: mu)
      guard isWhole(form, target) else { return }
      if try `operator`.compress(target, from: nil, penalty: mu) != form {
        add(.repetition, "another form the second time")
      }
      try rivals(of: form, target, mu, &random)
      // A cost moves also what is a point of the set.
      if hasFixedSet, `operator`.cost(of: form, in: target) == 0 {
        let fixed = try WeightView(form.decompressed(), shape: shape)
        let again = try `operator`.compress(fixed, from: nil, penalty: mu)
        let moved = distance(again, fixed)
        if moved > 1e-6 * fixed.values.squaredNorm { add(.idempotence, "it moves by \(moved)") }
      }
      try storage(form, shape)
    } catch let error as CompressionError where error.isOutOfRange {
      // What a number format cannot hold is refused, which is right.
    } catch {
      add(.runs, "\(error)")
    }
  }

  /// Whether more can be asked of the form.
  private mutating func isWhole(_ form: CompressedForm, _ target: WeightView) -> Bool {
    let weights = form.decompressed()
    guard form.count == target.count, weights.count == target.count else {
      add(.shape, "\(weights.count) weights instead of \(target.count)")
      return false
    }
    guard weights.isFinite else {
      add(.shape, "a weight that is not finite")
      return false
    }
    if !`operator`.belongs(form, shape: target.shape) {
      add(.belonging, "what it found does not belong")
    }
    return true
  }

  /// Other points of the set: what is found for weights near and far, and these refitted.
  private mutating func rivals(
    of form: CompressedForm, _ target: WeightView, _ mu: Float, _ random: inout RandomGenerator
  ) throws {
    let found = objective(form, target, mu)
    let room = slack * (found + 0.5 * Double(mu) * target.values.squaredNorm)
    // The C step after one that changed nothing.
    let again = self.objective(try `operator`.compress(target, from: form, penalty: mu), target, mu)
    if again > found * (1 + 1e-6) + 1e-6 * room / slack {
      add(.warmStart, "\(again) from its own result with \(found)")
    }
    let size = (target.values.squaredNorm / Double(max(1, target.count))).squareRoot()
    for noise in [0.01, 0.1, 0.5, 2] {
      let moved = target.values.map { Float(Double($0) + noise * size * Double(random.normal())) }
      let other = try WeightView(moved, shape: target.shape)
      let rival = try `operator`.compress(other, from: form, penalty: mu)
      let refitted = try `operator`.refit(rival, to: target)
      if !`operator`.belongs(refitted, shape: target.shape) {
        add(.belonging, "a refit does not belong")
      }
      let (before, after) = (distance(rival, target), distance(refitted, target))
      if after > before * (1 + 1e-6) + 1e-12 * target.values.squaredNorm {
        add(.refit, "the refit is \(after) away, what was refitted \(before)")
      }
      let others = try (0..<3).compactMap { _ in try point?(target, &random) }
      for point in [rival, refitted] + others
      where hasFixedSet && `operator`.belongs(point, shape: target.shape) {
        let objective = objective(point, target, mu)
        if objective < found - room {
          add(.optimality, "a point with \(objective) instead of \(found)")
        }
        let warm = self.objective(
          try `operator`.compress(target, from: point, penalty: mu), target, mu)
        if warm > objective * (1 + 1e-6) + 1e-6 * room / slack {
          add(.warmStart, "\(warm) from a point with \(objective)")
        }
      }
    }
  }

  /// cost(θ) + μ/2·‖w − Δ(θ)‖².
  private func objective(_ form: CompressedForm, _ target: WeightView, _ mu: Float) -> Double {
    `operator`.cost(of: form, in: target) + Double(mu) / 2 * distance(form, target)
  }

  private func distance(_ form: CompressedForm, _ target: WeightView) -> Double {
    target.values.squaredDistance(to: form.decompressed())
  }

  private mutating func storage(_ form: CompressedForm, _ shape: [Int]) throws {
    let model = CompressedModel(
      parts: [
        .init(
          label: "w", operator: "\(`operator`)", tensors: [.init("w", shape)],
          form: form)
      ], plain: [], order: ["w"], metadata: [:])
    let (stated, packed) = (form.storage.bits, 8 * (try model.packed.partBytes()[0]))
    // Each tensor of codes ends with a whole byte.
    if !(packed - 64...packed + 64).contains(stated) {
      add(.storage, "\(stated) bits are stated, \(packed) are packed")
    }
  }

  mutating func expectation(_ shape: [Int]) {
    input = "normal weights of shape \(shape)"
    guard let expected = `operator`.expectedBits(shape: shape) else { return }
    var random = RandomGenerator(seed: 1)
    do {
      let target = try WeightView(random.normals(shape.reduce(1, *)), shape: shape)
      let bits = try `operator`.compress(target, from: nil, penalty: 1).storage.bits
      if abs(expected - bits) > 64 + bits / 10 {
        add(.expectation, "\(expected) instead of \(bits)")
      }
    } catch {
      add(.runs, "\(error)")
    }
  }
}
