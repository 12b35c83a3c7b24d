import Foundation
import TestChild

/// Runs workers side by side until the time is over; one that dies is a failure of its case, and
/// another goes on behind it.
struct Campaign {
  let subjects: [Subject]
  let seed: UInt64
  let seconds: Double

  /// One of the workers' places: every step-th case is its own.
  private struct Lane {
    var child: Child
    var next: Int
    var read = 0
    var isDone = false
  }

  func run() throws -> Report {
    var report = Report(subjects)
    let root = FileManager.default.temporaryDirectory
      .appendingPathComponent("lc-differential-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    // A backtrace takes longer than a case; threads that spin would slow the other worker.
    setenv("SWIFT_BACKTRACE", "enable=no", 1)
    setenv("OMP_WAIT_POLICY", "passive", 1)
    let start = Date().timeIntervalSince1970
    let step = max(1, ProcessInfo.processInfo.activeProcessorCount)
    func child(_ lane: Int, from number: Int) throws -> Child {
      let folder = root.appendingPathComponent("\(lane)-\(number)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let arguments = ["\(number)", "\(step)", "\(start + seconds)", "\(seed)"]
      let only = subjects.count == 1 ? [subjects[0].name] : []
      return try Child(["--worker"] + arguments + only, in: folder.path)
    }
    var lanes = try (0..<step).map { Lane(child: try child($0, from: $0), next: $0) }
    var said = start
    while lanes.contains(where: { !$0.isDone }) {
      usleep(100_000)
      for lane in lanes.indices where !lanes[lane].isDone {
        let end = lanes[lane].child.end()
        try collect(&lanes[lane], &report, step)
        guard let end else { continue }
        if end == .exit(0) {
          lanes[lane].isDone = true
          continue
        }
        report.add(died(lanes[lane].next, "\(end)"))
        lanes[lane].next += step
        if Date().timeIntervalSince1970 >= start + seconds {
          lanes[lane].isDone = true
        } else {
          lanes[lane].child = try child(lane, from: lanes[lane].next)
          lanes[lane].read = 0
        }
      }
      let now = Date().timeIntervalSince1970
      if now - said >= 20 {
        said = now
        print("\(Int(now - start)) s: \(report.cases) cases, \(report.failures) failures")
        fflush(nil)  // to be seen in a file too
      }
    }
    return report
  }

  /// Reads the outcomes that have been written since.
  private func collect(_ lane: inout Lane, _ report: inout Report, _ step: Int) throws {
    let path = lane.child.folder + "/" + Worker.file
    guard let file = FileHandle(forReadingAtPath: path) else { return }
    defer { try? file.close() }
    try file.seek(toOffset: UInt64(lane.read))
    guard let data = try file.readToEnd(), let end = data.lastIndex(of: UInt8(ascii: "\n")) else {
      return
    }
    lane.read += end + 1
    for line in data[..<end].split(separator: UInt8(ascii: "\n")) {
      guard let outcome = try? JSONDecoder().decode(Outcome.self, from: line) else { continue }
      report.add(outcome)
      lane.next = outcome.number + step
    }
  }

  private func died(_ number: Int, _ end: String) -> Outcome {
    let (subject, input) = Lattice(subjects: subjects, seed: seed).item(number)
    let trial = Trial(subject, input)
    return Outcome(
      number: number, subject: subject.name, input: input.description, plan: trial.plan,
      failures: ["crash: \(end)"])
  }
}
