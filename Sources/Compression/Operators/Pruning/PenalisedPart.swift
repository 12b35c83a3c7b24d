import LinearAlgebra

/// The weights that are penalised: the first rows, and the first units' columns.
struct PenalisedPart {
  let allRows: Int
  let columns: Int
  let rows: Int
  let units: Int
  let width: Int

  /// Each penalised weight once, as runs of neighbours.
  var runs: [Range<Int>] {
    let rest = units * width
    return [0..<rows * columns]
      + (rest > 0 ? (rows..<allRows).map { $0 * columns..<$0 * columns + rest } : [])
  }

  func addSquares(
    of weights: UnsafeBufferPointer<Float>, to squares: UnsafeMutableBufferPointer<Double>
  ) {
    for row in 0..<allRows {
      let first = row * columns
      if width == 1 {
        for unit in 0..<squares.count {
          let w = Double(weights[first + unit])
          squares[unit] += w * w
        }
      } else {
        for unit in 0..<squares.count {
          var sum = 0.0
          for index in first + unit * width..<first + (unit + 1) * width {
            sum += Double(weights[index]) * Double(weights[index])
          }
          squares[unit] += sum
        }
      }
    }
  }

  func scale(
    _ weights: UnsafeMutableBufferPointer<Float>, by factors: UnsafeBufferPointer<Float>
  ) {
    for row in 0..<allRows {
      let first = row * columns
      if width == 1 {
        for unit in 0..<factors.count { weights[first + unit] *= factors[unit] }
      } else {
        for unit in 0..<factors.count {
          let f = factors[unit]
          for index in first + unit * width..<first + (unit + 1) * width { weights[index] *= f }
        }
      }
    }
  }

  /// w ← w − t·Σ √|g|·w/‖w_g‖ over the groups that it is in − s·sign w: along a sub-gradient of all penalties at
  /// once. Returns the squared change.
  func descend(
    _ weights: UnsafeMutableBufferPointer<Float>, groups: Float, single: Float
  ) -> Double {
    // In `Double`: of small weights it is large, and only its product with them is within a float's range.
    func pull(_ square: Double, of count: Int) -> Double {
      square > 0 ? Double(groups) * (Double(count) / square).squareRoot() : 0
    }
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: units) { squares in
      squares.initialize(repeating: 0)
      addSquares(of: UnsafeBufferPointer(weights), to: squares)
      return withUnsafeTemporaryAllocation(of: Double.self, capacity: columns) { sides in
        // How the units' columns are pulled; columns of no unit are not.
        sides.initialize(repeating: 0)
        for column in 0..<units * width {
          sides[column] = pull(squares[column / width], of: allRows * width)
        }
        var change = 0.0
        for row in 0..<allRows {
          let isPenalised = row < rows
          let run = UnsafeMutableBufferPointer(
            rebasing: weights[row * columns..<(row + 1) * columns])
          let own =
            isPenalised ? pull(squaredNorm(UnsafeBufferPointer(run)), of: columns) : 0
          for column in 0..<(isPenalised ? columns : units * width) {
            let old = run[column]
            let sign: Float = old == 0 ? 0 : old < 0 ? -single : single
            let step = (own + sides[column]) * Double(old) + Double(sign)
            run[column] = Float(Double(old) - step)
            change += step * step
          }
        }
        return change
      }
    }
  }
}
