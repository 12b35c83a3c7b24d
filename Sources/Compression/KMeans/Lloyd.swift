import LinearAlgebra

/// The number and the sum of the weights nearest to one entry.
struct Cell: Equatable {
  var count: Int
  var sum: Double
}

/// Lloyd's algorithm in one dimension: entries become the means of their cells until the cells no
/// longer change.
///
/// An entry whose cell is empty stays where it is, so the distortion never increases. A mean is within its
/// cell, whatever rounding makes of a sum: entries stay in order. Float entries
/// take finitely many values and each iteration lowers the distortion, so it ends; the limit of 500
/// guards against cycles among equal distortions.
///
/// - Parameters:
///   - entries: ascending.
///   - held: the index of an entry that becomes 0 and stays there.
///   - cells: the K cells between K − 1 thresholds; a weight on a threshold belongs to the lower one.
func lloyd(from entries: [Float], holding held: Int? = nil, cells: ([Float]) -> [Cell]) -> [Float] {
  var entries = entries
  if let held { entries[held] = 0 }
  var before: [Cell] = []
  for _ in 0..<500 {
    let thresholds = zip(entries, entries.dropFirst()).map { midpoint($0, $1) }
    let now = cells(thresholds)
    if now == before { break }
    for (index, cell) in now.enumerated() where cell.count > 0 && index != held {
      let mean = Float(cell.sum / Double(cell.count))
      let upper = index < thresholds.count ? thresholds[index] : .greatestFiniteMagnitude
      let lower = index > 0 ? thresholds[index - 1] : -.greatestFiniteMagnitude
      entries[index] = max(lower, min(mean, upper))
    }
    before = now
  }
  return entries
}

extension Array where Element == Float {
  /// Finds the cells of unsorted weights, by one pass for each set of thresholds. O(n·K).
  ///
  /// What all cells hold together is found once, when this is made.
  func cellFinder() -> ([Float]) -> [Cell] {
    let all = Cell(count: count, sum: sum)
    let center = center(mean: Float(all.sum / Double(Swift.max(1, count))))
    return { thresholds in
      let (counts, sums) = withUnsafeBufferPointer {
        countsAndSums(above: thresholds, $0, about: center)
      }
      let above =
        [all]
        + zip(counts, sums).map { Cell(count: $0, sum: $1 + Double($0) * Double(center)) }
      return above.indices.map { index in
        guard index + 1 < above.count else { return above[index] }
        return Cell(
          count: above[index].count - above[index + 1].count,
          sum: above[index].sum - above[index + 1].sum)
      }
    }
  }

  func cells(between thresholds: [Float]) -> [Cell] { cellFinder()(thresholds) }

  /// 0 where that is near the weights, by how much a thousand of them spread; else their mean.
  private func center(mean: Float) -> Float {
    let places = stride(from: 0, to: count, by: Swift.max(1, count / 1024))
    let spread = places.reduce(Float(0)) { Swift.max($0, abs(self[$1] - mean)) }
    return abs(mean) <= 8 * spread ? 0 : mean
  }
}
