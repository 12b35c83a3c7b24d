import LinearAlgebra

/// Sets every weight to one of equally spaced values, as integer hardware wants it.
///
/// - Symmetric, b bits: θᵢ ∈ s·{−Q … Q}, Q = 2^(b−1) − 1; one float s a group.
/// - Affine, b bits: θᵢ ∈ offset + s·{0 … 2^b − 1}; two floats a group.
///
/// The spacing is searched: the distortion of 64 to 1024 spacings, each O(K·log n) on the sorted weights, then
/// alternation of codes and least squares from the best of them and from the warm start, which is
/// monotone. Approximate: a local optimum, the best among those starts; never worse than the spacing
/// that just covers the range.
///
/// - Complexity: O(n) to sort, O(K·log n) a trial.
/// - Source: the usual integer quantization (Jacob et al. 2018), with the least-squares scale.
public struct UniformQuantization: CodebookOperator {
  public let bits: Int
  public let isAffine: Bool
  public let grouping: Grouping

  /// - Throws: `CompressionError.invalidParameter` unless b is from 2 (affine: 1) to 12.
  public init(bits: Int, affine: Bool = false, per grouping: Grouping = .view) throws {
    guard ((affine ? 1 : 2)...12).contains(bits) else {
      throw CompressionError.invalidParameter(
        operation: "uniform", parameter: "b", value: "\(bits)",
        expected: "from \(affine ? 1 : 2) to 12")
    }
    self.bits = bits
    isAffine = affine
    self.grouping = grouping
  }

  public var description: String {
    let arguments =
      ["b=\(bits)"] + (isAffine ? ["affine"] : [])
      + (groupingSuffix.isEmpty ? [] : [groupingSuffix])
    return "uniform(\(arguments.joined(separator: ", ")))"
  }

  public func validate(shape: [Int], view: String) throws {
    try grouping.validate("uniform", shape: shape, view: view)
  }

  /// The integers that a code stands for.
  private var integers: ClosedRange<Int> {
    isAffine ? 0...(1 << bits) - 1 : (1 - (1 << (bits - 1)))...((1 << (bits - 1)) - 1)
  }

  /// offset + step · integer.
  private struct Grid {
    var offset: Double
    var step: Double
  }

  public func codebook(for weights: [Float], from previous: [Float]?) throws -> GroupCodebook {
    let sorted = SortedWeights(weights)
    let low = Double(sorted.values.first ?? 0)
    let high = Double(sorted.values.last ?? 0)
    let span = isAffine ? high - low : max(abs(low), abs(high))
    let steps = Double(isAffine ? integers.count - 1 : integers.upperBound)
    // From twice the spacing that covers the whole range down to a tenth of it, and just that one.
    // Near enough to each other that the outermost level moves by a fraction of a spacing.
    let trials = min(1024, max(64, 16 * integers.count))
    var starts = (0..<trials).map { trial in
      let step = span / steps * (trial == 0 ? 1 : 2 - 1.9 * Double(trial) / Double(trials))
      return Grid(offset: isAffine ? (low + high - step * steps) / 2 : 0, step: step)
    }
    if let previous, previous.count == integers.count, let first = previous.first,
      let last = previous.last
    {
      let step = (Double(last) - Double(first)) / Double(previous.count - 1)
      starts.append(Grid(offset: isAffine ? Double(first) : 0, step: step))
    }
    let ranked = starts.enumerated().map { ($0.offset, sorted.distortion(entries($0.element))) }
    var tried = [ranked.min { $0.1 < $1.1 }?.0 ?? 0]
    if starts.count > trials { tried.append(trials) }
    var best: (Grid, Double)?
    for index in tried {
      let grid = refined(starts[index], sorted)
      let distortion = sorted.distortion(entries(grid))
      if distortion < best?.1 ?? .infinity { best = (grid, distortion) }
    }
    guard let grid = best?.0 else { return .fixed(pattern: [0]) }
    return isAffine
      ? .affine(offset: Float(grid.offset), step: Float(grid.step), levels: integers.count)
      : .scaled(Float(grid.step), pattern: integers.map(Float.init))
  }

  /// As the form computes them from the stored floats.
  private func entries(_ grid: Grid) -> [Float] {
    integers.map { Float(grid.offset) + Float(grid.step) * Float($0) }
  }

  /// Nearest codes, then the least-squares grid for these codes, until the distortion stays.
  private func refined(_ start: Grid, _ sorted: SortedWeights) -> Grid {
    var grid = start
    var reached = sorted.distortion(entries(grid))
    for _ in 0..<100 {
      let entries = entries(grid)
      let cells = sorted.cells(between: zip(entries, entries.dropFirst()).map { midpoint($0, $1) })
      var (n, q, qq, w, qw) = (0.0, 0.0, 0.0, 0.0, 0.0)
      for (integer, cell) in zip(integers, cells) {
        let (integer, count) = (Double(integer), Double(cell.count))
        n += count
        q += integer * count
        qq += integer * integer * count
        w += cell.sum
        qw += integer * cell.sum
      }
      var next = grid
      if isAffine {
        let determinant = n * qq - q * q
        guard determinant > 0 else { break }
        next.step = (n * qw - q * w) / determinant
        next.offset = (w - next.step * q) / n
      } else {
        guard qq > 0 else { break }
        next.step = qw / qq
      }
      guard next.step >= 0 else { break }
      let distortion = sorted.distortion(self.entries(next))
      guard distortion < reached else { break }
      (grid, reached) = (next, distortion)
    }
    return grid
  }
}
