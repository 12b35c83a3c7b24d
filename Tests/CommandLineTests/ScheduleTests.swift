import Foundation
import LearningCompression
import Testing

@testable import lc

/// `lc compress` with nothing but a budget.
@Suite struct ScheduleTests {
  private static let trained = Result {
    let space = try Workspace()
    try #require(space.train("r.safetensors", "--max-steps", "30").code == 0)
    return space
  }

  private func compress(_ arguments: [String]) throws -> Program.Outcome {
    let space = try Self.trained.get()
    return try Program.run(
      [
        "compress", "--data", space.data, "--model", space.path("r.safetensors"), "--batch-size",
        "16",
      ] + arguments)
  }

  private func json(_ name: String) throws -> [String: Any] {
    try Self.trained.get().json(name)
  }

  @Test(arguments: [["--epochs", "3"], ["--batches", "23"]], ["lc", "auto", "retrain"])
  func aBudgetIsEnough(budget: [String], method: String) throws {
    let name = "\(budget[0])\(method).json"
    let path = try Self.trained.get().path(name)
    let outcome = try compress(
      budget + [
        "--method", method, "--compress", "fc2.weight, fc3.weight: quantize(k=2)", "--json", path,
        "--explain",
      ])
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("direct compression moves the weights by"))
    let report = try json(name)
    let schedule = try #require(report["schedule"] as? [String: Any])
    let phases = try #require(schedule["phases"] as? [[String: Any]])
    let couplings = phases.compactMap { $0["coupling"] as? String }
    let steps = phases.compactMap { $0["steps"] as? Int }
    #expect(steps.reduce(0, +) == 10 && schedule["steps"] as? Int == 10)
    #expect(schedule["reach"] as? Double ?? 0 > 0)
    let mu = schedule["mu"] as? [String: Double]
    switch method {
    case "lc":
      #expect(couplings == ["penalty", "replacement"])
      let ends = try #require(mu)
      #expect(try #require(ends["first"]) <= #require(ends["last"]))
      #expect(schedule["multipliers"] as? String == "damped")
      #expect((schedule["every"] as? String)?.hasSuffix("batches") == true)
      #expect(outcome.output.contains("--method auto would run straight-through"))
    case "auto":
      #expect(couplings == ["straight-through", "replacement"] && steps == [8, 2] && mu == nil)
    default: #expect(couplings == ["replacement"] && mu == nil)
    }
    // 40 test images.
    let mistakes = try #require(
      (report["testMistakes"] as? String).flatMap { Data(base64Encoded: $0) })
    let compressed = try #require(report["compressed"] as? [String: Any])
    let wrong = mistakes.reduce(0) { $0 + $1.nonzeroBitCount }
    #expect(mistakes.count == 5)
    #expect(Double(wrong) == 0.4 * (compressed["testErrorPercent"] as? Double ?? -1))
    // The last step has seen all mini-batches: 8 of them are an epoch.
    let last = try #require((report["steps"] as? [[String: Any]])?.last)
    #expect(last["epoch"] as? Double == (budget[0] == "--epochs" ? 3 : 23.0 / 8))
    #expect(report["feasible"] as? Bool == true || method == "straight-through")
  }

  @Test func whatIsGivenWins() throws {
    let path = try Self.trained.get().path("given.json")
    let outcome = try compress([
      "--epochs", "2", "--steps", "4", "--every", "2", "--multipliers", "off", "--retrain-steps",
      "1", "--mu", "auto", "--mu-growth", "2", "--compress",
      "fc2.weight, fc3.weight: quantize(k=2)", "--json",
      path,
    ])
    #expect(outcome.code == 0, "\(outcome.errors)")
    let report = try json("given.json")
    let schedule = try #require(report["schedule"] as? [String: Any])
    #expect(schedule["every"] as? String == "2batches")
    #expect(schedule["multipliers"] as? String == "off" && schedule["steps"] as? Int == 4)
    let mus = (report["steps"] as? [[String: Any]] ?? []).compactMap { $0["mu"] as? Double }
    #expect(mus.count == 4 && abs(mus[1] / mus[0] - 2) < 1e-5 && abs(mus[2] / mus[1] - 2) < 1e-5)
  }

  @Test func othersRunFromTheSameStart() throws {
    let space = try Self.trained.get()
    let plan = ["--compress", "fc2.weight, fc3.weight: quantize(k=2)", "--epochs", "2"]
    let outcome = try compress(
      plan + [
        "--compare", "retrain,straight-through,reference", "--json", space.path("compare.json"),
        "--checkpoint", space.path("compare-run"),
      ])
    #expect(outcome.code == 0, "\(outcome.errors)")
    let comparisons = try #require(json("compare.json")["comparisons"] as? [[String: Any]])
    #expect(
      comparisons.map { $0["method"] as? String } == ["retrain", "straight-through", "reference"])
    for comparison in comparisons {
      for key in ["trainLoss", "trainErrorPercent", "testErrorPercent", "ratio", "seconds"] {
        #expect(comparison[key] is Double, "\(key)")
      }
    }
    // It is what the method finds by itself.
    for (place, method) in ["retrain", "straight-through"].enumerated() {
      let alone = space.path("\(method)-alone.json")
      #expect(try compress(plan + ["--method", method, "--json", alone]).code == 0)
      let figures = try #require(
        json("\(method)-alone.json")["compressed"] as? [String: Double])
      for key in ["trainLoss", "testErrorPercent"] {
        #expect(comparisons[place][key] as? Double == figures[key])
      }
    }
    // The reference, trained on, is not compressed.
    #expect(comparisons[2]["ratio"] as? Double == 1)
    // What is done is not done again.
    let again = try compress(
      plan + [
        "--compare", "retrain,straight-through,reference", "--json", space.path("again.json"),
        "--resume", space.path("compare-run"), "--explain",
      ])
    #expect(again.code == 0 && !again.errors.contains("step 1/"), "\(again.errors)")
    #expect(again.output.contains("direct compression moves the weights by"))
    let repeated = try #require(json("again.json")["comparisons"] as? [[String: Any]])
    #expect(
      repeated.map { $0["trainLoss"] as? Double } == comparisons.map { $0["trainLoss"] as? Double })
  }

  /// An operator with a cost depends on μ.
  @Test func operatorsWithACostAreComparedAlike() throws {
    let space = try Self.trained.get()
    let plan = ["--compress", "fc2.weight: l1penalty(alpha=1e-4)", "--batches", "10"]
    let both = try compress(plan + ["--compare", "retrain", "--json", space.path("both.json")])
    let alone = try compress(plan + ["--method", "retrain", "--json", space.path("alone.json")])
    #expect(both.code == 0 && alone.code == 0, "\(both.errors)")
    let compared = try #require(json("both.json")["comparisons"] as? [[String: Any]])
    let found = try #require(json("alone.json")["compressed"] as? [String: Any])
    #expect(compared[0]["trainLoss"] as? Double == found["trainLoss"] as? Double)
    #expect(compared[0]["ratio"] as? Double == (try json("alone.json")["ratio"] as? Double))
  }

  @Test func noStepsAreDirectCompression() throws {
    let outcome = try compress(["--compress", "fc3.weight: quantize(k=2)", "--steps", "0"])
    #expect(outcome.code == 0 && !outcome.output.contains("LC"), "\(outcome.errors)")
  }

  /// Periods share the steps with a penalty, of which there are then enough.
  @Test func periodsHaveTheirSteps() throws {
    let outcome = try compress([
      "--compress", "fc3.weight: quantize(k=2)", "--batches", "40", "--every", "2,3,4",
    ])
    #expect(outcome.code == 0, "\(outcome.errors)")
  }

  @Test(arguments: [
    (["--epochs", "2", "--epochs-per-step", "1"], "--epochs and --epochs-per-step exclude"),
    (["--epochs", "2", "--batches", "9"], "exclude"),
    (["--epochs", "0"], "--epochs must be 1 or more"),
    (["--batches", "-1"], "--batches must be 1 or more"),
    (["--batches", "5", "--steps", "6"], "each of the 6 steps"),
    (["--epochs", "1", "--steps", "9"], "each of the 9 steps"),
    (["--mu", "automatic"], "--mu"), (["--mu", "0", "--epochs", "1"], "mu"),
    (["--compare", "retrain,retrain"], "--compare"), (["--compare", "direct"], "--compare"),
    (["--compare", "retrane"], "did you mean 'retrain'"),
    (["--compare", "gradual"], "needs a plan with prune"),
    (["--epochs", "2", "--steps", "9223372036854775807"], "steps"),
    (["--epochs-per-step", "1e18", "--steps", "3000000"], "steps"),
    (["--batches", "9", "--retrain-steps", "10"], "retrain-steps"),
    (["--method", "auto", "--every", "3"], "--every"),
    (["--method", "auto", "--mu", "3"], "--mu belongs"),
    (["--method", "auto", "--multipliers", "on"], "--multipliers belongs"),
    (["--epochs", "1", "--retrain-steps", "11"], "retrain-steps"),
  ]) func mistakesAreToldPlainly(arguments: [String], text: String) throws {
    let outcome = try compress(["--compress", "fc2.weight, fc3.weight: quantize(k=2)"] + arguments)
    #expect(outcome.code == 64 && outcome.errors.contains(text), "\(outcome.errors)")
    #expect(outcome.errors.split(separator: "\n").count <= 5, "\(outcome.errors)")
  }

  @Test func howARunHasEndedIsSaid() {
    func text(
      _ compressed: Double, distance: Double = 0, direct: Double = 1.1, byHand: Bool = false
    )
      -> String
    {
      Verdict(reference: 0.1, direct: direct, compressed: compressed, distance: distance)?
        .text(isDrivenByHand: byHand) ?? "nothing"
    }
    #expect(text(0.2).hasPrefix("the run was long enough: 90 % of"))
    #expect(text(0.05).hasPrefix("the run was long enough: 100 % of"))
    #expect(text(0.6).hasPrefix("50 % of") && text(0.6).contains("--epochs"))
    #expect(
      text(1.05).contains("stayed near direct compression") && text(1.05).contains("--epochs"))
    #expect(text(2).contains("above the 1.1 of direct compression") && text(2).contains("rate"))
    #expect(text(1.05, byHand: true).hasSuffix("make --mu smaller"))
    #expect(text(0.1, distance: 0.5).contains("--retrain-steps"))
    #expect(text(0.1, direct: 0.1).contains("adds nothing"))
    #expect(text(0.9, direct: 0.1).contains("above") && text(.nan) == "nothing")
  }

  /// A price is weighed where it balances the loss, unless μ is given.
  @Test func pricesAreBalanced() throws {
    let plan = ["--compress", "fc1.weight: lowrank(lambda=1e-6); fc2.weight: lowrank(r=3)"]
    let path = try Self.trained.get().path("balanced.json")
    func balance(_ options: [String]) throws -> Double? {
      let outcome = try compress(plan + options + ["--explain", "--json", path])
      #expect(outcome.code == 0, "\(outcome.errors)")
      let schedule = try #require(try json("balanced.json")["schedule"] as? [String: Any])
      let balance = schedule["balance"] as? Double
      #expect(outcome.output.contains("a price is weighed at μ = ") == (balance != nil))
      return balance
    }
    let found = try #require(try balance(["--batches", "3"]))
    #expect(found > 0 && found.isFinite)
    for method in ["auto", "retrain", "straight-through", "direct"] {
      let length = method == "direct" ? [] : ["--batches", "3"]
      #expect(try balance(["--method", method] + length) == found)
    }
    #expect(try balance(["--batches", "3", "--mu", "0.1"]) == nil)
  }

  @Test func ranksThatMakeNoSenseAreSaid() throws {
    let outcome = try compress(["--compress", "*.weight: lowrank(r=5%)", "--batches", "3"])
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(
      outcome.errors.contains("lc: fc3.weight (10 × 100) has rank 1, so that all its 10 outputs"))
    #expect(!outcome.errors.contains("fc1.weight ("))
    let all = try compress(["--compress", "fc3.weight: lowrank(r=10)", "--batches", "3"])
    #expect(all.errors.contains("no fewer than the 1000 weights"), "\(all.errors)")
    #expect(RankAdvice.line("w", rows: 10, columns: 84, rank: 8) == nil)
    #expect(RankAdvice.line("w", rows: 10, columns: 84, rank: 9) != nil)
    #expect(RankAdvice.line("w", rows: 300, columns: 784, rank: 1) == nil)
    #expect(
      RankAdvice.line("w", rows: 2, columns: 100, rank: 1)?.hasSuffix(": leave it out") == true)
  }
}
