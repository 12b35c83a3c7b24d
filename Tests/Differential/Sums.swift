import Compression

extension Subject {
  /// The first part is given all of the weights, and what the second finds includes nothing: a sum
  /// without a warm start is never worse than its first part alone.
  static func sums() -> [Subject] {
    func sum(_ first: Subject, _ second: String) -> Subject {
      Subject("\(first.name) + \(second)", claim: first.claim) {
        "\(first.plan($0)) + \(second)"
      } least: {
        first.least($0)
      }.with {
        if let cost = first.cost {
          $0.cost = { problem, form, _ in
            guard case .sum(let sum) = form, let part = sum.parts.first else { return .infinity }
            return cost(problem, part, part.decompressed().map(Double.init))
          }
        }
        $0.usual = first.usual
        $0.twinSlack = nil
        $0.fits = { first.fits($0) && (!second.contains("lowrank") || $0.count > 1) }
        $0.isProjection = false
        $0.holdsZero = first.holdsZero
        $0.isScaleFree = first.isScaleFree && !second.contains("bits=16")
        // Parts cancel each other, so floats of their size are rounded, not of the weights'.
        $0.norm = max(first.norm ?? 0, 4 * 0x1p-24)
      }
    }
    /// Exact: nearest entries, then the largest remainders.
    func corrected(_ fixed: String, share: Double, _ entries: [Double]) -> Subject {
      Subject("\(fixed) + prune(keep=\(Int(share * 100))%)", claim: Claim.exact) { problem in
        let rest = problem.exact.map { weight in
          entries.map { abs(weight - $0) }.min() ?? abs(weight)
        }
        return Pruned.largest(rest, kept: Pruned.count(share, of: problem.count), .full)
      }.with {
        $0.isProjection = false
        $0.isScaleFree = false
        $0.holdsZero = fixed != "sign()"
        $0.norm = 2 * 0x1p-24
      }
    }
    let all =
      quantization() + fixedCodebooks() + uniform() + pruning() + penalties()
      + lowRank()
    func part(_ name: String) -> [Subject] { all.filter { $0.name == name } }
    let pairs = [
      ("quantize(k=2)", "prune(keep=5%)"), ("quantize(k=4)", "quantize(k=2)"),
      ("quantize(k=2, per=row)", "prune(keep=5%)"), ("quantize(k=2)", "lowrank(r=1)"),
      ("quantize(k=16)", "prune(keep=1%, bits=16)"), ("ternary()", "prune(keep=1%)"),
      ("binary()", "prune(keep=5%, k=4)"), ("uniform(b=4)", "lowrank(r=1)"),
      ("prune(keep=10%)", "lowrank(r=1)"), ("lowrank(r=3)", "prune(keep=5%)"),
      ("lowrank(r=1)", "lowrank(r=1, bits=16)"), ("powers(c=2)", "prune(keep=5%)"),
      ("prune(keep=2:4)", "quantize(k=2)"), ("l1penalty(alpha={μ/2·size})", "quantize(k=2)"),
      ("nuclear(alpha={half of an equal singular value})", "prune(keep=5%)"),
    ].flatMap { pair in part(pair.0).map { sum($0, pair.1) } }
    let powers = [-1, -0.5, -0.25, 0, 0.25, 0.5, 1]
    return pairs + [
      corrected("sign()", share: 0.05, [-1, 1]),
      corrected("powers(c=2, top=0)", share: 0.05, powers),
      Subject("sum(quantize(k=2) + prune(keep=5%), restarts=2)", claim: Claim.kMeans) {
        KMeans.distortion($0.exact, levels: 2)
      }.with {
        $0.fits = { $0.reduce(1, *) >= 2 }
        $0.isProjection = false
        $0.norm = 4 * 0x1p-24
      },
    ]
  }
}
