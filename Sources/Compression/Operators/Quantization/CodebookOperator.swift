import LinearAlgebra

/// Which weights share a codebook.
public enum Grouping: Sendable, Equatable, CustomStringConvertible {
  /// All weights of the view.
  case view
  /// Each row of the matrix: the weights of one output channel.
  case row
  /// Each run of that many weights.
  case weights(Int)

  /// The size of a group in a view of that shape.
  func size(for shape: [Int]) -> Int {
    switch self {
    case .view: max(1, shape.reduce(1, *))
    case .row: max(1, WeightView.matrixShape(of: shape).columns)
    case .weights(let count): count
    }
  }

  /// As it is written in a plan: the value of `per`.
  public var description: String {
    switch self {
    case .view: "view"
    case .row: "row"
    case .weights(let count): "\(count)"
    }
  }

  /// - Throws: `CompressionError.invalidParameter` for groups of less than one weight, or rows of a
  ///   vector.
  func validate(_ operation: String, shape: [Int], view: String) throws {
    switch self {
    case .view: break
    case .row where shape.count < 2:
      throw CompressionError.needsMatrix(operation: "\(operation) per row", view: view)
    case .row: break
    case .weights(let count) where count < 1:
      throw CompressionError.invalidParameter(
        operation: operation, parameter: "per", value: "\(count)",
        expected: "view, row or a number of weights from 1 on")
    case .weights: break
    }
  }
}

/// An operator that gives each weight the nearest entry of a codebook that it chooses, one for each
/// group of weights.
public protocol CodebookOperator: CompressionOperator where Form == Codebook {
  var grouping: Grouping { get }

  /// The best codebook for one group.
  ///
  /// - Parameter previous: the group's entries of the last C step.
  func codebook(for weights: [Float], from previous: [Float]?) throws -> GroupCodebook

  /// Whether `codebook` may return each group's entries.
  func allows(_ entries: Codebook.Entries) -> Bool
}

/// The codebook of one group, as it is stored.
public enum GroupCodebook: Sendable, Equatable {
  /// K entries, ascending.
  case free([Float])
  case scaled(Float, pattern: [Float])
  case affine(offset: Float, step: Float, levels: Int)
  case fixed(pattern: [Float])
}

extension GroupCodebook {
  /// The codebook of weights that are a power of two larger.
  func scaled(byPowerOfTwo exponent: Int) -> GroupCodebook {
    func times(_ value: Float) -> Float { [value].scaled(byPowerOfTwo: exponent)[0] }
    return switch self {
    case .free(let entries): .free(entries.scaled(byPowerOfTwo: exponent))
    case .scaled(let scale, let pattern): .scaled(times(scale), pattern: pattern)
    case .affine(let offset, let step, let levels):
      .affine(offset: times(offset), step: times(step), levels: levels)
    case .fixed: self
    }
  }

  /// The codebook that `solve` finds for weights in the middle of a `Float`'s range: squares and sums
  /// neither overflow nor vanish, and the result does not depend on the weights' scale.
  static func scaleFree(
    _ weights: [Float], _ previous: [Float]?,
    _ solve: (_ weights: [Float], _ previous: [Float]?) throws -> GroupCodebook
  ) rethrows -> GroupCodebook {
    let exponent = weights.uncomfortableExponent
    guard exponent != 0 else { return try solve(weights, previous) }
    let warm = previous?.scaled(byPowerOfTwo: -exponent)
    return try solve(weights.scaled(byPowerOfTwo: -exponent), warm?.isFinite == true ? warm : nil)
      .scaled(byPowerOfTwo: exponent)
  }
}

extension CodebookOperator {
  public func allows(_ entries: Codebook.Entries) -> Bool { true }

  public func belongs(_ form: Codebook, shape: [Int]) -> Bool {
    form.count == shape.reduce(1, *) && form.groupSize == grouping.size(for: shape)
      && allows(form.stored)
  }

  public func compress(_ target: WeightView, from previous: Codebook?, penalty mu: Float) throws
    -> Codebook
  {
    try validate(shape: target.shape, view: "the view")
    let size = grouping.size(for: target.shape)
    let previous = previous?.groupSize == size && previous?.count == target.count ? previous : nil
    let groups =
      try size >= target.count
      ? [codebook(for: target.values, from: previous?.entries(ofGroup: 0))]
      : codebooks(of: target.values, size: size, from: previous)
    let stored = joined(groups)
    guard stored.values.isFinite else {
      throw CompressionError.outOfRange(
        operation: description, problem: "the values of its codebook exceed the largest Float")
    }
    return Codebook(nearest: target.values, in: stored, groupSize: size)
  }

  /// The codebook of each group, groups on all threads.
  private func codebooks(of weights: [Float], size: Int, from previous: Codebook?) throws
    -> [GroupCodebook]
  {
    let count = (weights.count - 1) / size + 1
    // Runs of groups, so that a thread has some work before it asks for more.
    let run = max(1, min(count, 4096 / size))
    let runs = (count - 1) / run + 1
    var found = [Result<[GroupCodebook], any Error>](repeating: .success([]), count: runs)
    found.withUnsafeMutableBufferPointer { found in
      // Each run of groups writes its own element.
      let found = found
      parallelTasks(runs) { index in
        found[index] = Result {
          try (index * run..<min((index + 1) * run, count)).map { group in
            let start = group * size
            return try codebook(
              for: Array(weights[start..<min(start + size, weights.count)]),
              from: previous?.entries(ofGroup: group))
          }
        }
      }
    }
    return try found.flatMap { try $0.get() }
  }

  /// The groups' codebooks in one; they are all of one kind because one operator made them.
  private func joined(_ groups: [GroupCodebook]) -> Codebook.Entries {
    switch groups.first {
    case .free(let first):
      var entries: [Float] = []
      entries.reserveCapacity(groups.count * first.count)
      for case .free(let own) in groups { entries += own }
      return .free(entries, levels: first.count)
    case .scaled(_, let pattern):
      return .scaled(
        groups.map { if case .scaled(let scale, _) = $0 { scale } else { 0 } }, pattern: pattern)
    case .affine(_, _, let levels):
      return .affine(
        offsets: groups.map { if case .affine(let offset, _, _) = $0 { offset } else { 0 } },
        steps: groups.map { if case .affine(_, let step, _) = $0 { step } else { 0 } },
        levels: levels)
    case .fixed(let pattern): return .fixed(pattern: pattern)
    case nil: return .free([0], levels: 1)
    }
  }

  /// `, per=row` where the grouping is not that of all weights.
  var groupingSuffix: String { grouping == .view ? "" : "per=\(grouping)" }
}
