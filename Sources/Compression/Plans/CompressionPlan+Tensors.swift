import LinearAlgebra

extension CompressionPlan {
  /// The numbers of the tensors that each task takes, in the arena's order.
  ///
  /// - Throws: `CompressionError` when a pattern fits or leaves out nothing, nothing is left, or two
  ///   patterns claim one tensor.
  func tensors(in layout: ArenaLayout) throws -> [[Int]] {
    // Two names may be the same to Unicode but not in their bytes, so owners are known by number.
    var owners: [Int: (task: Int, pattern: NamePattern)] = [:]
    var all: [[Int]] = []
    for (number, task) in tasks.enumerated() {
      let selection = task.selection
      let excluded = try selection.excluded(from: layout)
      var taken: [Int] = []
      for pattern in selection.patterns {
        for index in try pattern.fittingSome(in: layout) where !excluded.contains(index) {
          if let owner = owners.updateValue((number, pattern), forKey: index) {
            let name = layout.slots[index].name
            let wider = owner.pattern.hasWildcards ? tasks[owner.task].selection : selection
            let isApart =
              owner.task != number && (owner.pattern.hasWildcards || pattern.hasWildcards)
            throw CompressionError.claimedTwice(
              parameter: name, first: "\(owner.pattern)", second: "\(pattern)",
              instead: isApart ? "\(wider.excluding([NamePattern(literal: name)]))" : nil)
          }
          taken.append(index)
        }
      }
      guard !taken.isEmpty else {
        throw CompressionError.nothingLeft(
          selection: "\(selection)", excluded: excluded.sorted().map { layout.slots[$0].name })
      }
      all.append(taken.sorted())
    }
    return all
  }
}

extension Selection {
  func excluding(_ patterns: [NamePattern]) -> Selection {
    Selection(view, self.patterns, excluding: exclusions + patterns)
  }

  /// What the exclusions take of what the patterns do.
  fileprivate func excluded(from layout: ArenaLayout) throws -> Set<Int> {
    guard !exclusions.isEmpty else { return [] }
    let taken = Set(try patterns.flatMap { try $0.fittingSome(in: layout) })
    var excluded: Set<Int> = []
    for exclusion in exclusions {
      let fitting = try exclusion.fittingSome(in: layout)
      let effective = fitting.filter(taken.contains)
      guard !effective.isEmpty else {
        throw CompressionError.excludesNothing(
          exclusion: "\(exclusion)", fits: fitting.map { layout.slots[$0].name },
          selection: "\(Selection(view, patterns))")
      }
      excluded.formUnion(effective)
    }
    return excluded
  }
}

extension NamePattern {
  fileprivate func fittingSome(in layout: ArenaLayout) throws -> [Int] {
    let fitting = fitting(in: layout)
    guard !fitting.isEmpty else {
      throw CompressionError.noMatch(pattern: self, names: layout.slots.map(\.name))
    }
    return fitting
  }
}
