import Compression

extension Problem {
  func singularValues(scheme: Int = 1, withVectors: Bool = false) -> SingularValues {
    guard scheme == 2 else {
      return SingularValues(
        exact, rows: shape[0], columns: count / shape[0], withVectors: withVectors)
    }
    // [O, I, H, W] as (O·H) × (I·W).
    let (o, i, h, w) = (shape[0], shape[1], shape[2], shape[3])
    var matrix = [Double](repeating: 0, count: count)
    for (index, value) in exact.enumerated() {
      let (x, y) = (index % w, index / w % h)
      let (input, out) = (index / (w * h) % i, index / (w * h * i))
      matrix[(out * h + y) * i * w + input * w + x] = value
    }
    return SingularValues(matrix, rows: o * h, columns: i * w)
  }
}

extension Subject {
  /// What a float's rounding in the factors and in their product may cost, as a share of ‖W‖.
  private static let rounding = 64 * 0x1p-24

  static func lowRank() -> [Subject] {
    func atLeast(_ rank: Int, scheme: Int = 1) -> ([Int]) -> Bool {
      { shape in
        guard shape.count > 1 else { return false }
        let side = min(shape[0], shape.reduce(1, *) / shape[0])
        let isKernel = shape.count == 4
        return side >= rank && side <= 256
          && (scheme == 1
            || isKernel && min(shape[0] * shape[2], shape[1] * shape[3]) >= rank)
      }
    }
    func fixed(_ rank: Int, _ options: [String], schemes: [Int]) -> Subject {
      func name(_ rank: Int) -> String {
        "lowrank(\((["r=\(rank)"] + options).joined(separator: ", ")))"
      }
      let isHalf = options.contains("bits=16")
      return Subject(name(rank), claim: Claim.lowRank) { problem in
        schemes.map { scheme in
          let values = problem.singularValues(scheme: scheme)
          // Factors of about √σ: beyond half precision's range nothing is claimed but the zero matrix.
          let isOutside = !(0x1p-8...0x1p28).contains(values.values.first ?? 0)
          return isHalf && isOutside ? problem.squaredNorm : values.tail(rank)
        }.min()
      }.with {
        $0.usual = [8, 6, 3, 3]
        $0.fits = atLeast(rank, scheme: schemes.contains(2) ? 2 : 1)
        $0.larger = { _ in name(rank + 2) }
        $0.norm = isHalf ? 0.004 : rounding
        $0.isScaleFree = !isHalf
        $0.isProjection = !isHalf
        $0.fault = { problem, form, _ in
          guard case .lowRank(let factors) = form else { return "not of low rank" }
          guard factors.rank <= rank else { return "rank \(factors.rank), not \(rank)" }
          let numbers = factors.left.values + factors.right.values
          return isHalf && numbers.contains { Pruned.half(Double($0)) != Double($0) }
            ? "no half precision" : nil
        }
      }
    }
    let ranks = [1, 3, 8, 16].map { fixed($0, [], schemes: [1]) }
    return ranks + [
      fixed(3, ["scheme=2"], schemes: [2]), fixed(3, ["scheme=best"], schemes: [1, 2]),
      fixed(3, ["bits=16"], schemes: [1]),
      Subject("lowrank(r=10%)", claim: Claim.lowRank) {
        let side = min($0.shape[0], $0.count / $0.shape[0])
        return $0.singularValues().tail(Pruned.count(0.1, of: side))
      }.with {
        $0.fits = atLeast(1)
        $0.larger = { _ in "lowrank(r=40%)" }
        $0.norm = rounding
      }, energy(0.9).with { $0.fits = atLeast(1) }, energy(0.5).with { $0.fits = atLeast(1) },
      selected("").with { $0.fits = atLeast(1) },
      selected(", cost=flops").with { $0.fits = atLeast(1) },
    ] + nuclear().map { subject in subject.with { $0.fits = atLeast(1) } }
  }

  /// The least rank is asked for, so what is compared is what it keeps at most, and the rank.
  private static func energy(_ share: Double) -> Subject {
    Subject("lowrank(energy=\(Int(share * 100))%)", claim: Claim.lowRank) { problem in
      let values = problem.singularValues()
      return max((1 - share) * problem.squaredNorm, values.tail(values.values.count))
    }.with {
      $0.norm = rounding
      $0.isProjection = false
      $0.isMonotone = false
      $0.larger = { _ in "lowrank(energy=99%)" }
      $0.fault = { problem, form, _ in
        guard case .lowRank(let factors) = form else { return "not of low rank" }
        let values = problem.singularValues()
        // Rounding may decide where the share is met by a hair.
        let most = values.values.indices.first {
          values.tail($0 + 1) <= (1 - share) * (1 - 1e-6) * problem.squaredNorm
        }
        return factors.rank > (most ?? 0) + 1 ? "rank \(factors.rank), not \((most ?? 0) + 1)" : nil
      }
    }
  }

  /// λ at which a rank of average energy pays just.
  private static func selected(_ cost: String) -> Subject {
    func price(_ problem: Problem) -> Double {
      let (rows, columns) = (problem.shape[0], problem.count / problem.shape[0])
      return Double(problem.mu) / 2 * problem.size * problem.size * Double(max(rows, columns))
        / Double(rows + columns)
    }
    return Subject("lowrank(lambda={one of equal ranks}\(cost))", claim: Claim.exact) {
      "lowrank(lambda=\(text(price($0)))\(cost))"
    } least: { problem in
      let (rows, columns) = (problem.shape[0], problem.count / problem.shape[0])
      let values = problem.singularValues()
      return (0...values.values.count).map {
        price(problem) * Double($0 * (rows + columns)) + Double(problem.mu) / 2 * values.tail($0)
      }.min()
    }.with {
      $0.norm = rounding
      $0.isProjection = false
      $0.cost = { problem, form, _ in
        guard case .lowRank(let factors) = form else { return .infinity }
        return price(problem) * Double(factors.rank * (factors.left.rows + factors.right.columns))
      }
    }
  }

  private static func nuclear() -> [Subject] {
    func threshold(_ problem: Problem) -> Double {
      0.5 * problem.size
        * Double(max(problem.shape[0], problem.count / problem.shape[0])).squareRoot()
    }
    func plan(_ problem: Problem, rows: Double) -> String {
      let alpha = text(threshold(problem) * Double(problem.mu))
      let price = rows > 0 ? ", rows=\(text(rows * problem.size * Double(problem.mu)))" : ""
      return "nuclear(alpha=\(alpha)\(price))"
    }
    let plain = Subject("nuclear(alpha={half of an equal singular value})", claim: Claim.exact) {
      plan($0, rows: 0)
    } least: { problem in
      let t = threshold(problem)
      return Double(problem.mu)
        * problem.singularValues().values.reduce(0) {
          let rest = min($1, t)
          return $0 + t * ($1 - rest) + rest * rest / 2
        }
    }.with {
      $0.norm = rounding
      $0.isProjection = false
      $0.cost = { problem, _, values in
        let sum = SingularValues(
          values, rows: problem.shape[0], columns: problem.count / problem.shape[0]
        ).values.reduce(0, +)
        return threshold(problem) * Double(problem.mu) * sum
      }
    }
    let rows = Subject("nuclear(alpha={half}, rows={0.2·μ·size})", claim: Claim.exact) {
      plan($0, rows: 0.2)
    } least: { _ in
      0
    }.with {
      $0.norm = 2 * rounding
      $0.isProjection = false
      $0.holdsZero = false
      $0.expected = { problem in
        let values = problem.singularValues(withVectors: true).shrunk(by: threshold(problem))
        return Shrunk.groups(
          values, Blocks.rows.numbers(problem.shape), threshold: 0.2 * problem.size, single: 0)
      }
    }
    return [plain, rows]
  }
}
