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
  func validate(_ `operator`: String, shape: [Int], view: String) throws {
    switch self {
    case .view: break
    case .row where shape.count < 2:
      throw CompressionError.needsMatrix(operator: "\(`operator`) per row", view: view)
    case .row: break
    case .weights(let count) where count < 1:
      throw CompressionError.invalidParameter(
        operator: `operator`, parameter: "per", value: "\(count)",
        expected: "view, row or a number of weights from 1 on")
    case .weights: break
    }
  }
}

/// An operator that gives each weight the nearest entry of a codebook that it chooses, one for each
/// group of weights.
public protocol CodebookOperator: CompressionOperator {
  /// Which weights share a codebook.
  var grouping: Grouping { get }

  /// The best codebook for one group.
  ///
  /// - Parameter previous: the group's entries of the last C step.
  func codebook(for weights: [Float], from previous: [Float]?) throws -> Codebook.Entries

  /// Whether `codebook` may return each group's entries.
  func allows(_ entries: Codebook.Entries) -> Bool
}

extension Codebook.Entries {
  /// The codebook of weights that are a power of two larger.
  func scaled(byPowerOfTwo exponent: Int) -> Codebook.Entries {
    switch self {
    case .free(let entries, let levels):
      .free(entries.scaled(byPowerOfTwo: exponent), levels: levels)
    case .scaled(let scales, let pattern):
      .scaled(scales.scaled(byPowerOfTwo: exponent), pattern: pattern)
    case .affine(let offsets, let steps, let levels):
      .affine(
        offsets: offsets.scaled(byPowerOfTwo: exponent),
        steps: steps.scaled(byPowerOfTwo: exponent), levels: levels)
    case .fixed: self
    }
  }

  /// The codebook that `solve` finds for weights in the middle of a `Float`'s range: squares and sums
  /// neither overflow nor vanish, and the result does not depend on the weights' scale.
  static func scaleFree(
    _ weights: [Float], _ previous: [Float]?,
    _ solve: (_ weights: [Float], _ previous: [Float]?) throws -> Codebook.Entries
  ) rethrows -> Codebook.Entries {
    let exponent = weights.uncomfortableExponent
    guard exponent != 0 else { return try solve(weights, previous) }
    let warm = previous?.scaled(byPowerOfTwo: -exponent)
    return try solve(weights.scaled(byPowerOfTwo: -exponent), warm?.isFinite == true ? warm : nil)
      .scaled(byPowerOfTwo: exponent)
  }
}

extension CodebookOperator {

  /// Takes every codebook, which is right only where the entries are free.
  public func allows(_ entries: Codebook.Entries) -> Bool { true }

  /// Takes codebooks of as many weights as the shape has, in groups of the operator's size, whose
  /// entries `allows` takes.
  public func belongs(_ form: CompressedForm, shape: [Int]) -> Bool {
    guard case .codebook(let form) = form else { return false }
    return form.count == shape.reduce(1, *) && form.groupSize == grouping.size(for: shape)
      && allows(form.stored)
  }

  /// Finds each group's codebook, groups on all threads, and gives every weight its nearest entry,
  /// ties to the lower one. μ does not matter.
  ///
  /// - Throws: as `validate` and `codebook`; `CompressionError.outOfRange` where an entry exceeds a
  ///   `Float`.
  /// - Complexity: that of the codebooks, and O(n·K) vectorised, O(n·log K) for large K.
  public func compress(
    _ target: WeightView, from previous: CompressedForm?, penalty mu: Float
  ) throws -> CompressedForm {
    try validate(shape: target.shape, view: "the view")
    let size = grouping.size(for: target.shape)
    let previous = previous?.codebook.flatMap {
      $0.groupSize == size && $0.count == target.count ? $0 : nil
    }
    let stored =
      try size >= target.count
      ? codebook(for: target.values, from: previous?.entries(ofGroup: 0))
      : codebooks(of: target.values, size: size, from: previous)
    guard stored.values.isFinite else {
      throw CompressionError.outOfRange(
        operator: description, problem: "the values of its codebook exceed the largest Float")
    }
    return .codebook(Codebook(nearest: target.values, in: stored, groupSize: size))
  }

  /// The codebooks of all groups, groups on all threads.
  private func codebooks(of weights: [Float], size: Int, from previous: Codebook?) throws
    -> Codebook.Entries
  {
    let count = (weights.count - 1) / size + 1
    // Runs of groups, so that a thread has some work before it asks for more.
    let run = max(1, min(count, 4096 / size))
    let runs = (count - 1) / run + 1
    var found = [Result<Codebook.Entries, any Error>?](repeating: nil, count: runs)
    found.withUnsafeMutableBufferPointer { found in
      // Each run of groups writes its own element.
      let found = found
      parallelTasks(runs) { index in
        found[index] = Result {
          joined(
            try (index * run..<min((index + 1) * run, count)).map { group in
              let start = group * size
              return try codebook(
                for: Array(weights[start..<min(start + size, weights.count)]),
                from: previous?.entries(ofGroup: group))
            })
        }
      }
    }
    return joined(try found.compactMap { try $0?.get() })
  }

  /// Some groups' codebooks in one; they are all of one kind because one operator made them.
  private func joined(_ groups: [Codebook.Entries]) -> Codebook.Entries {
    /// Their floats one after the other.
    func all(_ own: (Codebook.Entries) -> [Float]?) -> [Float] {
      var floats: [Float] = []
      floats.reserveCapacity(groups.count * (groups.first.flatMap(own)?.count ?? 0))
      for group in groups { floats += own(group) ?? [] }
      return floats
    }
    switch groups.first {
    case .free(_, let levels):
      return .free(
        all { if case .free(let own, _) = $0 { own } else { nil } }, levels: levels)
    case .scaled(_, let pattern):
      return .scaled(
        all { if case .scaled(let own, _) = $0 { own } else { nil } }, pattern: pattern)
    case .affine(_, _, let levels):
      return .affine(
        offsets: all { if case .affine(let own, _, _) = $0 { own } else { nil } },
        steps: all { if case .affine(_, let own, _) = $0 { own } else { nil } }, levels: levels)
    case .fixed(let pattern): return .fixed(pattern: pattern)
    case nil: return .free([0], levels: 1)
    }
  }

  /// `, per=row` where the grouping is not that of all weights.
  var groupingSuffix: String { grouping == .view ? "" : "per=\(grouping)" }
}
