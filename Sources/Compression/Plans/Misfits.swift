import LinearAlgebra

/// The tensors that the operators of a plan do not fit, all of them, for one error that says what to
/// write instead.
struct Misfits {
  private let plan: CompressionPlan
  private let layout: ArenaLayout
  private var slots: [ArenaLayout.Slot] { layout.slots }
  /// What each task takes, and what of it does not fit.
  private var tasks: [(taken: [Int], unfit: [Int])] = []
  private var found: [CompressionError.Unfit] = []

  /// More exclusions than these are no help to a reader.
  private static let mostExclusions = 50

  init(_ plan: CompressionPlan, in layout: ArenaLayout) {
    self.plan = plan
    self.layout = layout
  }

  /// The next task begins.
  mutating func begin(taking taken: [Int]) { tasks.append((taken, [])) }

  /// Does `body` for these tensors of the task; a `CompressionError` is kept.
  mutating func collect(_ tensors: [Int], _ body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as CompressionError {
      let task = tasks.count - 1
      let selection = plan.tasks[task].selection
      tasks[task].unfit += tensors
      var reason = "\(error)"
      switch (error, selection.view) {
      case (.needsMatrix, .joint), (.needsMatrix, .vector):
        reason += " (take each tensor by itself, without \(selection.view.rawValue))"
      default: break
      }
      found.append(
        selection.view == .joint
          ? .init(name: "\(selection)", shape: nil, reason: reason)
          : .init(name: slots[tensors[0]].name, shape: slots[tensors[0]].shape, reason: reason))
    }
  }

  var error: CompressionError? { found.isEmpty ? nil : .unfit(found, instead: instead) }

  /// The plan without the tensors that do not fit; none where nothing is left, or exclusions are no help.
  private var instead: String? {
    var kept: [CompressionTask] = []
    var exclusions = 0
    for (task, (taken, unfit)) in zip(plan.tasks, tasks) {
      guard !unfit.isEmpty else {
        kept.append(task)
        continue
      }
      let unfit = Set(unfit)
      let fit = taken.filter { !unfit.contains($0) }
      if task.selection.view == .joint { return nil }
      if fit.isEmpty { continue }
      let patterns = exclude(unfit, from: Set(fit))
      // What fits, where that is less to read.
      if patterns.count > Self.mostExclusions, fit.count < patterns.count {
        exclusions += fit.count
        let names = fit.map { NamePattern(literal: slots[$0].name) }
        kept.append(CompressionTask(Selection(task.selection.view, names), task.operator))
        continue
      }
      exclusions += patterns.count
      kept.append(CompressionTask(task.selection.excluding(patterns), task.operator))
    }
    return kept.isEmpty || exclusions > Self.mostExclusions
      ? nil : CompressionPlan(kept).description
  }

  /// Patterns that take the unfit tensors and none of the fit ones: names, or `*.bias` and `head.*`
  /// where one takes several.
  private func exclude(_ unfit: Set<Int>, from fit: Set<Int>) -> [NamePattern] {
    var sharing: [String: [Int]] = [:]
    for index in unfit.sorted() where slots[index].name.utf8.count <= 256 {
      let name = slots[index].name.unicodeScalars
      for dot in name.indices where name[dot] == "." {
        sharing["*" + String(name[dot...]), default: []].append(index)
        sharing[String(name[...dot]) + "*", default: []].append(index)
      }
    }
    let candidates = sharing.filter { $0.value.count > 1 }.sorted {
      $0.value.count != $1.value.count ? $0.value.count > $1.value.count : $0.key < $1.key
    }
    var left = unfit
    var patterns: [NamePattern] = []
    // Each trial looks at all tensors.
    for (text, members) in candidates.prefix(100) {
      guard members.count(where: left.contains) > 1 else { continue }
      // The name's part as it is, whatever signs it holds.
      let name = Array(NamePattern(literal: text).elements)
      let pattern = NamePattern(
        elements: text.hasPrefix("*") ? [.any] + name.dropFirst() : name.dropLast() + [.any])
      let taken = pattern.fitting(in: layout)
      guard taken.allSatisfy({ !fit.contains($0) }), taken.count(where: left.contains) > 1 else {
        continue
      }
      patterns.append(pattern)
      left.subtract(taken)
    }
    return patterns + left.sorted().map { NamePattern(literal: slots[$0].name) }
  }
}
