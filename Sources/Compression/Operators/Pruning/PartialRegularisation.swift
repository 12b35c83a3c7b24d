import Foundation
import LinearAlgebra

/// A penalty on a part of a layer's units, by their incoming weights (rows), their outgoing weights (the
/// columns of the next layer's matrix), or both.
///
/// With α the strength, s the share on single weights and g the groups, the cost is
/// α·((1 − s)·Σ_g √|g|·‖θ_g‖ + s·‖θ‖₁) over the first units of each side; because hidden units can be
/// permuted it does not matter which ones are taken. A step is
/// - proximal: soft(w, s·α/μ) and each group times max(0, 1 − (1 − s)·√|g|·α/(μ·‖·‖)); exact for one side,
///   one side after the other for both (incremental proximal);
/// - a sub-gradient: w − α/μ·∂R(w), which does not stop at zero.
///
/// - Complexity: O(weights of the chosen units).
/// - Source: E & Gao, arXiv 2009.01395 and 1912.05078. Their subset is not public; this is an
///   interpretation: a share of the units, and a side of their weights.
public struct PartialRegularisation: InPlaceOperator {
  /// How the penalty lowers itself; the raw value is that of `step` in a plan.
  public enum Step: String, Sendable, CaseIterable {
    /// Shrinks weights and groups, to exact zeros too.
    case proximal
    /// Goes down a sub-gradient, which makes weights small but not zero.
    case subgradient
  }

  /// α.
  public let strength: Double
  /// The units of this layer whose incoming weights are penalised.
  public let rows: Share?
  /// The units of the layer before whose outgoing weights are penalised.
  public let columns: Share?
  /// How many neighbouring inputs belong to one unit: the places of a channel that was flattened.
  public let width: Int
  /// s.
  public let single: Double
  /// Proximal by default.
  public let step: Step

  /// The penalty α on a share of the rows, of the units before, or of both.
  ///
  /// - Throws: `CompressionError.invalidParameter` unless α > 0, 0 ≤ s ≤ 1 and a side is given.
  public init(
    strength: Double, rows: Share?, columns: Share?, width: Int = 1, single: Double = 0,
    step: Step = .proximal
  ) throws {
    func require(_ fits: Bool, _ parameter: String, _ value: String, _ expected: String) throws {
      guard fits else {
        throw CompressionError.invalidParameter(
          operator: "partial", parameter: parameter, value: value, expected: expected)
      }
    }
    try require(strength > 0 && strength.isFinite, "alpha", "\(strength)", "above 0")
    try require((0...1).contains(single), "single", "\(single)", "from 0 to 1")
    try require(rows != nil || columns != nil, "rows", "none", "given, unless columns is")
    try require(width > 0, "width", "\(width)", "1 or more")
    try rows?.validate("partial")
    try columns?.validate("partial")
    self.strength = strength
    self.rows = rows
    self.columns = columns
    self.width = width
    self.single = single
    self.step = step
  }

  /// As it is written in a plan: `partial(alpha=0.01, rows=50%, columns=50%)`, then `width`,
  /// `single` and `step=subgradient` where they are not the default.
  public var description: String {
    let arguments: [String] =
      ["alpha=\(shortest(strength))"] + (rows.map { ["rows=\($0)"] } ?? [])
      + (columns.map { ["columns=\($0)"] } ?? []) + (width > 1 ? ["width=\(width)"] : [])
      + (single > 0 ? ["single=\(shortest(single))"] : [])
      + (step == .proximal ? [] : ["step=\(step.rawValue)"])
    return "partial(\(arguments.joined(separator: ", ")))"
  }

  /// Refuses vectors, a width that does not divide the columns, and more rows or units than there
  /// are.
  ///
  /// - Throws: `CompressionError.needsMatrix`, `.invalidParameter`.
  public func validate(shape: [Int], view: String) throws { _ = try part(of: shape, view: view) }

  /// - Returns: the sum of the squares of the steps: ‖w − Δ(θ)‖² for a sub-gradient or where no weight is in two groups, at least
  ///   half of it (a third, with single weights penalised as well) elsewhere.
  package func apply(to weights: UnsafeMutableBufferPointer<Float>, shape: [Int], penalty mu: Float)
    throws -> Double
  {
    let part = try part(of: shape, view: "the view")
    let ratio = Float(strength / Double(mu))
    if step == .subgradient {
      return part.descend(
        weights, groups: Float(1 - single) * ratio, single: Float(single) * ratio)
    }
    var change = 0.0
    if single > 0 {
      let threshold = Float(single) * ratio
      for run in part.runs {
        change += shrink(UnsafeMutableBufferPointer(rebasing: weights[run]), by: threshold)
      }
    }
    guard single < 1 else { return change }
    let strength = Float(1 - single) * ratio
    func factor(_ square: Double, of count: Int) -> Float {
      square > 0 ? Float(max(0, 1 - Double(strength) * (Double(count) / square).squareRoot())) : 1
    }
    for row in 0..<part.rows {
      let run = UnsafeMutableBufferPointer(
        rebasing: weights[row * part.columns..<(row + 1) * part.columns])
      let square = squaredNorm(UnsafeBufferPointer(run))
      let f = factor(square, of: part.columns)
      for index in run.indices { run[index] *= f }
      change += Double((1 - f) * (1 - f)) * square
    }
    guard part.units > 0 else { return change }
    withUnsafeTemporaryAllocation(of: Double.self, capacity: part.units) { squares in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: part.units) { factors in
        squares.initialize(repeating: 0)
        part.addSquares(of: UnsafeBufferPointer(weights), to: squares)
        for unit in 0..<part.units {
          let square = squares[unit]
          let f = factor(square, of: part.allRows * part.width)
          change += Double((1 - f) * (1 - f)) * square
          factors.initializeElement(at: unit, to: f)
        }
        part.scale(weights, by: UnsafeBufferPointer(factors))
      }
    }
    return change
  }

  /// As the protocol's, on weights whose squares are within a `Float`'s range.
  public func compress(
    _ target: WeightView, from previous: CompressedForm?, penalty mu: Float
  ) throws -> CompressedForm {
    // A sub-gradient depends on signs, which small weights must not lose.
    let largest = step == .subgradient ? 0 : Int.max
    let exponent = min(largest, target.values.uncomfortableExponent)
    var values = target.values.scaled(byPowerOfTwo: -exponent)
    // Distances are as much smaller, and so is the price.
    let near1 = try PartialRegularisation(
      strength: max(.leastNonzeroMagnitude, strength * pow(2, Double(-exponent))), rows: rows,
      columns: columns, width: width, single: single, step: step)
    try values.withUnsafeMutableBufferPointer {
      _ = try near1.apply(to: $0, shape: target.shape, penalty: mu)
    }
    values = values.scaled(byPowerOfTwo: exponent)
    guard values.isFinite else {
      throw CompressionError.outOfRange(
        operator: description, problem: "a step beyond the largest Float")
    }
    return try values.withUnsafeBufferPointer { try form(of: $0, shape: target.shape) }
  }

  /// The weights that are not zero. O(n).
  package func form(of weights: UnsafeBufferPointer<Float>, shape: [Int]) throws -> CompressedForm {
    let indices = weights.indices.filter { weights[$0] != 0 }
    return .sparse(
      try Sparse(
        count: weights.count, indices: indices.map { UInt32($0) },
        values: indices.map { weights[$0] }))
  }

  /// Takes every sparse form: the norms are a cost and bound nothing.
  public func belongs(_ form: CompressedForm, shape: [Int]) -> Bool { form.sparse != nil }

  /// α·((1 − s)·Σ_g √|g|·‖θ_g‖ + s·‖θ‖₁) over the penalised part; 0 for a form that is not sparse.
  public func cost(of form: CompressedForm, in view: WeightView) -> Double {
    guard case .sparse(let form) = form else { return 0 }
    guard let part = try? part(of: view.shape, view: "") else { return 0 }
    let values = form.decompressed()
    let total = values.withUnsafeBufferPointer { values -> Double in
      var total = 0.0
      for run in part.runs {
        total += single * absoluteSum(UnsafeBufferPointer(rebasing: values[run]))
      }
      for row in 0..<part.rows {
        let run = values[row * part.columns..<(row + 1) * part.columns]
        total +=
          (1 - single)
          * (Double(part.columns) * squaredNorm(UnsafeBufferPointer(rebasing: run))).squareRoot()
      }
      var squares = [Double](repeating: 0, count: part.units)
      squares.withUnsafeMutableBufferPointer { part.addSquares(of: values, to: $0) }
      for square in squares {
        total += (1 - single) * (Double(part.allRows * part.width) * square).squareRoot()
      }
      return total
    }
    return strength * total
  }

  /// - Throws: `CompressionError` when the view is no matrix, or the width does not divide its columns.
  private func part(of shape: [Int], view: String) throws -> PenalisedPart {
    guard shape.count >= 2 else {
      throw CompressionError.needsMatrix(operator: "partial", view: view)
    }
    let (allRows, all) = WeightView.matrixShape(of: shape)
    let (width, overflow) = shape.dropFirst(2).reduce(1, *).multipliedReportingOverflow(by: width)
    guard !overflow, all % width == 0 else {
      throw CompressionError.invalidParameter(
        operator: "partial", parameter: "width", value: "\(self.width)",
        expected: "a divisor of the \(all) columns of \(view)")
    }
    try rows?.validate("partial", atMost: allRows, "rows of \(view)")
    try columns?.validate("partial", atMost: all / width, "units before \(view)")
    return PenalisedPart(
      allRows: allRows, columns: all, rows: rows?.of(allRows) ?? 0,
      units: columns?.of(all / width) ?? 0, width: width)
  }
}

/// w ← soft(w, t). Returns the squared change.
private func shrink(_ w: UnsafeMutableBufferPointer<Float>, by threshold: Float) -> Double {
  var change: Float = 0
  for index in w.indices {
    let old = w[index]
    let step = min(abs(old), threshold)
    w[index] = old < 0 ? old + step : old - step
    change += step * step
  }
  return Double(change)
}
