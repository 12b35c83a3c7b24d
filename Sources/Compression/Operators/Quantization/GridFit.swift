import LinearAlgebra

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

  /// The offset that fits the codes best, with this step; none without weights.
  var bestOffset: Double? { n > 0 ? (w - grid.step * q) / n : nil }

  /// The fit of a grid to many weights. O(n).
  static func of(_ grid: UniformGrid, _ integers: ClosedRange<Int>, to weights: [Float]) -> GridFit
  {
    let empty = GridFit(grid, integers)
    var parts = [GridFit](
      repeating: empty, count: partCount(of: weights.count, grain: 16_384))
    weights.withUnsafeBufferPointer { weights in
      parts.withUnsafeMutableBufferPointer { parts in
        let parts = parts
        parallel(over: weights.count, parts: parts.count) { part, range in
          var fit = empty
          for index in range { fit.add(weights[index]) }
          parts[part] = fit
        }
      }
    }
    return parts.dropFirst().reduce(parts[0], +)
  }
}
