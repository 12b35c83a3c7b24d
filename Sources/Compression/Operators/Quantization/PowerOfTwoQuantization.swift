import Foundation
import LinearAlgebra

/// Sets every weight to 0 or to ± a power of two: {0, ±2^e, ±2^(e−1), …, ±2^(e−C)}.
///
/// A product with such a weight is a shift. With a given e the codebook is fixed and the nearest entry
/// exact; otherwise the best e is found by trying every exponent from that of the largest magnitude,
/// rounded up, down to 3 + log₂(n)/2 below it, where none can be best; one float a group is stored.
///
/// - Complexity: O(n) to sort, O(C·log n) an exponent.
/// - Source: Carreira-Perpiñán & Idelbayev, arXiv 1707.04319 (powers of two).
public struct PowerOfTwoQuantization: CodebookOperator {
  /// C: the number of powers below the largest.
  public let depth: Int
  /// e, where it is given.
  public let top: Int?
  /// Which weights share e; all of the view where it is given.
  public let grouping: Grouping

  /// C + 1 powers of two, their negatives and 0; e is found unless it is given.
  ///
  /// - Throws: `CompressionError.invalidParameter` unless 0 ≤ C ≤ 60 and −100 ≤ e ≤ 100.
  public init(depth: Int, top: Int? = nil, per grouping: Grouping = .view) throws {
    guard (0...60).contains(depth) else {
      throw CompressionError.invalidParameter(
        operator: "powers", parameter: "c", value: "\(depth)", expected: "from 0 to 60")
    }
    guard (-100...100).contains(top ?? 0) else {
      throw CompressionError.invalidParameter(
        operator: "powers", parameter: "top", value: "\(top ?? 0)", expected: "from -100 to 100")
    }
    if top != nil, grouping != .view {
      throw CompressionError.invalidParameter(
        operator: "powers", parameter: "per", value: "\(grouping)", expected: "absent with top")
    }
    self.depth = depth
    self.top = top
    self.grouping = grouping
  }

  /// As it is written in a plan: `powers(c=3)`, with `top=-2` where e is given, `per=row` for
  /// groups.
  public var description: String {
    let arguments = ["c=\(depth)"] + (top.map { ["top=\($0)"] } ?? [])
    return
      "powers(\((arguments + (groupingSuffix.isEmpty ? [] : [groupingSuffix])).joined(separator: ", ")))"
  }

  /// Refuses groups of less than one weight, and rows of a vector.
  ///
  /// - Throws: `CompressionError.invalidParameter`, `.needsMatrix`.
  public func validate(shape: [Int], view: String) throws {
    try grouping.validate("powers", shape: shape, view: view)
  }

  /// The entries for e = 0, ascending.
  private var pattern: [Float] {
    let powers = (0...depth).map { Float(sign: .plus, exponent: -$0, significand: 1) }
    return powers.map { -$0 } + [0] + powers.reversed()
  }

  private func pattern(_ top: Int) -> [Float] {
    let scale = Float(sign: .plus, exponent: top, significand: 1)
    return pattern.map { scale * $0 }
  }

  /// The fixed codebook where e is given, else the best one of all exponents that can be best;
  /// exact either way, whatever the warm start.
  ///
  /// - Complexity: O(n) to sort, O(C·log n) an exponent.
  public func codebook(for weights: [Float], from previous: [Float]?) throws -> Codebook.Entries {
    if let top { return .fixed(pattern: pattern(top)) }
    let exponent = weights.uncomfortableExponent
    let weights = weights.scaled(byPowerOfTwo: -exponent)
    let largest = weights.reduce(0) { max($0, abs($1)) }
    guard largest > 0 else { return .scaled([0], pattern: pattern) }
    let sorted = SortedWeights(weights)
    let start = Int(largest.exponent) + 1
    // With the largest weight cut off to less than 2⁻ᵈ of itself, that one costs more than n others
    // could save from d = 2 + log₂(n)/2 on.
    let depth = 3 + (Int.bitWidth - weights.count.leadingZeroBitCount) / 2
    // A power that is no Float cannot be stored.
    let best = (start - depth...start).filter { (-149...127).contains($0 + exponent) }.map {
      power in
      let scale = Float(sign: .plus, exponent: power, significand: 1)
      return (scale, sorted.distortion(pattern.map { scale * $0 }))
    }.min { $0.1 < $1.1 }
    return Codebook.Entries.scaled([best?.0 ?? 0], pattern: pattern).scaled(byPowerOfTwo: exponent)
  }

  /// Takes the fixed codebook where e is given, else 0 or a power of two as each group's scale.
  public func allows(_ entries: Codebook.Entries) -> Bool {
    if let top { return entries == .fixed(pattern: pattern(top)) }
    guard case .scaled(let scales, pattern) = entries else { return false }
    return scales.allSatisfy { $0 == 0 || $0 == $0.binade }
  }

  /// The distortion of kept codes is quadratic in the scale: the power of two that is nearest to the best one.
  public func refit(_ form: CompressedForm, to target: WeightView) throws -> CompressedForm {
    guard case .codebook(let own) = form else { return form }
    guard case .scaled(let scales, let pattern) = try own.refitted(to: target.values).stored else {
      return form
    }
    let powers = scales.map { scale in
      let (below, above) = (scale.binade, 2 * scale.binade)
      return above.isFinite && above - scale < scale - below ? above : below
    }
    return .codebook(
      try Codebook(.scaled(powers, pattern: pattern), codes: own.codes, groupSize: own.groupSize))
  }
}

extension PowerOfTwoQuantization: FixedCodebook {
  /// Whether e is given.
  public var isFixed: Bool { top != nil }
}
