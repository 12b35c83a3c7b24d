import LinearAlgebra

/// A plan applied to the parameters of a network or a file: the C-step problems, each with its
/// slice of the arena.
public struct ResolvedPlan: Sendable {
  /// The plan as it is written.
  public let written: CompressionPlan
  /// In the order of the tasks, and in each of the tensors; a joint task is one problem.
  public let problems: [CompressionProblem]

  /// The ranges of the arena that are compressed, ascending; neighbours are joined.
  public let ranges: [Range<Int>]

  /// The number of weights that are compressed.
  public var count: Int { ranges.reduce(0) { $0 + $1.count } }

  /// Applies a plan to the tensors of a network or a file.
  ///
  /// - Throws: `CompressionError` when a pattern fits nothing, two tasks claim one parameter, or
  ///   operators' parameters do not fit the sizes: all tensors where that is so are in one error.
  /// - Parameter positions: at how many places each kernel is applied to one input, by its name.
  public init(_ plan: CompressionPlan, for layout: ArenaLayout, positions: [String: Int] = [:])
    throws
  {
    var problems: [CompressionProblem] = []
    var misfits = Misfits(plan, in: layout)
    for (task, taken) in zip(plan.tasks, try plan.tensors(in: layout)) {
      misfits.begin(taking: taken)
      switch task.selection.view {
      case .joint:
        let slots = taken.map { layout.slots[$0] }
        try misfits.collect(taken) {
          problems.append(
            try CompressionProblem(
              label: "\(task.selection)", slots: slots, shape: [slots.reduce(0) { $0 + $1.count }],
              operator: task.operator))
        }
      case .each, .vector, .matrix:
        for index in taken {
          let slot = layout.slots[index]
          try misfits.collect([index]) {
            problems.append(
              try CompressionProblem(
                label: slot.name, slots: [slot],
                shape: try Self.shape(of: slot, seen: task.selection.view),
                operator: task.operator, positions: positions[slot.name] ?? 1))
          }
        }
      }
    }
    if let error = misfits.error { throw error }
    self.init(plan, problems)
  }

  /// A plan that compresses nothing, with which the alternation is plain training.
  package static let ofNothing = ResolvedPlan(CompressionPlan([]), [])

  /// The plan of some of its problems.
  package func of(_ problems: [CompressionProblem]) -> ResolvedPlan {
    ResolvedPlan(written, problems)
  }

  /// Problems that claim no parameter twice.
  init(_ written: CompressionPlan, _ problems: [CompressionProblem]) {
    self.written = written
    self.problems = problems
    let parts = problems.flatMap { $0.slots.map(\.range) }.sorted { $0.lowerBound < $1.lowerBound }
    ranges = parts.reduce(into: []) { joined, range in
      if let last = joined.last, last.upperBound == range.lowerBound {
        joined[joined.count - 1] = last.lowerBound..<range.upperBound
      } else {
        joined.append(range)
      }
    }
  }

  private static func shape(of slot: ArenaLayout.Slot, seen view: Selection.View) throws -> [Int] {
    switch view {
    case .vector: return [slot.count]
    case .matrix where slot.shape.count < 2:
      throw CompressionError.needsMatrix(operator: "matrix(…)", view: slot.name)
    case .each, .matrix, .joint: return slot.shape
    }
  }
}

/// One C-step problem: some tensors of an arena, seen as one view, and the operator.
public struct CompressionProblem: Sendable {
  /// The tensor's name, or the selection of a joint view.
  public let label: String
  /// The tensors, in the order in which the view joins them.
  public let slots: [ArenaLayout.Slot]
  /// The view's shape.
  public let shape: [Int]
  /// The task's operator, which fits the view.
  public let `operator`: any CompressionOperator
  /// The number of weights n, from 1 to 2³² − 1.
  public let count: Int
  /// At how many places a kernel is applied to one input.
  public let positions: Int

  /// The problem of some tensors, which one after the other are the view.
  ///
  /// - Throws: `CompressionError` when the operator's parameters do not fit the view.
  public init(
    label: String, slots: [ArenaLayout.Slot], shape: [Int], operator: any CompressionOperator,
    positions: Int = 1
  ) throws {
    self.positions = positions
    self.label = label
    self.slots = slots
    self.shape = shape
    self.operator = `operator`
    count = slots.reduce(0) { $0 + $1.count }
    guard count > 0, count <= UInt32.max else {
      throw CompressionError.unsupportedSize(view: label, count: count)
    }
    try `operator`.validate(shape: shape, view: label)
  }

  /// The same tensors with another operator, whose parameters fit them as well.
  func with(_ `operator`: any CompressionOperator) -> CompressionProblem {
    CompressionProblem(self, `operator`)
  }

  private init(_ other: CompressionProblem, _ `operator`: any CompressionOperator) {
    positions = other.positions
    label = other.label
    slots = other.slots
    shape = other.shape
    count = other.count
    self.operator = `operator`
  }

  /// The bits of the uncompressed weights, 32 each.
  public var referenceBits: Int { 32 * count }

  /// What multiplying by this problem's tensors costs in a compressed form: each as a matrix.
  public func operations(of form: CompressedForm) -> Operations {
    var start = 0
    return slots.reduce(Operations()) { total, slot in
      defer { start += slot.count }
      let (rows, columns) = WeightView.matrixShape(of: slot.shape)
      return total
        + form.operations(in: start..<start + slot.count, rows: rows, columns: columns)
    }
  }
}
