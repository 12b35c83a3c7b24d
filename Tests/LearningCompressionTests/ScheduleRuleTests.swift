import Compression
import LinearAlgebra
import Testing

@testable import LearningCompression

/// What follows from a run's length and from where it begins.
@Suite struct ScheduleRuleTests {
  private func start(
    curvature: Double, smoothShare: Double = 0, mixedShare: Double? = nil,
    pricedShare: Double? = nil
  ) -> Start {
    Start(
      reference: Figures(trainLoss: 0.1), direct: Figures(trainLoss: 0.1 + curvature * 50),
      squaredDistance: 100, squaredNorm: 400, smoothShare: smoothShare, mixedShare: mixedShare,
      balance: pricedShare.map { _ in 0.003 }, pricedShare: pricedShare)
  }

  private func methods(_ alternation: Alternation) -> [String] {
    alternation.phases.map {
      switch ($0.coupling, $0.freedom) {
      case (.penalty, _): "lc"
      case (.replacement, .fixed): "retrain"
      case (.straightThrough, _): "straight-through"
      case (.replacement, _): "projection"
      }
    }
  }

  @Test func theCurvatureIsThatOfAParabola() {
    #expect(abs(start(curvature: 0.02).curvature! - 0.02) < 1e-12)
    // Nothing is lost, or nothing moves.
    #expect(start(curvature: 0).curvature == nil)
    #expect(start(curvature: -1).curvature == nil)
    for (loss, distance) in [(1.0, 0.0), (.nan, 1), (.infinity, 1)] {
      let start = Start(
        reference: Figures(trainLoss: 0), direct: Figures(trainLoss: loss),
        squaredDistance: distance, squaredNorm: 1)
      #expect(start.curvature == nil)
    }
  }

  /// A loss in other units, with learning rates to match, is the same run: μ scales with it, and nothing else
  /// changes.
  @Test(arguments: [0.001, 7, 1e6]) func theRuleHasNoUnits(scale: Double) throws {
    let rule = ScheduleRule(.lc, budget: .batches(3000), perEpoch: 235)
    for reach in [10.0, 500, 20_000] {
      let one = try rule.alternation(from: start(curvature: 0.004), reach: reach, perEpoch: 100)
      let other = try rule.alternation(
        from: start(curvature: 0.004 * scale), reach: reach / scale, perEpoch: 100)
      #expect(one.phases == other.phases && one.budget == other.budget)
      for step in 0..<one.schedule.steps {
        #expect(
          abs(Double(other.mu(step: step)) / Double(one.mu(step: step)) / scale - 1) < 1e-5)
      }
    }
  }

  @Test func whatIsGivenWins() throws {
    var rule = ScheduleRule(.lc, budget: .batches(2000), perEpoch: 100)
    rule.growth = 1.25
    rule.every = [.batches(7)]
    rule.multipliers = .off
    rule.retrainSteps = 3
    let alternation = try rule.alternation(from: start(curvature: 0.01), reach: 400, perEpoch: 100)
    #expect(alternation.phases[0].every == [.batches(7)])
    #expect(alternation.phases[0].coupling == .penalty(multipliers: .off))
    #expect(alternation.phases.map(\.steps) == [rule.steps - 3, 3])
    #expect(abs(alternation.mu(step: 3) / alternation.mu(step: 2) - 1.25) < 1e-5)
    rule.shares = [MethodShare(.straightThrough, 0.5), MethodShare(.lc, 0.5)]
    #expect(
      try methods(rule.alternation(from: start(curvature: 0.01), reach: 400, perEpoch: 100))
        == ["straight-through", "lc"])
    rule.shares = nil
    rule.retrainSteps = 1000
    #expect(throws: LearningCompressionError.self) {
      try rule.alternation(from: start(curvature: 0.01), reach: 400, perEpoch: 100)
    }
  }

  /// Neither a step more nor less, whatever the rounding.
  /// Factors follow the loss by themselves; with entries beside them they do so in short runs only.
  @Test func factorsAreRetrained() throws {
    func run(_ method: Method, epochs: Int, _ start: Start) throws -> Alternation {
      try ScheduleRule(method, budget: .epochs(epochs), perEpoch: 100)
        .alternation(from: start, reach: 500, perEpoch: 100)
    }
    let factors = start(curvature: 0.004, smoothShare: 1, mixedShare: 0.4)
    let mixed = start(curvature: 0.004, smoothShare: 1, mixedShare: 0.6)
    for epochs in [4, 30] {
      #expect(try methods(run(.auto, epochs: epochs, factors)) == ["retrain"])
    }
    #expect(try methods(run(.auto, epochs: 4, mixed)) == ["retrain"])
    for method in [Method.auto, .lc] {
      let long = try run(method, epochs: 30, mixed)
      #expect(methods(long) == ["lc", "retrain"])
      #expect(long.phases[0].coupling == .penalty(multipliers: .on))
      #expect(long.phases[0].steps > long.phases[1].steps)
      #expect(abs(long.mu(step: 0) / 0.0004 - 1) < 1e-4)
      #expect(abs(long.mu(step: long.phases[0].steps - 1) / 0.8 - 1) < 1e-4)
    }
  }

  /// A price governs the run where most of the way is its own.
  @Test func pricesKeepTheirMu() throws {
    let rule = ScheduleRule(.lc, budget: .epochs(30), perEpoch: 100)
    let auto = ScheduleRule(.auto, budget: .epochs(30), perEpoch: 100)
    func mus(_ share: Double) throws -> Set<Float> {
      let run = try rule.alternation(
        from: start(curvature: 0.004, pricedShare: share), reach: 500, perEpoch: 100)
      return Set((0..<run.phases[0].steps).map { run.mu(step: $0) })
    }
    #expect(try mus(0.9) == [0.003] && mus(0.1).count > 5)
    for (share, first) in [(0.9, "lc"), (0.1, "straight-through")] {
      let run = try auto.alternation(
        from: start(curvature: 0.004, pricedShare: share), reach: 500, perEpoch: 100)
      #expect(methods(run).first == first)
    }
  }

  @Test func retrainingHasItsSteps() throws {
    for method in [Method.lc, .auto] {
      for steps in [1, 2, 7, 10, 40, 191] {
        var rule = ScheduleRule(method, budget: .whole(.batches(20_000)), steps: steps)
        for count in 0...steps {
          rule.retrainSteps = count
          let alternation = try rule.alternation(
            from: start(curvature: 0.01), reach: 1, perEpoch: 100)
          let found = alternation.phases.reduce(0) { $0 + ($1.freedom == .fixed ? $1.steps : 0) }
          #expect(found == count)
        }
      }
    }
    for total in 1...300 {
      for percents in [[80, 20], [40, 40, 20], [50, 50], [33, 33, 34], [7, 93], [100]] {
        let shares = percents.map { MethodShare(.lc, Double($0) / 100) }
        let steps = shares.steps(of: total)
        #expect(steps.reduce(0, +) == total)
        for (share, count) in zip(percents, steps) {
          #expect(abs(Double(count) - Double(share * total) / 100) <= 1)
        }
      }
    }
    for share in [-1, .nan, .infinity, 1e300] {
      #expect([MethodShare(.lc, share), MethodShare(.lc, 0.5)].steps(of: 9).reduce(0, +) <= 9)
    }
  }

  /// A step ends with a C step, and none comes soon after another.
  @Test func periodsAreAlike() throws {
    for batches in [1, 9, 94, 100, 1000, 3000, 7050, 28_200] {
      let rule = ScheduleRule(.lc, budget: .batches(batches), perEpoch: 235)
      let alternation = try rule.alternation(from: start(curvature: 0.01), reach: 1, perEpoch: 235)
      // A single step has the middle of what many go through.
      let count = alternation.phases[0].steps
      let ends = (alternation.mu(step: 0), alternation.mu(step: count - 1))
      let wanted: (Float, Float) =
        count == 1 ? (0.01 * Float(15).squareRoot(), 0.01 * Float(15).squareRoot()) : (0.005, 0.3)
      #expect(abs(ends.0 / wanted.0 - 1) < 1e-4 && abs(ends.1 / wanted.1 - 1) < 1e-4)
      let length = alternation.batches(ofStep: 0, perEpoch: 235)
      let period = alternation.period(ofStep: 0, perEpoch: 235)
      let rest = length % period
      #expect(rest == 0 || rest >= period / 2, "\(batches): \(length) by \(period)")
      #expect(period >= min(length, 10))
    }
  }

  /// Whatever the start and the budget, the schedule is one that can be run.
  @Test func everyStartHasASchedule() throws {
    for method in Method.allCases where method != .gradual {
      for batches in [1, 2, 3, 11, 191, 65_537] {
        for curvature in [0, -1, 1e-30, 1e-8, 0.004, 1e5, 1e30, .nan, .infinity] {
          for reach in [1e-20, 1, 1e20] {
            for smoothShare in [0, 0.4, 1] {
              let rule = ScheduleRule(method, budget: .batches(batches), perEpoch: 10)
              let alternation = try rule.alternation(
                from: start(curvature: curvature, smoothShare: smoothShare), reach: reach,
                perEpoch: 100)
              let steps = method == .direct ? 0 : rule.steps
              #expect(alternation.phases.reduce(0) { $0 + $1.steps } == steps)
              for step in 0..<steps {
                #expect(alternation.mu(step: step) > 0 && alternation.mu(step: step).isFinite)
              }
            }
          }
        }
      }
    }
  }

  @Test func wrongSettingsAreErrors() {
    for (steps, growth) in [(-1, 1.5), (2_000_000, 1.5), (5, 0), (5, -1), (5, .nan)] {
      var rule = ScheduleRule(.lc, budget: .each(.batches(1)), steps: steps)
      rule.growth = growth
      #expect(throws: LearningCompressionError.self) {
        try rule.alternation(from: start(curvature: 0.01), reach: 400, perEpoch: 100)
      }
    }
  }

  /// A run that was interrupted finds the same settings again.
  @Test func aResumedRunHasTheSameSchedule() throws {
    struct Stop: Error {}
    let layout = try ArenaLayout([("w", [6, 8])])
    let plan = try ResolvedPlan(CompressionPlan(parsing: "w: quantize(k=2)"), for: layout)
    for method in [Method.lc, .auto] {
      let rule = ScheduleRule(method, budget: .batches(37), perEpoch: 10)
      let whole = try rule.run(plan, learning: GradientDescent(layout, seed: 3))
      for stop in [0, 1, 8, 29, 36] {
        let learning = GradientDescent(layout, seed: 3)
        let run = try AlternationRun(plan, learning: learning) {
          try rule.alternation(from: $0, learning: learning)
        }
        var state: AlternationState?
        #expect(throws: Stop.self) {
          var count = 0
          _ = try run.finish { _ in
            if count == stop {
              state = try run.state
              throw Stop()
            }
            count += 1
          }
        }
        let other = GradientDescent(layout, seed: 3)
        let rest = try AlternationRun(
          plan, learning: other, from: AlternationState(#require(state).checkpoint())
        ) {
          try rule.alternation(from: $0, learning: other)
        }
        let result = try rest.finish()
        #expect(rest.alternation.phases == run.alternation.phases)
        #expect(result.forms == whole.forms)
        #expect(result.steps.map(\.mu) == whole.steps.map(\.mu))
      }
    }
  }
}
