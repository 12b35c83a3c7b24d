import Compression
import LinearAlgebra
import OperatorChecks
import Testing

@Suite struct OperatorCheckTests {
  static let operators = [
    "quantize(k=3)", "quantize(k=4, zero)", "quantize(k=2, per=row)", "binary()",
    "binary(per=row)", "ternary()", "ternary(per=12)", "sign()", "powers(c=2)",
    "powers(c=1, top=-1)", "powers(c=3, per=row)", "uniform(b=3)", "uniform(b=2, affine, per=row)",
    "prune(keep=5)", "prune(keep=10%, k=3)", "prune(keep=30%, bits=16)",
    "prune(keep=1:4, along=inputs)", "prune(keep=2:4)", "prune(keep=2, of=rows)",
    "prune(keep=40%, of=channels, k=2)", "prune(keep=5, of=kernels)", "l1ball(radius=5)",
    "l0penalty(alpha=0.05)", "l1penalty(alpha=0.05)", "elastic(alpha=0.05, ridge=0.1)",
    "grouplasso(alpha=0.05, of=rows)", "nuclear(alpha=0.2)", "partial(alpha=0.05, rows=50%)",
    "lowrank(r=2)", "lowrank(energy=60%)", "lowrank(r=1, scheme=2, bits=16)",
    "lowrank(r=3, scheme=best)", "quantize(k=2) + prune(keep=2)",
  ]

  /// Those that search, and by what share of the objective they may miss the best.
  static let searching = [
    "uniform(b=2, affine, per=row)": 0.02, "prune(keep=10%, k=3)": 0.01,
    "quantize(k=2) + prune(keep=2)": 0.02,
  ]

  @Test(arguments: operators) func ownOperatorsPass(text: String) throws {
    let `operator` = try CompressionPlan(parsing: "w: \(text)").tasks[0].operator
    func check(_ operator: some CompressionOperator) -> [OperatorFault] {
      checkOperator(
        `operator`, hasFixedSet: !text.contains("energy"), slack: Self.searching[text] ?? 1e-5)
    }
    let faults = check(`operator`)
    #expect(faults.isEmpty, "\(faults.map(\.description).joined(separator: "\n"))")
  }

  /// Keeps one weight, wrongly in one way or another.
  struct Wrong: CompressionOperator {
    enum Way: String, CaseIterable {
      case none, refusesEverything, losesWeights, keepsTheFirst, isRandom, ignoresItsSet,
        movesPoints
      case throwsAway, expectsTooMuch, refitsWorse, forgets
    }
    let way: Way
    var description: String { "wrong(\(way.rawValue))" }

    func validate(shape: [Int], view: String) throws {
      if way == .refusesEverything { throw CompressionError.notFinite(view: view) }
    }

    func compress(
      _ target: WeightView, from previous: CompressedForm?, penalty mu: Float
    ) throws -> CompressedForm {
      if way == .throwsAway { throw CompressionError.notFinite(view: "w") }
      if way == .forgets, previous != nil {
        return .sparse(try Sparse(count: target.count, indices: [], values: []))
      }
      let places = target.values.indices
      let largest = places.max { abs(target.values[$0]) < abs(target.values[$1]) } ?? 0
      let place =
        switch way {
        case .keepsTheFirst: 0
        case .isRandom: Int.random(in: places)
        default: largest
        }
      let value = target.values[place] * (way == .movesPoints ? 0.9 : 1)
      return .sparse(
        try Sparse(
          count: way == .losesWeights ? max(1, target.count / 2) : target.count,
          indices: way == .losesWeights ? [0] : [UInt32(place)], values: [value]))
    }

    func belongs(_ form: CompressedForm, shape: [Int]) -> Bool { way != .ignoresItsSet }

    func refit(_ form: CompressedForm, to target: WeightView) throws -> CompressedForm {
      guard case .sparse(let own) = form else { return form }
      guard let first = own.indices.first else { return form }
      let place = Int(first)
      return .sparse(
        try Sparse(
          count: own.count, indices: own.indices,
          values: [target.values[place] * (way == .refitsWorse ? -3 : 1)]))
    }

    func expectedBits(shape: [Int]) -> Int? { way == .expectsTooMuch ? 10_000 : nil }
  }

  @Test func whatIsWrongIsFound() {
    let rules: [Wrong.Way: OperatorFault.Rule] = [
      .refusesEverything: .runs, .losesWeights: .shape, .keepsTheFirst: .optimality,
      .isRandom: .repetition, .ignoresItsSet: .belonging, .movesPoints: .idempotence,
      .throwsAway: .runs, .expectsTooMuch: .expectation, .refitsWorse: .refit,
      .forgets: .warmStart,
    ]
    for way in Wrong.Way.allCases {
      let found = checkOperator(Wrong(way: way)) { target, random in
        let place = Int(random.next() % UInt64(target.count))
        return .sparse(
          try Sparse(
            count: target.count, indices: [UInt32(place)], values: [target.values[place]]))
      }.map(\.rule)
      if let rule = rules[way] {
        #expect(found.contains(rule), "\(way): \(found)")
      } else {
        #expect(found.isEmpty, "\(found)")
      }
    }
  }
}
