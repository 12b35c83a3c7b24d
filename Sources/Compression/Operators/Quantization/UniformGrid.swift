import Foundation
import LinearAlgebra

/// Equally spaced values: offset + step · q for the integers q of a range.
struct UniformGrid: Equatable {
  var offset: Double
  var step: Double
}

/// Points with weights, and how well grids fit them.
///
/// Many grids are ranked by a vectorised pass in `Float` each, whatever the number of levels; the
/// best are refined so, too, and the best of these in `Double`.
struct UniformGridSearch {
  let integers: ClosedRange<Int>
  /// Whether the offset is free; else it is 0.
  let isAffine: Bool
  // Padded to whole vectors by points without weight.
  private(set) var points: [Float] = []
  private(set) var weights: [Float] = []
  let count: Int
  /// The number of weights.
  let total: Double
  let low: Float
  let high: Float
  /// A value that a twentieth of the weights have, or else their median.
  let common: Float

  /// - Parameters:
  ///   - points: finite, at least one.
  ///   - weights: of ascending points; without them each point counts once.
  init(integers: ClosedRange<Int>, isAffine: Bool, points: [Float], weights: [Float]? = nil) {
    var (points, weights) = (points, weights ?? Array(repeating: 1, count: points.count))
    if isAffine { Self.merge(&points, &weights) }
    self.integers = integers
    self.isAffine = isAffine
    low = points.reduce(.infinity) { min($0, $1) }
    high = points.reduce(-.infinity) { max($0, $1) }
    count = points.count
    common = isAffine ? Self.common(points, weights) : 0
    total = weights.reduce(0) { $0 + Double($1) }
    let padding = -points.count & 7
    self.points = points + repeatElement(points[0], count: padding)
    self.weights = weights + repeatElement(0, count: padding)
  }

  /// Sorts them and leaves one of equal points, with the weight of all.
  private static func merge(_ points: inout [Float], _ weights: inout [Float]) {
    guard weights.allSatisfy({ $0 == 1 }) else { return }
    radixSort(&points)
    var last = 0
    for place in points.indices.dropFirst() {
      if points[place] == points[last] {
        weights[last] += 1
      } else {
        last += 1
        points[last] = points[place]
        weights[last] = 1
      }
    }
    points.removeSubrange((last + 1)...)
    weights.removeSubrange((last + 1)...)
  }

  private static func common(_ points: [Float], _ weights: [Float]) -> Float {
    let total = weights.reduce(0, +)
    // Zero is what weights have in common, if anything; else a point of a summary that stands out.
    let zeros = points.indices.reduce(Float(0)) { points[$1] == 0 ? $0 + weights[$1] : $0 }
    if zeros >= total / 20 { return 0 }
    if let place = weights.indices.max(by: { weights[$0] < weights[$1] }),
      weights[place] > 1, weights[place] >= total / 20
    {
      return points[place]
    }
    var left = total / 2
    for place in weights.indices {
      left -= weights[place]
      if left <= 0 { return points[place] }
    }
    return 0
  }

  /// How hard to look.
  enum Effort: Int {
    /// For one of many groups.
    case group = 512
    /// For all weights.
    case view = 262_144
  }

  /// The best grid that is found. Symmetric: the best there is, where its places are few enough for the
  /// effort. Otherwise by its step and by what it cuts off, then finely about the best 4 of these (24 for
  /// all weights), then nearest codes and least squares in turn from the best 8 of all (64).
  func best(_ effort: Effort) -> UniformGrid {
    let span = Double(isAffine ? high - low : max(abs(low), abs(high)))
    guard span > 0 else { return UniformGrid(offset: isAffine ? Double(low) : 0, step: 0) }
    if !isAffine,
      SymmetricGrid.tries(points: count, levels: integers.upperBound, atMost: effort.rawValue)
    {
      return UniformGrid(
        offset: 0,
        step: SymmetricGrid.bestStep(points, weights, levels: integers.upperBound))
    }
    let isView = effort == .view
    let coarse = withCommonValue(
      covering(span) + (isView ? shifted(span) + dense(span) : [])
        + cutting(span, isView ? 64 : 24, sparing: isView || points.count <= 32))
    // The outermost level moves by a quarter of a step.
    let fineness = 0.25 / Double(steps)
    let trials = max(
      1, min(Int(Self.fine / fineness), max(4, isView ? 400 : count / 16)))
    let fine = leaders(coarse, isView ? 24 : 4).flatMap {
      around($0, trials, by: Self.fine / Double(trials))
    }
    let leaders = leaders(coarse + withCommonValue(fine), isView ? 64 : 8)
      .map(roughlyRefined)
    guard let best = leaders.min(by: { $0.distortion < $1.distortion }) else { return coarse[0] }
    return refined(best.grid)
  }

  /// How far about a coarse grid's step is looked, relative to it.
  static let fine = 0.12

  /// These grids, and each moved so that the most frequent value or the median lies on it.
  private func withCommonValue(_ grids: [UniformGrid]) -> [UniformGrid] {
    guard isAffine else { return grids }
    return grids
      + grids.map { grid in
        let code = ((Double(common) - grid.offset) / grid.step).rounded()
        return UniformGrid(offset: Double(common) - code * grid.step, step: grid.step)
      }
  }

  /// The grids of least distortion.
  private func leaders(_ grids: [UniformGrid], _ wanted: Int) -> [UniformGrid] {
    var best: [(grid: UniformGrid, distortion: Float)] = []
    for grid in grids {
      let distortion = roughDistortion(grid)
      // A step so small that its inverse is infinite has none.
      guard distortion.isFinite,
        best.count < wanted || distortion < best[wanted - 1].distortion
      else { continue }
      let place = best.firstIndex { distortion < $0.distortion } ?? best.count
      best.insert((grid, distortion), at: place)
      if best.count > wanted { best.removeLast() }
    }
    return best.map(\.grid)
  }

  /// Nearest codes, then the least-squares grid for these, until the distortion stays, in `Float`.
  private func roughlyRefined(_ start: UniformGrid) -> (grid: UniformGrid, distortion: Float) {
    var best = (grid: start, distortion: Float.infinity)
    var grid = start
    for _ in 0..<30 {
      let sums = sums(grid)
      guard sums.distortion < best.distortion * (1 - 1e-5) else { break }
      best = (grid, sums.distortion)
      // What least squares change of this grid: the errors are fitted, which are small.
      if isAffine {
        let determinant = total * sums.squares - sums.codes * sums.codes
        guard determinant > 0 else { break }
        let change = (total * sums.products - sums.codes * sums.errors) / determinant
        grid.step += change
        grid.offset += (sums.errors - change * sums.codes) / total
      } else {
        guard sums.squares > 0 else { break }
        grid.step += sums.products / sums.squares
      }
      guard grid.step > 0 else { break }
    }
    return best
  }

  /// The same in `Double`.
  private func refined(_ start: UniformGrid) -> UniformGrid {
    func fit(_ grid: UniformGrid) -> GridFit {
      var fit = GridFit(grid, integers)
      for index in 0..<count { fit.add(points[index], weight: Double(weights[index])) }
      return fit
    }
    var found = fit(start)
    var best = (grid: start, distortion: found.distortion)
    for _ in 0..<30 {
      guard let next = found.leastSquares(isAffine: isAffine), next != best.grid else { break }
      found = fit(next)
      guard found.distortion < best.distortion * (1 - 1e-9) else { break }
      best = (next, found.distortion)
    }
    return best.grid
  }
}
