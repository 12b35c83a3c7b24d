import Compression

extension Subject {
  /// Values in full, in half precision, or K of them.
  private static let storing: [(arguments: [String], Pruned.Stored, claim: Double)] = [
    ([], .full, Claim.exact), (["bits=16"], .half, Claim.exact),
    (["k=4"], .levels(4), Claim.kMeans),
  ]

  static func pruning() -> [Subject] {
    var all: [Subject] = []
    for (arguments, stored, claim) in storing {
      for share in [1.0, 10, 50] {
        func name(_ share: Double) -> String {
          "prune(\((["keep=\(Int(share))%"] + arguments).joined(separator: ", ")))"
        }
        all.append(
          Subject(name(share), claim: claim) {
            Pruned.largest($0.exact, kept: Pruned.count(share / 100, of: $0.count), stored)
          }.with {
            $0.larger = { _ in name(share + 20) }
            $0.fault = { sparseFault($2, kept: Pruned.count(share / 100, of: $0.count), stored) }
            if case .half = stored { $0.isScaleFree = false }
            if case .levels = stored { $0.isLocal = true }
          })
      }
    }
    all.append(
      Subject("prune(keep=5)", claim: Claim.exact) { Pruned.largest($0.exact, kept: 5, .full) }
        .with {
          $0.fits = { $0.reduce(1, *) >= 5 }
          $0.larger = { _ in "prune(keep=6)" }
          $0.fault = { sparseFault($2, kept: 5, .full) }
        })
    for (kept, run) in [(2, 4), (1, 3), (4, 8)] {
      for (arguments, stored, claim) in storing where run == 4 || arguments.isEmpty {
        all.append(runs(kept, run, arguments, stored, claim))
        if run == 4 { all.append(runs(kept, run, arguments, stored, claim, alongInputs: true)) }
      }
    }
    all.append(
      Subject("l1ball(radius={30% of ‖w‖₁})", claim: Claim.exact) {
        "l1ball(radius=\(text(radius($0))))"
      } least: {
        Pruned.ball($0.exact, radius: radius($0))
      }.with {
        $0.norm = 2 * 0x1p-24
        $0.larger = { "l1ball(radius=\(text(1.5 * radius($0))))" }
        $0.fault = { problem, _, result in
          let sum = result.reduce(0.0) { $0 + Double(abs($1)) }
          let most = radius(problem)
          let slack = Double(problem.count) * 0x1p-150
          return sum <= most * (1 + 1e-6) + slack ? nil : "magnitudes sum to \(sum), not \(most)"
        }
      })
    return all
  }

  private static func radius(_ problem: Problem) -> Double {
    let sum = problem.magnitudes
    return sum > 0 ? 0.3 * sum : 1
  }

  private static func runs(
    _ kept: Int, _ run: Int, _ arguments: [String], _ stored: Pruned.Stored, _ claim: Double,
    alongInputs: Bool = false
  ) -> Subject {
    let words = ["keep=\(kept):\(run)"] + (alongInputs ? ["along=inputs"] : []) + arguments
    func ordered<Number>(_ weights: [Number], _ shape: [Int]) -> [Number] {
      alongInputs ? inputsLast(weights, shape) : weights
    }
    return Subject("prune(\(words.joined(separator: ", ")))", claim: claim) {
      Pruned.runs(ordered($0.exact, $0.shape), kept: kept, of: run, stored)
    }.with {
      $0.usual = alongInputs ? [8, 4, 3, 3] : [4, 24]
      $0.fits = { shape in
        let count = shape.reduce(1, *)
        if alongInputs { return shape.count > 1 && shape[1] % run == 0 }
        return (shape.count < 2 ? count : count / shape[0]) % run == 0
      }
      $0.fault = { problem, _, values in
        let result = ordered(values, problem.shape)
        for start in stride(from: 0, to: result.count, by: run) {
          let found = result[start..<start + run].count { $0 != 0 }
          if found > kept { return "\(found) of the run at \(start)" }
        }
        return storedFault(result, stored)
      }
      if case .half = stored { $0.isScaleFree = false }
    }
  }

  /// [O, I, H, W] as [O, H, W, I].
  private static func inputsLast<Number>(_ weights: [Number], _ shape: [Int]) -> [Number] {
    let (inputs, places) = (shape[1], shape.dropFirst(2).reduce(1, *))
    return (0..<shape[0]).flatMap { row in
      (0..<places).flatMap { place in
        (0..<inputs).map { weights[(row * inputs + $0) * places + place] }
      }
    }
  }

  static func structured() -> [Subject] {
    var all: [Subject] = []
    for blocks in [Blocks.rows, .columns, .channels, .kernels, .tiles] {
      for (arguments, stored, claim) in storing where arguments.isEmpty || blocks == .rows {
        func name(_ share: Int) -> String {
          let words = ["keep=\(share)%", "of=\(blocks.rawValue)"] + arguments
          return "prune(\(words.joined(separator: ", ")))"
        }
        all.append(
          Subject(name(30), claim: claim) {
            Pruned.blocks($0, blocks, share: 0.3, stored)
          }.with {
            $0.usual = blocks == .kernels ? [8, 3, 3, 3] : [16, 32]
            $0.fits = { blocks == .kernels ? $0.count == 4 : $0.count > 1 }
            // More blocks may cost more where their weights share K values.
            if claim == Claim.exact { $0.larger = { _ in name(60) } }
            $0.fault = { problem, _, result in
              let norms = blocks.norms(result.map(Double.init), problem.shape).squares
              let (found, most) = (norms.count { $0 > 0 }, Pruned.count(0.3, of: norms.count))
              return found > most ? "\(found) blocks of \(most)" : storedFault(result, stored)
            }
            if case .half = stored { $0.isScaleFree = false }
          })
      }
    }
    return all
  }

  static func sparseFault(_ result: [Float], kept: Int, _ stored: Pruned.Stored) -> String? {
    let found = result.count { $0 != 0 }
    return found > kept ? "\(found) entries of \(kept)" : storedFault(result, stored)
  }

  private static func storedFault(_ result: [Float], _ stored: Pruned.Stored) -> String? {
    switch stored {
    case .full: return nil
    case .half:
      return result.contains { Pruned.half(Double($0)) != Double($0) } ? "no half precision" : nil
    case .levels(let count):
      let found = Set(result.filter { $0 != 0 }).count
      return found > count ? "\(found) values of \(count)" : nil
    }
  }
}
