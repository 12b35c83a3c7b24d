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
/// best are then refined in `Double`.
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
  /// A value that a twentieth of the weights have.
  private let common: Float?

  /// - Parameters:
  ///   - points: finite, at least one.
  ///   - weights: of ascending points; without them each point counts once.
  init(integers: ClosedRange<Int>, isAffine: Bool, points: [Float], weights: [Float]? = nil) {
    var points = points
    if isAffine, weights == nil { radixSort(&points) }
    self.integers = integers
    self.isAffine = isAffine
    low = points.reduce(.infinity) { min($0, $1) }
    high = points.reduce(-.infinity) { max($0, $1) }
    count = points.count
    let weights = weights ?? Array(repeating: 1, count: points.count)
    common = isAffine ? Self.common(points, weights) : nil
    total = weights.reduce(0) { $0 + Double($1) }
    let padding = -points.count & 7
    self.points = points + repeatElement(points[0], count: padding)
    self.weights = weights + repeatElement(0, count: padding)
  }

  private static func common(_ points: [Float], _ weights: [Float]) -> Float? {
    let total = weights.reduce(0, +)
    // Zero is what weights have in common, if anything; else a point of a summary that stands out.
    let zeros = points.indices.reduce(Float(0)) { points[$1] == 0 ? $0 + weights[$1] : $0 }
    if zeros >= total / 20 { return 0 }
    guard let place = weights.indices.max(by: { weights[$0] < weights[$1] }),
      weights[place] > 1, weights[place] >= total / 20
    else { return nil }
    return points[place]
  }

  /// How hard to look.
  enum Effort: Int {
    /// For one of many groups.
    case group = 4096
    /// For all weights.
    case view = 262_144
  }

  /// The best grid that is found. Symmetric: the best there is, where its places are few enough for the
  /// effort. Otherwise by its step and by what it cuts off, then finely about the best 6 of these (24 for
  /// all weights), then nearest codes and least squares in turn from the best 12 of all (64).
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
    let coarse = withCommonValue(covering(span) + cutting(span))
    // The outermost level moves by a quarter of a step.
    let fineness = 0.25 / Double(steps)
    let trials = min(
      Int(Self.fine / fineness), max(8, effort == .view ? 400 : count / 16))
    let fine = leaders(coarse, effort == .view ? 24 : 6).flatMap { around($0, trials, by: Self.fine / Double(trials)) }
    var best: (grid: UniformGrid, distortion: Double)?
    for start in leaders(coarse + withCommonValue(fine), effort == .view ? 64 : 12) {
      let found = refined(start)
      if found.distortion < best?.distortion ?? .infinity { best = found }
    }
    return best?.grid ?? coarse[0]
  }

  /// How far about a coarse grid's step is looked, relative to it.
  private static let fine = 0.12

  /// These grids, and each moved so that the most frequent value, where there is one, lies on it.
  private func withCommonValue(_ grids: [UniformGrid]) -> [UniformGrid] {
    guard isAffine, let common else { return grids }
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

  /// Grids that cut off some weights at the ends.
  private func cutting(_ span: Double) -> [UniformGrid] {
    isAffine ? cuttingCounts() : cuttingShares(span)
  }

  /// Symmetric ones, down to one part in the root of the number of weights: beyond that the farthest
  /// weight alone would cost more than all others.
  private func cuttingShares(_ span: Double) -> [UniformGrid] {
    let trials = 64
    let ratio = pow(0.5 / total.squareRoot(), 1 / Double(trials))
    var step = span / Double(steps)
    return (0..<trials).map { _ in
      step *= ratio
      return UniformGrid(offset: 0, step: step)
    }
  }

  /// From one weight to another, so many from either end.
  private func cuttingCounts() -> [UniformGrid] {
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
        let step = (Double(points[last]) - Double(points[first])) / Double(steps)
        grids.append(UniformGrid(offset: Double(points[first]), step: step))
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
      guard best.count < wanted || distortion < best[wanted - 1].distortion else { continue }
      let place = best.firstIndex { distortion < $0.distortion } ?? best.count
      best.insert((grid, distortion), at: place)
      if best.count > wanted { best.removeLast() }
    }
    return best.map(\.grid)
  }

  private func roughDistortion(_ grid: UniformGrid) -> Float {
    typealias Vector = SIMD8<Float>
    let offset = Vector(repeating: Float(grid.offset))
    let step = Vector(repeating: Float(grid.step))
    let inverse = Vector(repeating: Float(1 / grid.step))
    let least = Vector(repeating: Float(integers.lowerBound))
    let greatest = Vector(repeating: Float(integers.upperBound))
    // Adding and taking away 1.5 · 2²³ rounds to an integer.
    let rounding = Vector(repeating: 12_582_912)
    var total = Vector.zero
    points.withUnsafeBytes { points in
      weights.withUnsafeBytes { weights in
        // Both are whole vectors long.
        for start in stride(from: 0, to: points.count, by: 32) {
          let x = points.loadUnaligned(fromByteOffset: start, as: Vector.self) - offset
          let code = pointwiseMin(pointwiseMax(x * inverse, least), greatest)
          let error = x - (code + rounding - rounding) * step
          let weight = weights.loadUnaligned(fromByteOffset: start, as: Vector.self)
          total += error * error * weight
        }
      }
    }
    return total.sum()
  }

  /// Nearest codes, then the least-squares grid for these, until the distortion stays.
  private func refined(_ start: UniformGrid) -> (grid: UniformGrid, distortion: Double) {
    var fit = GridFit(start, integers)
    for index in points.indices { fit.add(points[index], weight: Double(weights[index])) }
    var best = (grid: start, distortion: fit.distortion)
    for _ in 0..<30 {
      guard let next = fit.leastSquares(isAffine: isAffine), next != best.grid else { break }
      fit = GridFit(next, integers)
      for index in points.indices { fit.add(points[index], weight: Double(weights[index])) }
      guard fit.distortion < best.distortion * (1 - 1e-9) else { break }
      best = (next, fit.distortion)
    }
    return best
  }
}

/// The moments of weights and of their codes on a grid: what a least-squares fit needs.
struct GridFit {
  let grid: UniformGrid
  private let offset: Float
  private let step: Float
  private let inverse: Float
  private let least: Float
  private let greatest: Float
  private(set) var distortion = 0.0
  // Σ of 1, q, q², w and q·w.
  private var n = 0.0
  private var q = 0.0
  private var qq = 0.0
  private var w = 0.0
  private var qw = 0.0

  init(_ grid: UniformGrid, _ integers: ClosedRange<Int>) {
    self.grid = grid
    offset = Float(grid.offset)
    step = Float(grid.step)
    inverse = grid.step > 0 ? 1 / Float(grid.step) : 0
    least = Float(integers.lowerBound)
    greatest = Float(integers.upperBound)
  }

  @inline(__always)
  mutating func add(_ value: Float, weight: Double = 1) {
    let place = max(least, min(greatest, (value - offset) * inverse))
    let code = place + 12_582_912 - 12_582_912
    let error = Double(value) - Double(offset + step * code)
    distortion += weight * error * error
    let (code64, value64) = (Double(code), Double(value))
    n += weight
    q += weight * code64
    qq += weight * code64 * code64
    w += weight * value64
    qw += weight * code64 * value64
  }

  static func + (a: GridFit, b: GridFit) -> GridFit {
    var sum = a
    sum.distortion += b.distortion
    sum.n += b.n
    sum.q += b.q
    sum.qq += b.qq
    sum.w += b.w
    sum.qw += b.qw
    return sum
  }

  /// The grid that fits the codes best; none where they do not determine one.
  func leastSquares(isAffine: Bool) -> UniformGrid? {
    let step: Double
    var offset = 0.0
    if isAffine {
      let determinant = n * qq - q * q
      guard determinant > 0 else { return nil }
      step = (n * qw - q * w) / determinant
      offset = (w - step * q) / n
    } else {
      guard qq > 0 else { return nil }
      step = qw / qq
    }
    return step > 0 ? UniformGrid(offset: offset, step: step) : nil
  }

  /// The fit of a grid to many weights. O(n).
  static func of(_ grid: UniformGrid, _ integers: ClosedRange<Int>, to weights: [Float]) -> GridFit
  {
    let empty = GridFit(grid, integers)
    var parts = [GridFit](
      repeating: empty, count: partCount(of: weights.count, grain: 16_384))
    weights.withUnsafeBufferPointer { weights in
      parts.withUnsafeMutableBufferPointer { parts in
        let parts = parts
        parallel(over: weights.count, grain: 16_384) { part, range in
          var fit = empty
          for index in range { fit.add(weights[index]) }
          parts[part] = fit
        }
      }
    }
    return parts.dropFirst().reduce(parts[0], +)
  }
}
