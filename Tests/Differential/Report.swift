import Foundation

/// What became of all cases, by operator.
struct Report {
  private struct Line {
    let claim: Double?
    var cases = 0
    var refusals: [String: Int] = [:]
    var worst: Outcome?
    var failed: [Outcome] = []
    var seconds = 0.0
  }

  /// How many failures of an operator are printed.
  private static let shown = 6

  private var lines: [String: Line]
  private let names: [String]
  private(set) var cases = 0
  var failures: Int { lines.values.reduce(0) { $0 + $1.failed.count } }

  init(_ subjects: [Subject]) {
    names = subjects.map(\.name)
    lines = Dictionary(subjects.map { ($0.name, Line(claim: $0.claim)) }) { first, _ in first }
  }

  mutating func add(_ outcome: Outcome) {
    guard var line = lines[outcome.subject] else { return }
    cases += 1
    line.cases += 1
    line.seconds += outcome.seconds
    if let refusal = outcome.refusal {
      line.refusals[refusal.replacing(/-?[0-9][0-9.e+-]*/, with: "…"), default: 0] += 1
    }
    if let ratio = outcome.ratio, ratio > line.worst?.ratio ?? 0 { line.worst = outcome }
    if !outcome.failures.isEmpty { line.failed.append(outcome) }
    lines[outcome.subject] = line
  }

  /// Operators that were tried often and refused all: nothing is known of them.
  private var untried: [String] {
    names.filter { name in
      guard let line = lines[name], line.cases >= 8 else { return false }
      return line.refusals.values.reduce(0, +) == line.cases
    }
  }

  /// Whether something was tried, of all operators that had their turn, and nothing failed.
  var isPassed: Bool { cases > 0 && failures == 0 && untried.isEmpty }

  func print() {
    for name in names {
      guard let line = lines[name], !line.failed.isEmpty else { continue }
      // One of each kind first.
      var kinds: [String: Int] = [:]
      let ranked = line.failed.map { outcome -> (Int, Outcome) in
        let kind = outcome.failures.map { $0.prefix { $0 != ":" } }.joined(separator: ",")
        kinds[kind, default: 0] += 1
        return (kinds[kind] ?? 0, outcome)
      }.sorted { ($0.0, $0.1.number) < ($1.0, $1.1.number) }
      let list = kinds.sorted { $0.value > $1.value }.map { "\($0.key) \($0.value)" }
      Swift.print("\n\(name): \(line.failed.count) failed (\(list.joined(separator: "; ")))")
      for (_, outcome) in ranked.prefix(Self.shown) {
        Swift.print("  differential --only '\(outcome.subject)' --case \(outcome.input)")
        if outcome.plan != outcome.subject { Swift.print("    \(outcome.plan)") }
        for failure in outcome.failures { Swift.print("    \(failure)") }
      }
    }
    Swift.print(
      "\n\(row("operator", "cases", "refused", "worst", "claim", "seconds", "failed", "worst case"))"
    )
    for name in names {
      guard let line = lines[name] else { continue }
      let refused = line.refusals.values.reduce(0, +)
      Swift.print(
        row(
          name, "\(line.cases)", "\(refused)", line.worst?.ratio.map(short) ?? "—",
          line.claim.map(short) ?? "—", String(format: "%.2f", line.seconds),
          "\(line.failed.count)",
          (line.worst?.ratio ?? 1) > 1 ? line.worst?.input ?? "" : ""))
      for (refusal, count) in line.refusals.sorted(by: { $0.key < $1.key }) {
        Swift.print("    \(count) × \(refusal)")
      }
    }
    for name in untried { Swift.print("\(name): no case was not refused") }
    Swift.print("\(cases - failures) passed, \(failures) failed")
  }

  private func short(_ ratio: Double) -> String {
    ratio < 100 ? String(format: "%.6f", ratio) : String(format: "%.2g", ratio)
  }

  private func row(_ name: String, _ columns: String...) -> String {
    let start = name.padding(toLength: max(62, name.count), withPad: " ", startingAt: 0)
    let numbers = columns.dropLast().map { text in
      String(repeating: " ", count: max(1, 10 - text.count)) + text
    }
    return start + numbers.joined() + "  " + (columns.last ?? "")
  }
}
