import Foundation

/// Equally spaced values by search. What is returned was evaluated weight by weight, so it is never
/// below the optimum.
enum Uniform {
  struct Grid {
    var offset: Double
    var step: Double
  }

  /// θᵢ ∈ s·{−Q … Q}.
  static func symmetric(_ weights: [Double], top: Int) -> Double {
    let magnitudes = weights.map(abs)
    guard let largest = magnitudes.max(), largest > 0 else { return 0 }
    let starts =
      magnitudes.count * top <= 100_000
      ? everySpacing(magnitudes, top) : spacings(largest / Double(top), count: 400)
    return best(
      magnitudes, starts.map { Grid(offset: 0, step: $0) }, levels: top + 1, isCentred: true)
  }

  /// θᵢ ∈ offset + s·{0 … L − 1}.
  static func affine(_ weights: [Double], levels: Int) -> Double {
    guard let low = weights.min(), let high = weights.max(), high > low, levels > 1 else {
      let mean = Points(weights).mean(0..<1)
      return weights.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
    let span = high - low
    var starts: [Grid] = []
    // Grids that the weights may lie on: the range in 1, 2, … steps.
    for parts in 1..<levels { starts.append(Grid(offset: low, step: span / Double(parts))) }
    let trials = max(20, min(150, 2_000_000 / min(weights.count, 2000) / 24))
    for step in spacings(span / Double(levels - 1), count: trials) {
      let room = span - step * Double(levels - 1)
      for part in 0..<24 {
        let share = Double(part) / 23
        let shift = room > 0 ? -step / 2 + share * (room + step) : share * room
        starts.append(Grid(offset: low + shift, step: step))
      }
    }
    return best(weights, starts, levels: levels, isCentred: false)
  }

  /// From twice the spacing that covers the range down to a fiftieth of it, evenly by ratio.
  private static func spacings(_ cover: Double, count: Int) -> [Double] {
    (0..<count).map { (index: Int) -> Double in
      2 * cover * pow(0.01, Double(index) / Double(count))
    } + [cover]
  }

  /// The best spacings of all: between two at which some code changes, least squares has one optimum,
  /// and with the codes' sums updated from one to the next each is tried.
  private static func everySpacing(_ magnitudes: [Double], _ top: Int) -> [Double] {
    var changes: [(spacing: Double, magnitude: Double, code: Double)] = []
    for magnitude in magnitudes where magnitude > 0 {
      for code in 0..<top {
        changes.append((magnitude / (Double(code) + 0.5), magnitude, Double(code)))
      }
    }
    changes.sort { $0.spacing > $1.spacing }
    var (product, square) = (0.0, 0.0)
    var found: [(gain: Double, spacing: Double)] = []
    for change in changes {
      product += change.magnitude
      square += 2 * change.code + 1
      found.append((product * product / square, product / square))
    }
    return found.sorted { $0.gain > $1.gain }.prefix(30).map(\.spacing)
  }

  /// The starts are ranked on a sample of many weights; the best of them are refined on all.
  private static func best(
    _ weights: [Double], _ starts: [Grid], levels: Int, isCentred: Bool
  ) -> Double {
    let stride = max(1, weights.count / 2000)
    let sample =
      stride == 1 ? weights : weights.indices.filter { $0 % stride == 0 }.map { weights[$0] }
    let ranked = starts.map { ($0, distortion(sample, $0, levels)) }.sorted { $0.1 < $1.1 }
    return ranked.prefix(stride == 1 ? 12 : 6).map { start in
      var grid = start.0
      var reached = distortion(weights, grid, levels)
      for _ in 0..<40 {
        let next = fitted(weights, grid, levels, isCentred)
        let value = distortion(weights, next, levels)
        guard value < reached else { break }
        (grid, reached) = (next, value)
      }
      return reached
    }.min() ?? .infinity
  }

  private static func code(_ weight: Double, _ grid: Grid, _ levels: Int) -> Double {
    guard grid.step > 0 else { return 0 }
    return max(0, min(Double(levels - 1), ((weight - grid.offset) / grid.step).rounded()))
  }

  static func distortion(_ weights: [Double], _ grid: Grid, _ levels: Int) -> Double {
    weights.reduce(0) {
      let left = $1 - (grid.offset + grid.step * code($1, grid, levels))
      return $0 + left * left
    }
  }

  /// Least squares for the codes that the grid gives.
  private static func fitted(
    _ weights: [Double], _ grid: Grid, _ levels: Int, _ isCentred: Bool
  ) -> Grid {
    let codes = weights.map { code($0, grid, levels) }
    let n = Double(weights.count)
    if isCentred {
      let square = codes.reduce(0) { $0 + $1 * $1 }
      let product = zip(codes, weights).reduce(0) { $0 + $1.0 * $1.1 }
      return square > 0 ? Grid(offset: 0, step: product / square) : grid
    }
    let meanCode = codes.reduce(0, +) / n
    let meanWeight = weights.reduce(0) { $0 + $1 / n }
    var (square, product) = (0.0, 0.0)
    for (code, weight) in zip(codes, weights) {
      square += (code - meanCode) * (code - meanCode)
      product += (code - meanCode) * (weight - meanWeight)
    }
    let step = square > 0 ? product / square : grid.step
    return Grid(offset: meanWeight - step * meanCode, step: step)
  }
}
