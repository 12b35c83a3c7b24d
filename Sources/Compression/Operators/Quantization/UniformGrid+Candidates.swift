import Foundation

/// Grids to begin from.
extension UniformGridSearch {
  /// The number of steps, from the least to the greatest level or from 0.
  var steps: Int { isAffine ? integers.count - 1 : integers.upperBound }

  /// Grids that reach from end to end in m steps: among them is that of weights on a grid of up to
  /// as many levels, whose step may be a multiple of the finest.
  func covering(_ span: Double) -> [UniformGrid] {
    let counts = Array((steps / 2 + 1...steps).reversed())
    let stride = (counts.count - 1) / 256 + 1
    return counts.indices.filter { $0 % stride == 0 }.map {
      UniformGrid(offset: isAffine ? Double(low) : 0, step: span / Double(counts[$0]))
    }
  }

  /// Affine grids that reach over both ends, by parts of a step: what clusters of weights need.
  func shifted(_ span: Double) -> [UniformGrid] {
    guard isAffine, steps > 1 else { return [] }
    let change = max(0.25, Double(steps) / 256)
    return stride(from: Double(steps), to: Double(steps) / 2, by: -change).flatMap { intervals in
      let step = span / intervals
      return (1..<8).map { part in
        UniformGrid(offset: Double(low) - step * Double(part) / 8, step: step)
      }
    }
  }

  /// Where weights have so few values that all can be looked at: affine grids of a quarter to twice the step that
  /// reaches from end to end, or from once where that is too many, each level of which is within an eighth of a
  /// step of any other's; and more finely those on which the most frequent value lies.
  func dense(_ span: Double) -> [UniformGrid] {
    guard isAffine, steps > 1, points.count <= 512 else { return [] }
    let fineness = 0.25 / Double(steps)
    // As many offsets as quarters of a step between the ends of the weights and of the grid.
    func fits(_ ratio: Double, _ offsets: Int) -> Bool {
      log(ratio) / fineness * Double(offsets * points.count / 8) <= Double(2 * Effort.view.rawValue)
    }
    func spacings(_ ratio: Double, by change: Double) -> [Double] {
      let count = Int(log(ratio) / log(1 + change))
      return (0...count).map { 2 * span / Double(steps) * pow(1 + change, -Double($0)) }
    }
    let ratio = fits(8, 4 * steps) ? 8.0 : fits(2, steps) ? 2 : nil
    let grids = ratio.map { spacings($0, by: fineness) }?.flatMap { step in
      let slack = span - step * Double(steps)
      let (first, last) = (min(0, slack) - step / 2, max(0, slack) + step / 2)
      return stride(from: first, through: last, by: step / 4).map {
        UniformGrid(offset: Double(low) + $0, step: step)
      }
    }
    guard points.count <= 64 else { return grids ?? [] }
    return (grids ?? [])
      + spacings(ratio ?? 2, by: fineness / 8).flatMap { step in
        let code = (Double(common) - Double(low)) / step
        return [code.rounded(.down), code.rounded(.up)].map {
          UniformGrid(offset: Double(common) - min($0, Double(steps)) * step, step: step)
        }
      }
  }

  /// Grids that cut off some weights at the ends.
  func cutting(_ span: Double, _ trials: Int, sparing: Bool) -> [UniformGrid] {
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
  ///
  /// - Parameter sparing: whether levels are left whatever is cut off, or only where that is little.
  private func cuttingCounts(sparing: Bool) -> [UniformGrid] {
    let fewest = max(1, steps <= 15 ? steps * 2 / 3 : steps)
    var cuts = [0.0]
    var next = 1.0
    while next < total / 3 {
      cuts.append(next)
      next = max(next + 1, next * 1.5)
    }
    let lower = places(of: cuts, from: points[..<count].indices)
    let upper = places(of: cuts, from: points[..<count].indices.reversed())
    var grids: [UniformGrid] = []
    for (low, first) in lower.enumerated() {
      for (high, last) in upper.enumerated() where points[last] > points[first] {
        for intervals in (sparing || max(low, high) < 3 ? fewest : steps)...steps {
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
  func around(_ grid: UniformGrid, _ trials: Int, by change: Double) -> [UniformGrid] {
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
}
