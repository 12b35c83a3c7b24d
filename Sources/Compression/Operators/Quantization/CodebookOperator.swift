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
}

/// The codebook of one group, as it is stored.
public enum GroupCodebook: Sendable, Equatable {
  /// K entries, ascending.
  case free([Float])
  case scaled(Float, pattern: [Float])
  case affine(offset: Float, step: Float, levels: Int)
  case fixed(pattern: [Float])
}

extension CodebookOperator {
  public func compress(_ target: WeightView, from previous: Codebook?, penalty mu: Float) throws
    -> Codebook
  {
    try validate(shape: target.shape, view: "the view")
    let size = grouping.size(for: target.shape)
    let previous = previous?.groupSize == size && previous?.count == target.count ? previous : nil
    var groups: [GroupCodebook] = []
    for (group, start) in stride(from: 0, to: target.count, by: size).enumerated() {
      let weights =
        size >= target.count
        ? target.values : Array(target.values[start..<min(start + size, target.count)])
      groups.append(try codebook(for: weights, from: previous?.entries(ofGroup: group)))
    }
    return Codebook(nearest: target.values, in: joined(groups), groupSize: size)
  }

  /// The groups' codebooks in one; they are all of one kind because one operator made them.
  private func joined(_ groups: [GroupCodebook]) -> Codebook.Entries {
    switch groups.first {
    case .free(let entries):
      .free(
        groups.flatMap { if case .free(let entries) = $0 { entries } else { [Float]() } },
        levels: entries.count)
    case .scaled(_, let pattern):
      .scaled(
        groups.map { if case .scaled(let scale, _) = $0 { scale } else { 0 } }, pattern: pattern)
    case .affine(_, _, let levels):
      .affine(
        offsets: groups.map { if case .affine(let offset, _, _) = $0 { offset } else { 0 } },
        steps: groups.map { if case .affine(_, let step, _) = $0 { step } else { 0 } },
        levels: levels)
    case .fixed(let pattern): .fixed(pattern: pattern)
    case nil: .free([0], levels: 1)
    }
  }

  /// `, per=row` where the grouping is not that of all weights.
  var groupingSuffix: String { grouping == .view ? "" : "per=\(grouping)" }
}
