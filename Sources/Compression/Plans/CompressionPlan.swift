import LinearAlgebra

/// What is compressed, and how: tasks, each naming parameters, the view under which they are
/// compressed and an operator.
///
/// In the plan language: `joint(*.weight): quantize(k=2) + prune(keep=1%)`; tasks are separated by
/// `;`. See `Docs/Plans.md`.
public struct CompressionPlan: Sendable, CustomStringConvertible {
  public let tasks: [CompressionTask]

  public init(_ tasks: [CompressionTask]) { self.tasks = tasks }

  public var description: String { tasks.map(\.description).joined(separator: "; ") }
}

/// One line of a plan.
public struct CompressionTask: Sendable, CustomStringConvertible {
  public let selection: Selection
  public let operation: any CompressionOperator

  public init(_ selection: Selection, _ operation: any CompressionOperator) {
    self.selection = selection
    self.operation = operation
  }

  public var description: String { "\(selection): \(operation)" }
}

/// Which parameters a task takes, and how it looks at them.
public struct Selection: Sendable, Equatable, CustomStringConvertible {
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

  public let view: View
  public let patterns: [NamePattern]

  public init(_ view: View, _ patterns: [NamePattern]) {
    self.view = view
    self.patterns = patterns
  }

  /// All tensors whose name fits one of the patterns, as one vector.
  public static func joint(_ patterns: String...) -> Selection {
    Selection(.joint, patterns.map(NamePattern.init))
  }

  /// Each tensor whose name fits one of the patterns, by itself.
  public static func each(_ patterns: String...) -> Selection {
    Selection(.each, patterns.map(NamePattern.init))
  }

  public var description: String {
    let list = patterns.map(\.text).joined(separator: ", ")
    return view == .each && patterns.count == 1 ? list : "\(view.rawValue)(\(list))"
  }
}

/// A shell-like pattern: `*` any characters, `?` one character, `[abc]` and `[0-9]` one of a set.
public struct NamePattern: Sendable, Equatable {
  public let text: String
  public init(_ text: String) { self.text = text }

  /// Whether it speaks of weights in general: it has wildcards and ends in `weight`, as `*.weight`.
  var meansWeights: Bool { text.hasSuffix("weight") && text.contains { "*?[".contains($0) } }

  /// The tensors whose name fits.
  ///
  /// Of a pattern that means weights in general only those of two and more dimensions, matrices and
  /// kernels, unless it fits no others: batch norm's γ is called `weight`, too, but is none.
  func fitting(_ slots: [ArenaLayout.Slot]) -> [ArenaLayout.Slot] {
    let fitting = slots.filter { matches($0.name) }
    let matrices = meansWeights ? fitting.filter { $0.shape.count > 1 } : []
    return matrices.isEmpty ? fitting : matrices
  }

  /// Whether the whole name fits. O(length of pattern · length of name).
  public func matches(_ name: String) -> Bool {
    let pattern = Array(text)
    let name = Array(name)
    var (p, n) = (0, 0)
    var star: (pattern: Int, name: Int)?
    while n < name.count {
      if p < pattern.count, pattern[p] == "*" {
        star = (p, n)
        p += 1
      } else if p < pattern.count, let next = Self.step(pattern, p, name[n]) {
        p = next
        n += 1
      } else if let (starPattern, starName) = star {
        // Let the last star take one character more.
        star = (starPattern, starName + 1)
        p = starPattern + 1
        n = starName + 1
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
  }

  /// The place after the pattern's element at `p` if it fits the character.
  private static func step(_ pattern: [Character], _ p: Int, _ character: Character) -> Int? {
    if pattern[p] == "?" { return p + 1 }
    guard pattern[p] == "[", let end = pattern[(p + 1)...].firstIndex(of: "]"), end > p + 1 else {
      return pattern[p] == character ? p + 1 : nil
    }
    var set = pattern[(p + 1)..<end]
    let negated = set.first == "!"
    if negated { set = set.dropFirst() }
    var found = false
    while let first = set.popFirst() {
      if set.first == "-", let last = set.dropFirst().first {
        found = found || (first <= last && (first...last).contains(character))
        set = set.dropFirst(2)
      } else {
        found = found || first == character
      }
    }
    return found != negated ? end + 1 : nil
  }
}
