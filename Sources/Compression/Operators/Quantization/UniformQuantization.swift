import Foundation
import LinearAlgebra

/// Sets every weight to one of equally spaced values, as integer hardware wants it.
///
/// - Symmetric, b bits: θᵢ ∈ s·{−Q … Q}, Q = 2^(b−1) − 1; one float s a group.
/// - Affine, b bits: θᵢ ∈ offset + s·{0 … 2^b − 1}; two floats a group.
///
/// Symmetric, the spacing of up to 4,096 weights is the best there is where n·Q is at most 262,144, 512 for a
/// group or from a warm start: every set of
/// codes is tried (`SymmetricGrid`). Otherwise the grid is searched: the distortion of hundreds of grids, by their
/// spacing, by what they cut off at either end and by the most frequent value, and all of them where the weights of
/// a view have few values, each one pass; then
/// alternation of codes and least squares from the best of them and from the warm start, which is monotone.
/// More than 4,096 weights are searched by a summary of as many points. Approximate: a local optimum, the
/// best among those starts. Weights that lie on a grid of up to as many levels, from end to end, are
/// found to be on it.
///
/// - Complexity: O(n) a group, hundreds of vectorised passes over at most 4,096 points.
/// - Source: the usual integer quantization (Jacob et al. 2018), with the least-squares scale.
public struct UniformQuantization: CodebookOperator {
  /// b, from 2, affine from 1, to 12.
  public let bits: Int
  /// Whether the levels have an offset of their own instead of lying symmetrically about 0.
  public let isAffine: Bool
  /// Which weights share the spacing and the offset.
  public let grouping: Grouping

  /// Equally spaced values of b bits, symmetric unless `affine`.
  ///
  /// - Throws: `CompressionError.invalidParameter` unless b is from 2 (affine: 1) to 12.
  public init(bits: Int, affine: Bool = false, per grouping: Grouping = .view) throws {
    guard ((affine ? 1 : 2)...12).contains(bits) else {
      throw CompressionError.invalidParameter(
        operator: "uniform", parameter: "b", value: "\(bits)",
        expected: "from \(affine ? 1 : 2) to 12")
    }
    self.bits = bits
    isAffine = affine
    self.grouping = grouping
  }

  /// As it is written in a plan: `uniform(b=4)`, with `affine` and `per=row` where they are not the
  /// default.
  public var description: String {
    let arguments =
      ["b=\(bits)"] + (isAffine ? ["affine"] : [])
      + (groupingSuffix.isEmpty ? [] : [groupingSuffix])
    return "uniform(\(arguments.joined(separator: ", ")))"
  }

  /// Refuses groups of less than one weight, and rows of a vector.
  ///
  /// - Throws: `CompressionError.invalidParameter`, `.needsMatrix`.
  public func validate(shape: [Int], view: String) throws {
    try grouping.validate("uniform", shape: shape, view: view)
  }

  /// The integers that a code stands for.
  private var integers: ClosedRange<Int> {
    isAffine ? 0...(1 << bits) - 1 : (1 - (1 << (bits - 1)))...((1 << (bits - 1)) - 1)
  }

  /// Searches the grid of one group, from the last C step's as well where there is one: exact for
  /// few symmetric weights, else approximate, and monotone from the warm start.
  ///
  /// - Complexity: O(n), hundreds of vectorised passes over at most 4,096 points.
  public func codebook(for weights: [Float], from previous: [Float]?) throws -> Codebook.Entries {
    // What one unit of the least denormal number is in the weights that are brought near 1.
    let unit = exp2(Double(-149 - weights.uncomfortableExponent))
    return Codebook.Entries.scaleFree(
      weights, previous?.count == integers.count ? previous : nil
    ) {
      let grid = representable(grid(for: $0, from: $1), unit: unit, on: $0)
      return isAffine
        ? .affine(
          offsets: [Float(grid.offset)], steps: [Float(grid.step)], levels: integers.count)
        : .scaled([Float(grid.step)], pattern: integers.map(Float.init))
    }
  }

  /// Takes the scale s ≥ 0 of {−Q … Q} for each group, or 2^b affine levels with s ≥ 0.
  public func allows(_ entries: Codebook.Entries) -> Bool {
    guard isAffine else { return entries.hasScales(of: integers.map(Float.init)) }
    guard case .affine(_, let steps, integers.count) = entries else { return false }
    return steps.allSatisfy { $0 >= 0 }
  }

  private func grid(for weights: [Float], from previous: [Float]?) -> UniformGrid {
    guard !weights.isEmpty else { return UniformGrid(offset: 0, step: 0) }
    // Two free levels are any two.
    if isAffine, bits == 1, previous == nil {
      let pair = SortedWeights(weights).bestEntries(2)
      return UniformGrid(offset: Double(pair[0]), step: Double(pair[1]) - Double(pair[0]))
    }
    let search = search(weights)
    let cold = search.best(grouping == .view && previous == nil ? .view : .group)
    guard previous != nil || weights.count > Self.summarised else { return cold }
    var best = refined(cold, on: weights)
    if let previous, let first = previous.first, let last = previous.last {
      let step = (Double(last) - Double(first)) / Double(previous.count - 1)
      let warm = refined(
        UniformGrid(offset: isAffine ? Double(first) : 0, step: step), on: weights)
      if warm.distortion <= best.distortion { best = warm }
    }
    return best.grid
  }

  /// Steps and offsets of small weights are a few units, and rounding them would move the far levels by
  /// many: the best grid with one of the steps next to the given one.
  private func representable(_ grid: UniformGrid, unit: Double, on weights: [Float]) -> UniformGrid
  {
    guard grid.step > 0, grid.step < 0x1p24 * unit, !weights.isEmpty else { return grid }
    let middle = isAffine ? Double(integers.count / 2) : 0
    let nearest = (grid.step / unit).rounded()
    var best: (grid: UniformGrid, distortion: Double)?
    for units in stride(from: max(1, nearest - 1), through: max(1, nearest + 1), by: 1) {
      var reached = Double.infinity
      var next = UniformGrid(offset: grid.offset, step: units * unit)
      next.offset += middle * (grid.step - next.step)
      for _ in 0..<10 {
        next.offset = (next.offset / unit).rounded() * unit
        let fit = GridFit.of(next, integers, to: weights)
        guard fit.distortion < reached else { break }
        reached = fit.distortion
        if reached < best?.distortion ?? .infinity { best = (next, reached) }
        guard isAffine, let offset = fit.bestOffset else { break }
        next.offset = offset
      }
    }
    return best?.grid ?? grid
  }

  /// From that many weights on grids are searched on a summary of as many points.
  private static let summarised = 4096

  private func search(_ weights: [Float]) -> UniformGridSearch {
    guard weights.count > Self.summarised else {
      return UniformGridSearch(integers: integers, isAffine: isAffine, points: weights)
    }
    // The bins of a histogram are as wide as the steps of 8 bits.
    let points =
      (bits < 8 ? WeightHistogram(weights).summary(atLeast: 1024) : nil)
      ?? SortedWeights(weights).summary()
    let (values, counts) = points.pairs(atMost: Self.summarised)
    return UniformGridSearch(
      integers: integers, isAffine: isAffine, points: values, weights: counts)
  }

  /// Nearest codes, then the least-squares grid for these codes, until the distortion stays.
  private func refined(_ start: UniformGrid, on weights: [Float]) -> (
    grid: UniformGrid, distortion: Double
  ) {
    var fit = GridFit.of(start, integers, to: weights)
    var best = (grid: start, distortion: fit.distortion)
    for _ in 0..<20 {
      guard let next = fit.leastSquares(isAffine: isAffine), next != best.grid else { break }
      fit = GridFit.of(next, integers, to: weights)
      guard fit.distortion < best.distortion else { break }
      let gain = best.distortion - fit.distortion
      best = (next, fit.distortion)
      if gain < 1e-6 * best.distortion { break }
    }
    return best
  }
}
