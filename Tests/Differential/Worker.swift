import Foundation
import LinearAlgebra

/// Runs every `step`-th case from one on until the time is over, and writes what became of each.
///
/// The number of a case is written before it begins: it is what killed the worker when no outcome
/// follows.
struct Worker {
  static let file = "outcomes"
  /// No case takes this long.
  static let longest: UInt32 = 120

  let lattice: Lattice

  func run(first: Int, step: Int, until deadline: Double) throws {
    _ = FileManager.default.createFile(atPath: Self.file, contents: nil)
    guard let output = FileHandle(forWritingAtPath: Self.file) else { throw POSIXError(.EIO) }
    var number = first
    while Date().timeIntervalSince1970 < deadline {
      let (subject, input) = lattice.item(number)
      try output.write(contentsOf: Data("\(number)\n".utf8))
      alarm(Self.longest)
      // Rounds by one thread and by two take turns.
      Threads.use(1 + number / lattice.subjects.count % 2)
      let start = ContinuousClock.now
      var outcome = Trial(subject, input).outcome(number: number)
      outcome.seconds = (ContinuousClock.now - start) / .seconds(1)
      alarm(0)
      try output.write(contentsOf: try JSONEncoder().encode(outcome) + Data("\n".utf8))
      number += step
    }
  }
}
