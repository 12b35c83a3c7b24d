import Compression

extension Subject {
  /// The objective's value at a twin's result.
  private static func value(
    _ problem: Problem, _ values: [Double], _ cost: ([Double]) -> Double
  ) -> Double {
    let distortion = zip(problem.exact, values).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return cost(values) + Double(problem.mu) / 2 * distortion
  }

  /// α for a threshold α/μ at that share of a weight's usual size.
  private static func strength(_ problem: Problem, _ share: Double) -> Double {
    share * Double(problem.mu) * problem.size
  }

  static func penalties() -> [Subject] {
    let hard = Subject("l0penalty(alpha={μ/2·‖w‖²/n})", claim: Claim.exact) {
      "l0penalty(alpha=\(text(Double($0.mu) / 2 * $0.size * $0.size)))"
    } least: { problem in
      let price = Double(problem.mu) / 2 * problem.size * problem.size
      return problem.exact.reduce(0) { $0 + min(price, Double(problem.mu) / 2 * $1 * $1) }
    }.with {
      $0.cost = { problem, _, values in
        Double(problem.mu) / 2 * problem.size * problem.size * Double(values.count { $0 != 0 })
      }
    }
    func soft(_ name: String, ridge: Double) -> Subject {
      func cost(_ problem: Problem, _ values: [Double]) -> Double {
        values.reduce(0) {
          $0 + strength(problem, 0.5) * abs($1) + ridge * Double(problem.mu) / 2 * $1 * $1
        }
      }
      return Subject(name, claim: Claim.exact) {
        let alpha = text(strength($0, 0.5))
        let price = ridge > 0 ? ", ridge=\(text(ridge * Double($0.mu)))" : ""
        return "\(ridge > 0 ? "elastic" : "l1penalty")(alpha=\(alpha)\(price))"
      } least: { problem in
        let values = problem.exact.map {
          Shrunk.soft($0, strength(problem, 0.5) / Double(problem.mu)) / (1 + ridge)
        }
        return value(problem, values) { cost(problem, $0) }
      }.with { $0.cost = { problem, _, values in cost(problem, values) } }
    }
    let single = [
      hard, soft("l1penalty(alpha={μ/2·size})", ridge: 0),
      soft("elastic(alpha={μ/2·size}, ridge={0.3·μ})", ridge: 0.3),
    ]
    var all = single
    for (blocks, share) in [
      (Blocks.rows, 0.0), (.columns, 0.3), (.channels, 0), (.kernels, 0.5), (.tiles, 1),
    ] {
      all.append(groupLasso(blocks, single: share))
    }
    for columns in [false, true] {
      for share in [0.0, 0.4] { all.append(partial(columns: columns, single: share)) }
    }
    all.append(partial(columns: true, single: 0, width: 4))
    return (all + [partialBoth(), subgradient()]).map { subject in
      subject.with { $0.isProjection = false }
    }
  }

  private static func groupLasso(_ blocks: Blocks, single: Double) -> Subject {
    let price = single > 0 ? ", single=\(text(single))" : ""
    func cost(_ problem: Problem, _ values: [Double], _ numbers: [Int?]) -> Double {
      strength(problem, 0.4)
        * ((1 - single) * Shrunk.groupNorms(values, numbers)
          + single * values.reduce(0) { $0 + abs($1) })
    }
    return Subject(
      "grouplasso(alpha={0.4·μ·size}, of=\(blocks.rawValue)\(price))", claim: Claim.exact
    ) {
      "grouplasso(alpha=\(text(strength($0, 0.4))), of=\(blocks.rawValue)\(price))"
    } least: { problem in
      let numbers = blocks.numbers(problem.shape)
      let values = Shrunk.groups(
        problem.exact, numbers, threshold: strength(problem, 0.4) / Double(problem.mu),
        single: single)
      return value(problem, values) { cost(problem, $0, numbers) }
    }.with {
      $0.usual = blocks == .kernels ? [8, 3, 3, 3] : [16, 32]
      $0.fits = { blocks == .kernels ? $0.count == 4 : $0.count > 1 }
      $0.cost = { cost($0, $2, blocks.numbers($0.shape)) }
    }
  }

  /// The units of the first half of the rows, or of the first half of the units before.
  private static func halves(_ problem: Problem, columns: Bool, width: Int = 1) -> [Int?] {
    let blocks: Blocks = columns ? .channels : .rows
    let total = columns ? problem.shape[1] / width : problem.shape[0]
    let kept = Pruned.count(0.5, of: total)
    return blocks.numbers(problem.shape).map { $0 / width < kept ? $0 / width : nil }
  }

  private static func partial(columns: Bool, single: Double, width: Int = 1) -> Subject {
    let side = (columns ? "columns=50%" : "rows=50%") + (width > 1 ? ", width=\(width)" : "")
    let price = single > 0 ? ", single=\(text(single))" : ""
    func cost(_ problem: Problem, _ values: [Double]) -> Double {
      let numbers = halves(problem, columns: columns, width: width)
      let magnitudes = zip(values, numbers).reduce(0) { $0 + ($1.1 == nil ? 0 : abs($1.0)) }
      return strength(problem, 0.4)
        * ((1 - single) * Shrunk.groupNorms(values, numbers) + single * magnitudes)
    }
    return Subject("partial(alpha={0.4·μ·size}, \(side)\(price))", claim: Claim.exact) {
      "partial(alpha=\(text(strength($0, 0.4))), \(side)\(price))"
    } least: { problem in
      let values = Shrunk.groups(
        problem.exact, halves(problem, columns: columns, width: width),
        threshold: strength(problem, 0.4) / Double(problem.mu), single: single)
      return value(problem, values) { cost(problem, $0) }
    }.with {
      // Kernels know their width by themselves.
      $0.fits = { $0.count > 1 && (width == 1 || $0.count == 2 && $0[1] % width == 0) }
      $0.norm = 0x1p-24
      $0.cost = { problem, _, values in cost(problem, values) }
    }
  }

  /// One side after the other: the result itself is what the documentation gives.
  private static func partialBoth() -> Subject {
    Subject("partial(alpha={0.4·μ·size}, rows=50%, columns=50%)", claim: Claim.exact) {
      "partial(alpha=\(text(strength($0, 0.4))), rows=50%, columns=50%)"
    } least: { _ in
      0
    }.with {
      $0.fits = { $0.count > 1 }
      $0.holdsZero = false
      $0.norm = 1e-5
      $0.expected = { problem in
        let threshold = strength(problem, 0.4) / Double(problem.mu)
        let first = Shrunk.groups(
          problem.exact, halves(problem, columns: false), threshold: threshold, single: 0)
        return Shrunk.groups(
          first, halves(problem, columns: true), threshold: threshold, single: 0)
      }
    }
  }

  private static func subgradient() -> Subject {
    Subject(
      "partial(alpha={0.4·μ·size}, rows=50%, single=0.4, step=subgradient)", claim: Claim.exact
    ) {
      "partial(alpha=\(text(strength($0, 0.4))), rows=50%, single=0.4, step=subgradient)"
    } least: { _ in
      0
    }.with {
      $0.fits = { $0.count > 1 }
      $0.holdsZero = false
      $0.norm = 1e-5
      $0.expected = { problem in
        let step = Shrunk.groups(
          problem.exact, halves(problem, columns: false),
          threshold: strength(problem, 0.4) / Double(problem.mu), single: 0.4,
          isSubgradient: true)
        // A step far beyond the weights is rounded by its own size, not by theirs.
        let length = step.reduce(0) { $0 + $1 * $1 }
        return length <= 100 * problem.squaredNorm ? step : nil
      }
    }
  }
}
