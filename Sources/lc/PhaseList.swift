import ArgumentParser
import LearningCompression

/// Methods one after the other, each with its share of the steps: `straight-through 40%, lc 40%, retrain 20%`.
struct PhaseList: ExpressibleByArgument, CustomStringConvertible {
  let entries: [(method: Method, percent: Double)]

  init?(argument: String) {
    var entries: [(method: Method, percent: Double)] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let words = part.split(separator: " ")
      guard words.count == 2, let method = Method(rawValue: String(words[0])), method != .direct,
        words[1].hasSuffix("%"), let percent = Double(words[1].dropLast()), percent > 0,
        percent <= 100
      else { return nil }
      entries.append((method, percent))
    }
    guard abs(entries.reduce(0) { $0 + $1.percent } - 100) < 1e-6 else { return nil }
    self.entries = entries
  }

  var description: String {
    entries.map { "\($0.method.rawValue) \($0.percent.text(0))%" }.joined(separator: ", ")
  }

  /// What the run is called in its table.
  var name: String { entries.map(\.method.rawValue).joined(separator: " → ") }

  /// The steps of each, together as many as are given: what rounding down leaves goes to the first ones.
  ///
  /// - Throws: `Failure.usage` when there is less than a step for each.
  func steps(of total: Int) throws -> [Int] {
    var steps = entries.map { Int(Double(total) * $0.percent / 100) }
    var left = total - steps.reduce(0, +)
    for index in steps.indices where left > 0 {
      steps[index] += 1
      left -= 1
    }
    guard steps.allSatisfy({ $0 > 0 }) else {
      throw Failure.usage(
        "--phases needs a step for each of its \(entries.count) methods, found --steps \(total)")
    }
    return steps
  }
}
