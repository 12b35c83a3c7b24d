import LinearAlgebra

/// What is compressed, and how: tasks, each naming parameters, the view under which they are
/// compressed and an operator.
///
/// In the plan language: `joint(*.weight): quantize(k=2) + prune(keep=1%)`; tasks are separated by
/// `;`. See `Docs/Plans.md`.
public struct CompressionPlan: Sendable, CustomStringConvertible {
  /// In the order in which they are written.
  public let tasks: [CompressionTask]

  /// A plan of tasks; whether they fit a network is checked when it is resolved.
  public init(_ tasks: [CompressionTask]) { self.tasks = tasks }

  /// The plan in the plan language, tasks separated by `;`.
  public var description: String { tasks.map(\.description).joined(separator: "; ") }
}

/// One line of a plan.
public struct CompressionTask: Sendable, CustomStringConvertible {
  /// Which parameters are compressed, and under which view.
  public let selection: Selection
  /// How they are compressed.
  public let `operator`: any CompressionOperator

  /// A task of parameters and an operator.
  public init(_ selection: Selection, _ `operator`: any CompressionOperator) {
    self.selection = selection
    self.operator = `operator`
  }

  /// The task in the plan language: `fc1.weight: quantize(k=2)`.
  public var description: String { "\(selection): \(`operator`)" }
}

/// Which parameters a task takes, and how it looks at them.
public struct Selection: Sendable, Equatable, CustomStringConvertible {
  /// How the tensors that a selection takes are handed to the operator; the raw value is the plan's
  /// word.
  public enum View: String, Sendable, CaseIterable {
    /// Each tensor by itself, with its shape.
    case each
    /// Each tensor by itself, as a vector.
    case vector
    /// Each tensor by itself, as the matrix O × (I·H·W); a tensor of one dimension is refused.
    case matrix
    /// All tensors together, as one vector.
    case joint
  }

  /// Each tensor by itself, or all together.
  public let view: View
  /// Each takes tensors by their names; a tensor that two of them take is an error.
  public let patterns: [NamePattern]
  /// What these take of all tensors is left out.
  public let exclusions: [NamePattern]

  /// The tensors that any of the patterns takes and no exclusion does.
  public init(_ view: View, _ patterns: [NamePattern], excluding exclusions: [NamePattern] = []) {
    self.view = view
    self.patterns = patterns
    self.exclusions = exclusions
  }

  /// All tensors whose name fits one of the patterns, as one vector.
  public static func joint(_ patterns: String...) -> Selection {
    Selection(.joint, patterns.map { NamePattern($0) })
  }

  /// Each tensor whose name fits one of the patterns, by itself.
  public static func each(_ patterns: String...) -> Selection {
    Selection(.each, patterns.map { NamePattern($0) })
  }

  /// The same without the tensors that these patterns take, in a plan `!pattern`.
  public func excluding(_ patterns: String...) -> Selection {
    Selection(view, self.patterns, excluding: exclusions + patterns.map { NamePattern($0) })
  }

  /// The selection in the plan language: `*.weight, !fc3.*` or `joint(fc1.weight, fc2.weight)`.
  public var description: String {
    let list = patterns.map(\.description) + exclusions.map { "!\($0)" }
    // `each` is the word for several patterns in plans that programs have kept.
    return view == .each && (patterns.count == 1 || !exclusions.isEmpty)
      ? list.joined(separator: ", ") : "\(view.rawValue)(\(list.joined(separator: ", ")))"
  }
}
