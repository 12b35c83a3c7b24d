/// Vectorised passes over the points, in `Float`.
extension UniformGridSearch {
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

  func roughDistortion(_ grid: UniformGrid) -> Float {
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
  func sums(_ grid: UniformGrid) -> (
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
}
