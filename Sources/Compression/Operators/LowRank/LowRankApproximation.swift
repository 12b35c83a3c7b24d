import Foundation
import LinearAlgebra

/// The matrix of low rank that is nearest to the weights, L·R with L m × r and R r × n.
///
/// The rank is given, or follows from the weights:
/// - `.fixed(r)`: min ‖W − L·R‖²;
/// - `.share(s)`: the same with the share s of min(m, n), rounded, but 1 at least;
/// - `.energy(s)`: the smallest r that keeps the share s of ‖W‖²;
/// - `.selected(λ, C)`: min over r of λ·C(r) + μ/2·‖W − W_r‖², where C(r) = r·(m + n) counts the stored
///   numbers, or the multiplications at inference: that times the places a kernel is applied at.
///
/// By the truncated SVD (Eckart–Young), with the singular values shared evenly: L = U·√S, R = √S·Vᵀ.
/// Exact up to rounding where LAPACK decomposes the whole matrix: always when the rank follows from the
/// weights, and for small matrices or large ranks. Otherwise block Krylov iteration, warm-started from
/// the last C step's factors, with a squared residual within 0.02 % of the least (tests: 0.1 %), and
/// LAPACK where it does not converge. Both relative to what is left, whatever part of the weights
/// dominates; see `LeadingSingularValues`.
///
/// A kernel [O, I, H, W] is the matrix O × (I·H·W) by scheme 1, (O·H) × (I·W) by scheme 2; `.cheaper`
/// takes the scheme of the lower objective: fewer numbers for an energy share, less distortion for a
/// fixed rank.
///
/// - Complexity: O(m·n·min(m, n)) time; Krylov O(m·n·r) a block, five or so blocks.
/// - Source: Idelbayev & Carreira-Perpiñán, CVPR 2020.
public struct LowRankApproximation: CompressionOperator {
  /// How r is found.
  public enum Rank: Sendable, Equatable {
    /// r itself, from 1 to min(m, n).
    case fixed(Int)
    /// A share s of min(m, n), above 0 and at most 1; rounded, but 1 at least.
    case share(Double)
    /// The smallest r that keeps a share s of ‖W‖², above 0 and at most 1.
    case energy(Double)
    /// The r that pays at a price λ > 0, in units of the loss, for each unit of the cost; it may be
    /// 0.
    case selected(Double, Cost)
  }

  /// What a rank of r costs in `Rank.selected`.
  public enum Cost: String, Sendable, CaseIterable {
    /// The stored numbers, r·(m + n).
    case storage
    /// The multiplications at inference: r·(m + n) at each place where a kernel is applied.
    case flops
  }

  /// As which matrix a kernel [O, I, H, W] is taken; the raw value is that of `scheme` in a plan.
  public enum Scheme: String, Sendable, CaseIterable {
    /// O × (I·H·W); other tensors as [out, all the rest].
    case one = "1"
    /// (O·H) × (I·W); for kernels only.
    case two = "2"
    /// Of both that with the lower objective, at the price of two decompositions; scheme 1 where
    /// the tensor is no kernel.
    case cheaper = "best"
  }

  /// How the rank is found.
  public let rank: Rank
  /// Which matrix a kernel is; scheme 1 by default.
  public let scheme: Scheme
  /// Of the factors; 32 or 16 bits.
  public let numbers: StoredNumbers

  /// The best matrix whose rank the rule gives.
  ///
  /// - Throws: `CompressionError.invalidParameter` for a rank below 1, a share that is not above 0 and
  ///   at most 1, a λ that is not above 0, or K-level factors.
  public init(_ rank: Rank, scheme: Scheme = .one, numbers: StoredNumbers = .float32) throws {
    func require(_ fits: Bool, _ name: String, _ value: String, _ expected: String) throws {
      guard fits else {
        throw CompressionError.invalidParameter(
          operator: "lowrank", parameter: name, value: value, expected: expected)
      }
    }
    switch rank {
    case .fixed(let r): try require(r >= 1, "r", "\(r)", "1 or more")
    case .share(let share):
      try require(share > 0 && share <= 1, "r", "\(share)", "above 0 % and at most 100 %")
    case .energy(let share):
      try require(share > 0 && share <= 1, "energy", "\(share)", "above 0 % and at most 100 %")
    case .selected(let lambda, _):
      try require(lambda > 0 && lambda.isFinite, "lambda", "\(lambda)", "above 0")
    }
    if case .levels = numbers { try require(false, "bits", "levels", "16 or 32") }
    self.rank = rank
    self.scheme = scheme
    self.numbers = numbers
  }

  /// The best matrix of rank r.
  public init(rank: Int) throws { try self.init(.fixed(rank)) }

  /// As it is written in a plan: `lowrank(r=10)`, `lowrank(r=10%)`, `lowrank(energy=90%)` or
  /// `lowrank(lambda=0.001, cost=flops)`, then `scheme=2` or `scheme=best` and `bits=16` where they
  /// are not the default.
  public var description: String {
    var arguments =
      switch rank {
      case .fixed(let r): ["r=\(r)"]
      case .share(let share): ["r=\(Share.fraction(share))"]
      case .energy(let share): ["energy=\(Share.fraction(share))"]
      case .selected(let lambda, let cost): ["lambda=\(shortest(lambda))", "cost=\(cost.rawValue)"]
      }
    if scheme != .one { arguments.append("scheme=\(scheme.rawValue)") }
    return "lowrank(\((arguments + numbers.arguments).joined(separator: ", ")))"
  }

  /// Refuses vectors, scheme 2 where the shape is not [O, I, H, W], and a given r above min(m, n).
  ///
  /// - Throws: `CompressionError.needsMatrix`, `.invalidParameter`.
  public func validate(shape: [Int], view: String) throws {
    guard shape.count >= 2 else {
      throw CompressionError.needsMatrix(operator: "lowrank", view: view)
    }
    if scheme == .two, shape.count != 4 {
      throw CompressionError.invalidParameter(
        operator: "lowrank", parameter: "scheme", value: "2",
        expected:
          "1 or best where \(view) has \(shape.count) dimensions; scheme 2 takes kernels of 4")
    }
    guard case .fixed(let r) = rank else { return }
    for arrangement in arrangements(for: shape) {
      let (rows, columns) = arrangement.sizes(of: shape)
      guard r <= min(rows, columns) else {
        throw CompressionError.invalidParameter(
          operator: "lowrank", parameter: "r", value: "\(r)",
          expected: "at most \(min(rows, columns)) for \(view), a matrix of \(rows) × \(columns)")
      }
    }
  }

  private func arrangements(for shape: [Int]) -> [MatrixArrangement] {
    switch scheme {
    case .one: [.rows]
    case .two: [.heightByWidth(shape)]
    case .cheaper: shape.count == 4 ? [.rows, .heightByWidth(shape)] : [.rows]
    }
  }

  /// Takes factors of one of the scheme's arrangements, of rank r at most where r does not follow
  /// from the weights, in the format that the operator stores.
  public func belongs(_ form: CompressedForm, shape: [Int]) -> Bool {
    guard case .lowRank(let form) = form else { return false }
    // Rank 0 has no numbers whose format would matter.
    return arrangements(for: shape).contains(form.arrangement)
      && form.rank <= fixedRank(m: form.left.rows, n: form.right.columns) ?? .max
      && (form.rank == 0 || numbers.allows(form.format))
  }

  /// Truncates the SVD, exactly or by block Krylov iteration from the factors of the last C step.
  /// Only `.selected` looks at μ.
  ///
  /// - Throws: as `validate`; `CompressionError.outOfRange` where half precision, or a `Float`,
  ///   cannot hold the factors or their product.
  /// - Complexity: O(m·n·min(m, n)) for the whole SVD, O(m·n·r) a Krylov block.
  public func compress(
    _ target: WeightView, from previous: CompressedForm?, penalty mu: Float
  ) throws -> CompressedForm {
    try validate(shape: target.shape, view: "the view")
    let previous = previous?.lowRank
    var best: (form: LowRank, objective: Double)?
    for arrangement in arrangements(for: target.shape) {
      let (rows, columns) = arrangement.sizes(of: target.shape)
      let values = arrangement.arranged(target.values)
      let exponent = values.uncomfortableExponent
      let matrix = try Matrix(
        rows: rows, columns: columns,
        values: exponent == 0 ? values : values.scaled(byPowerOfTwo: -exponent))
      let warm = previous?.arrangement == arrangement ? previous : nil
      let found = try leading(
        of: matrix, exponent: exponent, from: warm, penalty: mu, positions: target.positions)
      let form =
        try found.map { try LowRank($0, exponent: exponent, arrangement, numbers) }
        ?? .zero(rows: rows, columns: columns, arrangement)
      try form.requireFinite(exponent: exponent, for: description)
      // With one arrangement there is nothing to compare.
      guard arrangements(for: target.shape).count > 1 else { return .lowRank(form) }
      let distortion = target.values.squaredDistance(to: form.decompressed())
      let objective =
        switch rank {
        case .fixed, .share: distortion
        case .energy: Double(form.storage.bits)
        case .selected: cost(of: .lowRank(form), in: target) + Double(mu) / 2 * distortion
        }
      if objective < best?.objective ?? .infinity { best = (form, objective) }
    }
    guard let best else {
      throw CompressionError.needsMatrix(operator: "lowrank", view: "the view")
    }
    return .lowRank(best.form)
  }

  /// - Parameter exponent: the weights are the matrix's times 2 to that power.
  /// - Returns: none where the rank that pays is 0.
  private func leading(
    of matrix: Matrix, exponent: Int, from previous: LowRank?, penalty mu: Float, positions: Int
  ) throws -> LeadingSingularValues? {
    let (m, n) = (matrix.rows, matrix.columns)
    if let r = fixedRank(m: m, n: n) {
      return try LeadingSingularValues(of: matrix, rank: r, start: previous?.right)
    }
    let svd = try SingularValueDecomposition(of: matrix)
    let scale = pow(4, Double(exponent))
    let r = rank(
      for: svd.singularValues.map { Double($0) * Double($0) }, m: m, n: n,
      worth: Double(mu) / 2 * scale, positions: positions)
    return r == 0
      ? nil : try LeadingSingularValues(of: matrix, rank: r, decomposition: svd)
  }

  /// The rank, where it does not follow from the weights.
  private func fixedRank(m: Int, n: Int) -> Int? {
    switch rank {
    case .fixed(let r): r
    case .share(let share): Share.fraction(share).of(min(m, n))
    case .energy, .selected: nil
    }
  }

  /// The rank that the rule gives for these squared singular values.
  ///
  /// - Parameter worth: what a squared distance of 1 between such matrices is worth.
  private func rank(for squares: [Double], m: Int, n: Int, worth: Double, positions: Int) -> Int {
    switch rank {
    case .fixed(let r): return r
    case .share(let share): return Share.fraction(share).of(min(m, n))
    case .energy(let share):
      let wanted = share * squares.reduce(0, +)
      var kept = 0.0
      for (index, square) in squares.enumerated() {
        kept += square
        // Equality up to rounding, so that 100 % of a matrix of rank r keeps r.
        if kept >= wanted * (1 - 1e-12) { return index + 1 }
      }
      return squares.count
    case .selected(let lambda, let cost):
      // One more rank is worth its cost while μ/2·s² exceeds it; the s descend.
      let price = lambda * Double((m + n) * (cost == .flops ? positions : 1))
      return squares.prefix { worth * $0 > price }.count
    }
  }

  /// λ·C(r) with `.selected`; 0 for the other rules, which have constraints.
  public func cost(of form: CompressedForm, in view: WeightView) -> Double {
    guard case .lowRank(let form) = form else { return 0 }
    guard case .selected(let lambda, let cost) = rank else { return 0 }
    let numbers = form.rank * (form.left.rows + form.right.columns)
    return lambda * Double(numbers * (cost == .flops ? view.positions : 1))
  }
}

extension LowRank {
  /// The same matrix times a power of two, half of it in each factor.
  func scaled(byPowerOfTwo exponent: Int, for `operator`: String) throws -> LowRank {
    guard exponent != 0 else { return self }
    let form = try LowRank(
      left: left.scaled(byPowerOfTwo: exponent - exponent / 2),
      right: right.scaled(byPowerOfTwo: exponent / 2), arrangement: arrangement, format: format)
    try form.requireFinite(exponent: exponent, for: `operator`)
    return form
  }

  /// Rounding may carry products of the largest numbers beyond them.
  ///
  /// - Throws: `CompressionError.outOfRange`.
  func requireFinite(exponent: Int, for `operator`: String) throws {
    guard exponent > 120, !decompressed().isFinite else { return }
    throw CompressionError.outOfRange(
      operator: `operator`, problem: "a product of its factors exceeds the largest Float")
  }

  /// The matrix of rank 0.
  static func zero(rows: Int, columns: Int, _ arrangement: MatrixArrangement) throws -> LowRank {
    try LowRank(
      left: Matrix(rows: rows, columns: 0, values: []),
      right: Matrix(rows: 0, columns: columns, values: []), arrangement: arrangement)
  }

  /// U·√S and √S·Vᵀ, rounded to the format.
  ///
  /// - Parameter exponent: the form stands for the matrix times 2 to that power.
  /// - Throws: `CompressionError.outOfRange` where the format cannot hold the factors.
  init(
    _ found: LeadingSingularValues, exponent: Int, _ arrangement: MatrixArrangement,
    _ numbers: StoredNumbers
  ) throws {
    try self.init(
      found.left, found.singularValues, found.rightTransposed, exponent: exponent, arrangement,
      numbers)
  }

  init(
    _ left: Matrix, _ values: [Float], _ rightTransposed: Matrix, exponent: Int,
    _ arrangement: MatrixArrangement = .rows, _ numbers: StoredNumbers = .float32
  ) throws {
    let rank = values.count
    let roots = values.map { max(0, $0).squareRoot() }
    var l: [Float] = []
    l.reserveCapacity(left.rows * rank)
    for row in 0..<left.rows {
      for (column, root) in roots.enumerated() { l.append(left[row, column] * root) }
    }
    var r: [Float] = []
    r.reserveCapacity(rank * rightTransposed.columns)
    for (row, root) in roots.enumerated() {
      for column in 0..<rightTransposed.columns { r.append(root * rightTransposed[row, column]) }
    }
    if exponent != 0 {
      // Each factor takes half.
      l = l.scaled(byPowerOfTwo: exponent - exponent / 2)
      r = r.scaled(byPowerOfTwo: exponent / 2)
    }
    var format = NumberFormat.float32
    for factor in [l, r] { format = try numbers.format(for: factor) }
    try self.init(
      left: Matrix(rows: left.rows, columns: rank, values: format.rounded(l)),
      right: Matrix(rows: rank, columns: rightTransposed.columns, values: format.rounded(r)),
      arrangement: arrangement, format: format)
  }
}
