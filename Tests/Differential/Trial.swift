import Compression
import Foundation
import LinearAlgebra
import ModelFiles

/// One operator on one input: all that must hold.
struct Trial {
  let subject: Subject
  let input: Case
  let problem: Problem
  let plan: String

  init(_ subject: Subject, _ input: Case) {
    self.subject = subject
    self.input = input
    problem = input.problem()
    plan = subject.plan(problem)
  }

  private struct Failure: Error { let message: String }

  func outcome(number: Int) -> Outcome {
    var outcome = Outcome(
      number: number, subject: subject.name, input: input.description, plan: plan)
    do {
      let `operator` = try Self.operator(plan)
      try `operator`.validate(shape: problem.shape, view: "w")
      let form = try `operator`.compress(view(problem), from: nil, penalty: problem.mu)
      let result = form.decompressed()
      if let fault = basicFault(result) ?? subject.fault(problem, form, result) {
        outcome.failures.append("set: \(fault)")
      }
      compareWithTwin(form, result, &outcome)
      let checks: [(String, () throws -> String?)] = [
        ("zero", { zeroFault(form, result) }),
        ("again", { try projectionFault(`operator`, result) }),
        ("scale", { try scaleFault(form, result) }),
        ("more", { try largerFault(form, result) }),
        ("warm", { try warmFault(`operator`) }),
        ("storage", { storageFault(form, result) }),
        ("file", { try fileFault(form, result) }),
        ("text", { try textFault(`operator`, result) }),
      ]
      for (name, check) in checks {
        do {
          if let fault = try check() { outcome.failures.append("\(name): \(fault)") }
        } catch let error as CompressionError where mayRefuse(error) {
          // The other weights of this check leave the range; these did not.
        } catch {
          outcome.failures.append("\(name): \(error)")
        }
      }
    } catch let error as CompressionError {
      switch error {
      case .invalidParameter, .needsMatrix, .unsupportedSize: outcome.refusal = "\(error)"
      case _ where mayRefuse(error): outcome.refusal = "\(error)"
      default: outcome.failures.append("error: \(error)")
      }
    } catch {
      outcome.failures.append("error: \(error)")
    }
    return outcome
  }

  /// Whether an operator may say that it cannot: at the end of a float's range, where sums overflow, and
  /// beyond that of half precision, which the remainders in sums may leave at any size.
  private func mayRefuse(_ error: CompressionError) -> Bool {
    guard case .outOfRange = error else { return false }
    let largest = problem.values.reduce(0) { max($0, abs($1)) }
    guard plan.contains("bits=16") else { return largest > 0x1p120 }
    return plan.contains(" + ") || !(0x1p-4...0x1p12).contains(largest)
  }

  private static func `operator`(_ plan: String) throws -> any CompressionOperator {
    guard let task = try CompressionPlan(parsing: "w: \(plan)").tasks.first else {
      throw Failure(message: "no task in \(plan)")
    }
    return task.operator
  }

  private func view(_ problem: Problem) throws -> WeightView {
    try WeightView(problem.values, shape: problem.shape)
  }

  private func basicFault(_ result: [Float]) -> String? {
    if result.count != problem.count { return "\(result.count) weights of \(problem.count)" }
    return result.allSatisfy(\.isFinite) ? nil : "a value that is not finite"
  }

  private func compareWithTwin(_ form: CompressedForm, _ result: [Float], _ outcome: inout Outcome)
  {
    guard let least = subject.least(problem) else { return }
    let found = subject.objective(problem, form, result)
    let rounding = subject.allowed(problem, form.sizes(), least, ratio: 1) - least
    // A result within rounding of the twin's has the ratio 1, whatever both are divided by.
    let ratio = found - rounding <= least ? 1 : (found - rounding) / least
    outcome.ratio = min(1e300, ratio)
    let floor = max(rounding, subject.allowed(problem, form.sizes(), found, ratio: 1) - found)
    if let slack = subject.twinSlack, subject.fault(problem, form, result) == nil,
      found * (1 + slack) + floor < least
    {
      outcome.failures.append("twin: \(found) is less than \(least)")
    }
    guard let claim = subject.claim else { return }
    if !(found <= subject.allowed(problem, form.sizes(), least, ratio: claim)) {
      outcome.failures.append("optimum: \(found), the twin has \(least)")
    }
  }

  /// Never worse than nothing.
  private func zeroFault(_ form: CompressedForm, _ result: [Float]) -> String? {
    guard subject.holdsZero, subject.expected == nil else { return nil }
    let none = (subject.cost == nil ? 1 : Double(problem.mu) / 2) * problem.squaredNorm
    let found = subject.objective(problem, form, result)
    return found <= none * (1 + 1e-7) + problem.roundingFloor(form.sizes())
      ? nil : "\(found), nothing has \(none)"
  }

  private func projectionFault(_ `operator`: any CompressionOperator, _ result: [Float]) throws
    -> String?
  {
    guard subject.isProjection, subject.claim != nil, result.allSatisfy(\.isFinite) else {
      return nil
    }
    let image = Problem(result, shape: problem.shape, mu: problem.mu)
    let again = try `operator`.compress(view(image), from: nil, penalty: problem.mu)
      .decompressed()
    let moved = image.distortion(again)
    // Eight ulps a weight, or a mean's rounding of 2·10⁻⁶.
    let most = 64 * subject.allowed(image, again, 0, ratio: 1) + 4e-12 * image.squaredNorm
    return moved <= most ? nil : "the result moves by \(moved), not \(most)"
  }

  /// The same at 2ᵏ·w, where no intermediate float need be denormal or infinite.
  private func scaleFault(_ form: CompressedForm, _ result: [Float]) throws -> String? {
    // The least of many powers of two leave the range of floats.
    guard subject.isScaleFree, !plan.contains("c=60") else { return nil }
    let exponents = (problem.values + result).filter { $0 != 0 && $0.isFinite }
      .map { $0.isNormal ? Int($0.exponent) : -149 }
    guard let low = exponents.min(), let high = exponents.max() else { return nil }
    let shifts = [-100 - low, 120 - high]
    guard shifts[0] <= 0, shifts[1] >= 0 else { return nil }
    let shift = input.seed % 3 == 0 ? min(7, shifts[1]) : shifts[Int(input.seed % 2)]
    let factor = exp2(Double(shift))
    let scaled = Problem(
      problem.exact.map { Float($0 * factor) }, shape: problem.shape, mu: problem.mu)
    let `operator` = try Self.operator(subject.plan(scaled))
    let other = try `operator`.compress(view(scaled), from: nil, penalty: problem.mu)
    let same = other.decompressed().map { Float(Double($0) / factor) }
    if same == result { return nil }
    let a = subject.objective(problem, form, result)
    // Costs are those of the other form, and squares of the factor larger.
    let b =
      subject.cost == nil
      ? subject.objective(problem, other, same)
      : subject.objective(scaled, other, other.decompressed()) / factor / factor
    let message = "at 2^\(shift)·w \(b) instead of \(a)"
    // Singular values are rounded otherwise at other scales, and a sum may then end elsewhere.
    // Levels that underflow may make a tie of what was none.
    guard plan.contains("lowrank") || plan.contains("nuclear") else {
      return abs(a - b) <= 1e-12 * abs(a) ? nil : message
    }
    let slack = plan.contains(" + ") ? 1.05 : 1.0005
    let isNear =
      a <= subject.allowed(problem, other.sizes(), b, ratio: slack)
      && b <= subject.allowed(problem, form.sizes(), a, ratio: slack)
    return isNear ? nil : message
  }

  private func largerFault(_ form: CompressedForm, _ result: [Float]) throws -> String? {
    guard subject.claim != nil, let plan = subject.larger?(problem) else { return nil }
    let `operator` = try Self.operator(plan)
    do { try `operator`.validate(shape: problem.shape, view: "w") } catch { return nil }
    let more = try `operator`.compress(view(problem), from: nil, penalty: problem.mu)
      .decompressed()
    let (a, b) = (problem.distortion(result), problem.distortion(more))
    let slack = subject.isLocal ? 1.3 : subject.claim ?? 1
    let most = subject.allowed(problem, form.sizes(), a, ratio: slack)
    return b <= most ? nil : "\(plan) has \(b), more than \(a)"
  }

  /// From the result for weights nearby: never worse than that.
  private func warmFault(_ `operator`: any CompressionOperator) throws -> String? {
    guard subject.isMonotone, subject.expected == nil else { return nil }
    var random = RandomGenerator(seed: input.seed, stream: 11)
    let near = problem.exact.map { weight in
      let moved = Float(weight * (1 + 0.1 * Double(random.normal())))
      return moved.isFinite ? moved : Float(weight)
    }
    let before = try `operator`.compress(
      WeightView(near, shape: problem.shape), from: nil, penalty: problem.mu)
    let after = try `operator`.compress(view(problem), from: before, penalty: problem.mu)
    let (old, new) = (before.decompressed(), after.decompressed())
    guard old.allSatisfy(\.isFinite) else { return nil }
    guard new.allSatisfy(\.isFinite) else { return "a value that is not finite" }
    let start = subject.objective(problem, before, old)
    let reached = subject.objective(problem, after, new)
    return reached <= subject.allowed(problem, after.sizes(), start, ratio: 1 + 1e-6)
      ? nil : "\(reached), the start has \(start)"
  }

  private func storageFault(_ form: CompressedForm, _ result: [Float]) -> String? {
    let (bits, most) = (form.storage.bits, Naive.bits(form))
    return bits <= most ? nil : "\(bits) bits, counted naively \(most)"
  }

  private func fileFault(_ form: CompressedForm, _ result: [Float]) throws -> String? {
    guard input.seed % 4 == 0 else { return nil }
    let model = CompressedModel(
      parts: [.init(label: "w", operator: plan, tensors: [.init("w", problem.shape)], form: form)],
      plain: [], order: ["w"], metadata: [:])
    let path = "differential.lcm"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try model.write(to: path)
    for kind in ["", "entropy-coded "] {
      if !kind.isEmpty { try model.packed.entropyCoded().model.write(to: path) }
      let read = try CompressedModel(path: path).decompressed()
      guard read.count == 1, read[0].floats?.map(\.bitPattern) == result.map(\.bitPattern) else {
        return "the \(kind)file has other weights"
      }
    }
    return nil
  }

  /// The operator's own text makes the same operator.
  private func textFault(_ `operator`: any CompressionOperator, _ result: [Float]) throws -> String?
  {
    let text = `operator`.description
    let other = try Self.operator(text)
    guard other.description == text else { return "'\(text)' becomes '\(other)'" }
    guard input.seed % 4 == 1, problem.count < 10_000 else { return nil }
    let same = try other.compress(view(problem), from: nil, penalty: problem.mu)
    return same.decompressed() == result ? nil : "'\(text)' has another result"
  }
}
