import Compression

/// Bits as anybody would count them.
enum Naive {
  static func bits(_ form: CompressedForm) -> Int {
    switch form {
    case .codebook(let codebook):
      return codebook.count * width(codebook.levels) + 32 * codebook.levels * codebook.groupCount
    case .sparse(let sparse):
      let places: Int
      var entries = sparse.values.count
      switch sparse.pattern {
      case .free:
        // Zeros need not be stored.
        entries = sparse.values.count { $0 != 0 }
        places = min(sparse.count, entries * width(sparse.count))
      case .blocks: places = min(sparse.count, entries * width(sparse.count))
      case .runs(_, let run, _): places = entries * width(run)
      }
      return places + stored(entries, sparse.format)
    case .lowRank(let factors):
      return stored(factors.left.values.count + factors.right.values.count, factors.format)
    case .sum(let sum): return sum.parts.reduce(0) { $0 + bits($1) }
    }
  }

  private static func stored(_ count: Int, _ format: NumberFormat) -> Int {
    switch format {
    case .float32: 32 * count
    case .float16: 16 * count
    case .codebook(let values): width(values.count) * count + 32 * values.count
    }
  }

  private static func width(_ count: Int) -> Int {
    var width = 0
    while 1 << width < count { width += 1 }
    return width
  }
}
