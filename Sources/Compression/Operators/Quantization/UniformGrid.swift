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
  private var points: [Float] = []
  private var weights: [Float] = []
  private let count: Int
  /// The number of weights.
  private let total: Double
  private let low: Float
  private let high: Float
  /// A value that a twentieth of the weights have, or else their median.
  private let common: Float

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
  private static let fine = 0.12

  /// These grids, and each moved so that the most frequent value or the median lies on it.
  private func withCommonValue(_ grids: [UniformGrid]) -> [UniformGrid] {
    guard isAffine else { return grids }
    return grids
      + grids.map { grid in
        let code = ((Double(common) - grid.offset) / grid.step).rounded()
        return UniformGrid(offset: Double(common) - code * grid.step, step: grid.step)
      }
  }

  /// The number of steps, from the least to the greatest level or from 0.
  private var steps: Int { isAffine ? integers.count - 1 : integers.upperBound }

  /// Grids that reach from end to end in m steps: among them is that of weights on a grid of up to
  /// as many levels, whose step may be a multiple of the finest.
  private func covering(_ span: Double) -> [UniformGrid] {
    let counts = Array((steps / 2 + 1...steps).reversed())
    let stride = (counts.count - 1) / 256 + 1
    return counts.indices.filter { $0 % stride == 0 }.map {
      UniformGrid(offset: isAffine ? Double(low) : 0, step: span / Double(counts[$0]))
    }
  }

  /// Affine grids that reach over both ends, by parts of a step: what clusters of weights need.
  private func shifted(_ span: Double) -> [UniformGrid] {
    guard isAffine, steps > 1 else { return [] }
    let change = max(0.25, Double(steps) / 256)
    return stride(from: Double(steps), to: Double(steps) / 2, by: -change).flatMap { intervals in
      let step = span / intervals
      return (1..<8).map { part in
        UniformGrid(offset: Double(low) - step * Double(part) / 8, step: step)
      }
    }
  }

  /// Affine grids of up to twice the step that reaches from end to end, and from a quarter of it unless every weight
  /// may have a level of its own, each level of which is within an eighth of a step of any other's: where
  /// weights have so few values that all can be looked at.
  private func dense(_ span: Double) -> [UniformGrid] {
    guard isAffine, steps > 1 else { return [] }
    let ratio = 1 + 0.25 / Double(steps)
    let cuts = count > steps
    let spacings = 1 + Int(log(cuts ? 8 : 2) / log(ratio))
    // As many offsets as quarters of a step between the ends of the weights and of the grid.
    let passes = spacings * (cuts ? 4 : 1) * steps
    guard passes * points.count / 8 <= 2 * Effort.view.rawValue else { return [] }
    return (0..<spacings).flatMap { spacing in
      let step = 2 * span / Double(steps) / pow(ratio, Double(spacing))
      let slack = span - step * Double(steps)
      let (first, last) = (min(0, slack) - step / 2, max(0, slack) + step / 2)
      return stride(from: first, through: last, by: step / 4).map {
        UniformGrid(offset: Double(low) + $0, step: step)
      }
    }
  }

  /// Grids that cut off some weights at the ends.
  private func cutting(_ span: Double, _ trials: Int, sparing: Bool) -> [UniformGrid] {
    isAffine ? cuttingCounts(sparing: sparing) : cuttingShares(span, trials)
  }

  /// Symmetric ones, down to one part in the root of the number of weights: beyond that the farthest
  /// weight alone would cost more than all others.
  private func cuttingShares(_ span: Double, _ trials: Int) -> [UniformGrid] {
    let ratio = pow(0.5 / total.squareRoot(), 1 / Double(trials))
    var step = span / Double(steps)
    return (0..<trials).map { _ in
      step *= ratio
      return UniformGrid(offset: 0, step: step)
    }
  }

  /// From one weight to another, so many from either end; some of few levels may be worth leaving unused.
  private func cuttingCounts(sparing: Bool) -> [UniformGrid] {
    let least = max(1, sparing && steps <= 15 ? steps * 2 / 3 : steps)
    var cuts = [0.0]
    var next = 1.0
    while next < total / 3 {
      cuts.append(next)
      next = max(next + 1, next * 1.5)
    }
    let lower = places(of: cuts, from: points[..<count].indices)
    let upper = places(of: cuts, from: points[..<count].indices.reversed())
    var grids: [UniformGrid] = []
    for first in lower {
      for last in upper where points[last] > points[first] {
        for intervals in least...steps {
          let step = (Double(points[last]) - Double(points[first])) / Double(intervals)
          grids.append(UniformGrid(offset: Double(points[first]), step: step))
        }
      }
    }
    return grids
  }

  /// The points that come after so many weights, in that order; each once.
  private func places(of cuts: [Double], from order: some Sequence<Int>) -> [Int] {
    var found: [Int] = []
    var passed = 0.0
    var cut = 0
    for place in order {
      guard cut < cuts.count else { break }
      passed += Double(weights[place])
      if passed > cuts[cut] { found.append(place) }
      while cut < cuts.count, cuts[cut] < passed { cut += 1 }
    }
    return found
  }

  /// Grids a little finer and coarser, and moved by parts of a step, with the middle kept.
  private func around(_ grid: UniformGrid, _ trials: Int, by change: Double) -> [UniformGrid] {
    let middle = Double(integers.upperBound + integers.lowerBound) / 2
    var grids: [UniformGrid] = []
    for trial in -trials...trials {
      let step = grid.step * (1 + change * Double(trial))
      guard isAffine else {
        grids.append(UniformGrid(offset: 0, step: step))
        continue
      }
      for move in -2...1 {
        let offset = grid.offset + middle * (grid.step - step) + step * Double(move) / 4
        grids.append(UniformGrid(offset: offset, step: step))
      }
    }
    return grids
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

  private typealias Vector = SIMD8<Float>

  /// What a pass needs of a grid, eight times each.
  private struct Lanes {
    let offset: Vector
    let step: Vector
    private let inverse: Vector
    private let least: Vector
    private let greatest: Vector

    init(_ grid: UniformGrid, _ integers: ClosedRange<Int>) {
      offset = Vector(repeating: Float(grid.offset))
      step = Vector(repeating: Float(grid.step))
      inverse = Vector(repeating: Float(1 / grid.step))
      least = Vector(repeating: Float(integers.lowerBound))
      greatest = Vector(repeating: Float(integers.upperBound))
    }

    /// The nearest codes of points at distances x from the offset.
    @inline(__always)
    func codes(_ x: Vector) -> Vector {
      // By masks: the standard library's pointwise minimum is a loop over the lanes.
      var code = x * inverse
      code.replace(with: least, where: code .< least)
      code.replace(with: greatest, where: code .> greatest)
      // Adding and taking away 1.5 · 2²³ rounds to an integer.
      return code + 12_582_912 - 12_582_912
    }
  }

  /// Calls `body` for eight points and their weights at a time, both of which are whole vectors long.
  @inline(__always)
  private func withVectors<Result>(
    _ body: (_ points: UnsafeRawBufferPointer, _ weights: UnsafeRawBufferPointer) -> Result
  ) -> Result {
    points.withUnsafeBytes { points in weights.withUnsafeBytes { body(points, $0) } }
  }

  private func roughDistortion(_ grid: UniformGrid) -> Float {
    let lanes = Lanes(grid, integers)
    return withVectors { points, weights in
      var total = Vector.zero
      var place = 0
      while place < points.count {
        let x = points.loadUnaligned(fromByteOffset: place, as: Vector.self) - lanes.offset
        let error = x - lanes.codes(x) * lanes.step
        total += error * error * weights.loadUnaligned(fromByteOffset: place, as: Vector.self)
        place &+= MemoryLayout<Vector>.size
      }
      return total.sum()
    }
  }

  /// Sums over the points, by weight, of the errors of a grid and of its codes, for least squares.
  private func sums(_ grid: UniformGrid) -> (
    distortion: Float, codes: Double, squares: Double, errors: Double, products: Double
  ) {
    let lanes = Lanes(grid, integers)
    return withVectors { points, weights in
      var (total, q, qq, e, qe) = (Vector.zero, Vector.zero, Vector.zero, Vector.zero, Vector.zero)
      var place = 0
      while place < points.count {
        let x = points.loadUnaligned(fromByteOffset: place, as: Vector.self) - lanes.offset
        let weight = weights.loadUnaligned(fromByteOffset: place, as: Vector.self)
        let code = lanes.codes(x)
        let error = x - code * lanes.step
        let weighted = error * weight
        total += error * weighted
        q += code * weight
        qq += code * code * weight
        e += weighted
        qe += code * weighted
        place &+= MemoryLayout<Vector>.size
      }
      return (
        total.sum(), Double(q.sum()), Double(qq.sum()), Double(e.sum()), Double(qe.sum())
      )
    }
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
