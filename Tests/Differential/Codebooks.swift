import Compression

extension Subject {
  /// `exact` is exact; the default is within 0.05 % of it; restarts claim nothing.
  static func quantization() -> [Subject] {
    func subject(_ levels: Int, _ options: [String], _ group: Group, claim: Double?) -> Subject {
      let hasZero = options.contains("zero")
      func name(_ levels: Int) -> String { group.name("quantize", ["k=\(levels)"] + options) }
      return Subject(name(levels), claim: claim) { problem in
        group.sum(problem) { KMeans.distortion($0, levels: levels, holdingZero: hasZero) }
      }.with {
        $0.isHeavy = levels > 128
        // Many values are joined before they are tried.
        if claim == Claim.exact { $0.twinSlack = 1e-4 }
        $0.fits = { group.fits($0, atLeast: levels) }
        $0.usual = [max(16, levels / 16), 64]
        $0.larger = { _ in name(levels + max(1, levels / 4)) }
        $0.isProjection = claim != nil
        $0.holdsZero = claim != nil
        $0.fault = { problem, form, result in
          if hasZero, case .codebook(let codebook) = form,
            (0..<codebook.groupCount).contains(where: { !codebook.entries(ofGroup: $0).contains(0) }
            )
          {
            return "no value is 0"
          }
          return group.fault(problem, result, levels: levels)
        }
      }
    }
    let plain = [1, 2, 3, 4, 7, 16, 64, 255, 256, 1024, 1500].map {
      subject($0, [], .view, claim: Claim.kMeans)
    }
    return plain
      + [1, 2, 5, 16, 64].map { subject($0, ["exact"], .view, claim: Claim.exact) }
      + [1, 2, 3, 16].map { subject($0, ["zero"], .view, claim: Claim.kMeans) }
      + [2, 16].map { subject($0, ["restarts=3"], .view, claim: nil) }
      + [
        subject(2, [], .row, claim: Claim.kMeans), subject(4, [], .row, claim: Claim.kMeans),
        subject(4, [], .run, claim: Claim.kMeans), subject(16, [], .run, claim: Claim.kMeans),
        subject(3, ["exact"], .run, claim: Claim.exact),
        subject(3, ["zero"], .row, claim: Claim.kMeans),
      ]
  }

  static func fixedCodebooks() -> [Subject] {
    let sign = Subject("sign()", claim: Claim.exact) {
      FixedCodebooks.distortion($0.exact, [-1, 1])
    }
    .with {
      $0.holdsZero = false
      $0.isScaleFree = false
      $0.fault = { _, _, result in
        result.contains { abs($0) != 1 } ? "a value that is not −1 or 1" : nil
      }
    }
    var all = [sign]
    for group in Group.allCases {
      all.append(
        Subject(group.name("binary", []), claim: Claim.exact) { problem in
          group.sum(problem, FixedCodebooks.binary)
        }.with {
          $0.fits = { group.fits($0) }
          $0.fault = { problem, _, result in
            group.fault(problem, result.map(abs), levels: 1)
          }
        })
      all.append(
        Subject(group.name("ternary", []), claim: Claim.exact) { problem in
          group.sum(problem, FixedCodebooks.ternary)
        }.with {
          $0.fits = { group.fits($0) }
          $0.fault = { problem, _, result in
            group.fault(problem, result.map(abs), levels: 2)
          }
        })
    }
    for (depth, group) in [
      (0, Group.view), (2, .view), (2, .row), (2, .run), (10, .view), (60, .view),
    ] {
      all.append(powers(depth, top: nil, group))
    }
    return all + [powers(2, top: 0, .view), powers(4, top: -99, .view), powers(3, top: 100, .view)]
  }

  private static func powers(_ depth: Int, top: Int?, _ group: Group) -> Subject {
    func name(_ depth: Int) -> String {
      group.name("powers", ["c=\(depth)"] + (top.map { ["top=\($0)"] } ?? []))
    }
    return Subject(name(depth), claim: Claim.exact) { problem in
      group.sum(problem) { FixedCodebooks.powers($0, depth: depth, top: top) }
    }.with {
      $0.fits = { group.fits($0) }
      $0.larger = depth < 60 ? { _ in name(depth + 1) } : nil
      $0.isScaleFree = top == nil
      $0.fault = { _, _, result in
        result.contains { $0 != 0 && $0.isFinite && !isPower($0) }
          ? "a value that is no power of two" : nil
      }
    }
  }

  /// A power of two has one bit set; of a denormal in its significand.
  private static func isPower(_ value: Float) -> Bool {
    value.isNormal
      ? value.significandBitPattern == 0 : value.significandBitPattern.nonzeroBitCount == 1
  }

  /// The twin searches more finely.
  static func uniform() -> [Subject] {
    func subject(_ bits: Int, isAffine: Bool, _ group: Group) -> Subject {
      let levels = isAffine ? 1 << bits : (1 << bits) - 1
      func name(_ bits: Int) -> String {
        group.name("uniform", ["b=\(bits)"] + (isAffine ? ["affine"] : []))
      }
      let affine = group == .view ? Claim.affineGrid : Claim.affineGridOfGroup
      return Subject(name(bits), claim: isAffine ? affine : Claim.symmetricGrid) { problem in
        // Searches take a second for some tens of thousands of weights, or a few hundred groups.
        group.sum(problem) {
          isAffine
            ? Uniform.affine($0, levels: levels) : Uniform.symmetric($0, top: levels / 2)
        }
      }.with {
        $0.fits = { shape in
          let count = shape.reduce(1, *)
          return group.fits(shape) && (group == .view || count <= 4000)
            && (count < 4000 || bits <= 8)
        }
        $0.larger = { _ in name(bits + 1) }
        $0.span = levels
        $0.fault = { group.fault($0, $2, levels: levels) }
      }
    }
    return [2, 3, 4, 8].map { subject($0, isAffine: false, .view) }
      + [1, 2, 4, 8].map { subject($0, isAffine: true, .view) }
      + [
        subject(4, isAffine: false, .row), subject(4, isAffine: false, .run),
        subject(3, isAffine: true, .row), subject(4, isAffine: true, .run),
      ]
  }
}
