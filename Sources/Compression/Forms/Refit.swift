import LinearAlgebra

/// A least-squares fit with the structure kept: codes, places and ranks stay, numbers change. This is
/// how a compressed network is retrained.
extension CompressedForm {
  /// The θ of the same structure that is nearest to `target`.
  ///
  /// Exact for codebooks and sparse entries. Factors take one sweep of alternating least squares from
  /// where they are; a sum fits its parts in turn, three times. Neither is ever worse than before.
  ///
  /// - Complexity: O(n); factors O(m·n·r).
  /// - Precondition: there are `count` weights in the target.
  /// - Throws: `CompressionError.malformedForm` when a fit is no longer finite.
  public func refitted(to target: [Float]) throws -> CompressedForm {
    precondition(target.count == count)
    switch self {
    case .codebook(let form): return .codebook(try form.refitted(to: target))
    case .sparse(let form): return .sparse(try form.refitted(to: target))
    case .lowRank(let form): return .lowRank(try form.refitted(to: target))
    case .sum(let form): return .sum(try form.refitted(to: target) { try $1.refitted(to: $2) })
    }
  }
}

extension AdditiveSum {
  /// - Parameter fit: the refit of a part, given by its number, to what the others leave.
  func refitted(
    to target: [Float],
    _ fit: (_ part: Int, _ form: CompressedForm, _ rest: [Float]) throws ->
      CompressedForm
  ) throws -> AdditiveSum {
    var parts = parts
    for _ in 0..<3 {
      // Anew each time, for what is added and taken away again leaves its rounding.
      var rest = target
      for part in parts { part.add(to: &rest, scale: -1) }
      for index in parts.indices {
        parts[index].add(to: &rest, scale: 1)
        parts[index] = try fit(index, parts[index], rest)
        parts[index].add(to: &rest, scale: -1)
      }
    }
    return try AdditiveSum(parts)
  }
}

extension Sparse {
  /// The target's values at the same places; those that share values keep their sharing.
  func refitted(to target: [Float]) throws -> Sparse {
    let kept = indices.map { target[Int($0)] }
    guard case .codebook(let entries) = format else {
      // In half precision the nearest there are, which are no farther than those before.
      return try Sparse(
        count: count, indices: indices, values: format.rounded(kept), pattern: pattern,
        format: format)
    }
    // The entry that a value has now is its code; between neighbouring floats there is no middle.
    let codes = values.map { UInt16(truncatingIfNeeded: place(of: $0, in: entries)) }
    let fitted = try Codebook(.free(entries, levels: entries.count), codes: codes)
      .refitted(to: kept)
    return try Sparse(
      count: count, indices: indices, values: fitted.decompressed(), pattern: pattern,
      format: .codebook(fitted.entries))
  }
}

/// The place of the first entry that is not below a value; `entries` ascend. O(log K).
private func place(of value: Float, in entries: [Float]) -> Int {
  var (low, high) = (0, entries.count - 1)
  while low < high {
    let middle = (low + high) / 2
    if entries[middle] < value { low = middle + 1 } else { high = middle }
  }
  return low
}

extension Codebook {
  /// The mean of each code's weights, the best scale, or the best line through the levels.
  ///
  /// - Parameter holdingZero: whether one entry of each group that is 0 stays so.
  func refitted(to target: [Float], holdingZero: Bool = false) throws -> Codebook {
    switch stored {
    case .fixed: return self
    case .free(let old, let levels):
      let sums = moments(of: target)
      var means = old
      for code in means.indices where sums.counts[code] > 0 {
        means[code] = Float(sums.totals[code] / sums.counts[code])
      }
      if holdingZero {
        for start in stride(from: 0, to: old.count, by: levels) {
          if let zero = old[start..<start + levels].firstIndex(of: 0) { means[zero] = 0 }
        }
      }
      var codes = codes
      if (0..<groupCount).contains(where: { !isAscending(means[$0 * levels..<($0 + 1) * levels]) })
      {
        sort(&means, &codes)
      }
      return try Codebook(.free(means, levels: levels), codes: codes, groupSize: groupSize)
    case .scaled(_, let pattern):
      let sums = moments(of: target)
      let scales = (0..<groupCount).map { group -> Float in
        var (product, square) = (0.0, 0.0)
        for (level, value) in pattern.enumerated() {
          let index = group * levels + level
          product += Double(value) * sums.totals[index]
          square += Double(value) * Double(value) * sums.counts[index]
        }
        return square > 0 ? Float(max(0, product / square)) : 0
      }
      return try Codebook(.scaled(scales, pattern: pattern), codes: codes, groupSize: groupSize)
    case .affine(let oldOffsets, let oldSteps, let levels):
      let sums = moments(of: target)
      var (offsets, steps) = (oldOffsets, oldSteps)
      for group in 0..<groupCount {
        // Regression of the weights on their codes.
        var (n, x, xx, y, xy) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for level in 0..<levels {
          let count = sums.counts[group * levels + level]
          let total = sums.totals[group * levels + level]
          let code = Double(level)
          n += count
          x += code * count
          xx += code * code * count
          y += total
          xy += code * total
        }
        let determinant = n * xx - x * x
        guard n > 0 else { continue }
        let step = determinant > 0 ? max(0, (n * xy - x * y) / determinant) : Double(steps[group])
        steps[group] = Float(step)
        offsets[group] = Float((y - step * x) / n)
      }
      return try Codebook(
        .affine(offsets: offsets, steps: steps, levels: levels), codes: codes,
        groupSize: groupSize)
    }
  }

  /// Σ of the weights of each entry, and how many there are.
  private func moments(of target: [Float]) -> (totals: [Double], counts: [Double]) {
    var totals = [Double](repeating: 0, count: entries.count)
    var counts = totals
    target.withUnsafeBufferPointer { target in
      codes.withUnsafeBufferPointer { codes in
        totals.withUnsafeMutableBufferPointer { totals in
          counts.withUnsafeMutableBufferPointer { counts in
            let (totals, counts) = (totals, counts)
            forEachGroup(of: groupSize, in: count) { group, range in
              let own = group * levels..<(group + 1) * levels
              addMoments(
                of: UnsafeBufferPointer(rebasing: target[range]),
                codes: UnsafeBufferPointer(rebasing: codes[range]),
                to: UnsafeMutableBufferPointer(rebasing: totals[own]),
                UnsafeMutableBufferPointer(rebasing: counts[own]))
            }
          }
        }
      }
    }
    return (totals, counts)
  }

  private func isAscending(_ entries: ArraySlice<Float>) -> Bool {
    zip(entries, entries.dropFirst()).allSatisfy { $0 <= $1 }
  }

  /// Puts each group's entries in order again and renames the codes.
  private func sort(_ means: inout [Float], _ codes: inout [UInt16]) {
    for (group, start) in stride(from: 0, to: count, by: groupSize).enumerated() {
      let first = group * levels
      let order = (0..<levels).sorted { means[first + $0] < means[first + $1] }
      var names = [UInt16](repeating: 0, count: levels)
      for (place, level) in order.enumerated() { names[level] = UInt16(place) }
      means.replaceSubrange(first..<first + levels, with: order.map { means[first + $0] })
      for index in start..<min(start + groupSize, count) { codes[index] = names[Int(codes[index])] }
    }
  }
}

/// Adds each weight, and 1, to its code's sums: eight partial sums a code hide the additions' latency
/// where there are many weights.
private func addMoments(
  of values: UnsafeBufferPointer<Float>, codes: UnsafeBufferPointer<UInt16>,
  to totals: UnsafeMutableBufferPointer<Double>, _ counts: UnsafeMutableBufferPointer<Double>
) {
  let levels = totals.count
  guard values.count >= 16 * levels else {
    for index in values.indices {
      totals[Int(codes[index])] += Double(values[index])
      counts[Int(codes[index])] += 1
    }
    return
  }
  let lanes = 8
  withUnsafeTemporaryAllocation(of: SIMD2<Double>.self, capacity: levels * lanes) { partial in
    partial.initialize(repeating: .zero)
    for index in values.indices {
      partial[Int(codes[index]) * lanes + index % lanes] += SIMD2(Double(values[index]), 1)
    }
    for level in 0..<levels {
      let sum = partial[level * lanes..<(level + 1) * lanes].reduce(SIMD2<Double>.zero, +)
      totals[level] += sum.x
      counts[level] += sum.y
    }
  }
}

extension LowRank {
  /// One sweep: left ← the columns of W·rightᵀ made orthonormal, right ← leftᵀ·W.
  func refitted(to target: [Float]) throws -> LowRank {
    guard (1...left.rows).contains(rank) else { return self }
    let matrix = try Matrix(
      rows: left.rows, columns: right.columns, values: arrangement.arranged(target))
    // Only the directions matter, and products of numbers near 1 neither overflow nor vanish.
    func near1(_ matrix: Matrix) throws -> Matrix {
      let exponent = matrix.values.uncomfortableExponent
      return exponent == 0 ? matrix : try matrix.scaled(byPowerOfTwo: -exponent)
    }
    let image = try Matrix.product(near1(right), near1(matrix), transposingSecond: true)
    guard let basis = try orthonormalRows(spanning: image) else { return self }
    let fitted = try basis * matrix
    guard format != .float32 else {
      return try LowRank(left: basis.transposed, right: fitted, arrangement: arrangement)
    }
    // Rounding may cost more than a better basis gains.
    let rounded = try balanced(basis, fitted)
    return target.squaredDistance(to: rounded.decompressed())
      < target.squaredDistance(to: decompressed()) ? rounded : self
  }

  /// The product of a basis's transpose and rows, rounded to the format, with half of each row's scale in
  /// either factor.
  private func balanced(_ basis: Matrix, _ rows: Matrix) throws -> LowRank {
    func times(_ roots: [Float], _ matrix: Matrix) throws -> Matrix {
      let values = matrix.values.indices.map { matrix.values[$0] * roots[$0 / matrix.columns] }
      return try Matrix(
        rows: matrix.rows, columns: matrix.columns, values: format.rounded(values))
    }
    let roots = (0..<rows.rows).map { row -> Float in
      let norm = Array(rows.values[row * rows.columns..<(row + 1) * rows.columns]).squaredNorm
      return norm > 0 ? Float(norm.squareRoot().squareRoot()) : 1
    }
    return try LowRank(
      left: times(roots, basis).transposed, right: times(roots.map { 1 / $0 }, rows),
      arrangement: arrangement, format: format)
  }
}
