import LinearAlgebra

/// Something that a layer does, compiled and bound to its buffers.
protocol Step: AnyObject {
  func run() throws
}

extension Primitive: Step {}

/// Lists of steps that run at the same time, each on one thread; they write to disjoint buffers.
///
/// What one list leaves in its processor's caches the same list finds there. Primitives in it must be
/// compiled on an engine of their own list, by `onOneThread`.
final class ConcurrentSteps: Step {
  private let lists: [[any Step]]

  init(_ lists: [[any Step]]) { self.lists = lists }

  func run() throws {
    let lists = lists
    var failures = [(any Error)?](repeating: nil, count: lists.count)
    failures.withUnsafeMutableBufferPointer { failures in
      // In bounds: parts begin at multiples of 16, so each is of whole lists.
      parallel(over: lists.count * 16, grain: 16) { part in
        for list in part.lowerBound / 16..<part.upperBound / 16 {
          do { for step in lists[list] { try step.run() } } catch { failures[list] = error }
        }
      }
    }
    for case let failure? in failures { throw failure }
  }

  /// Compiles for a single thread.
  static func onOneThread<Result>(_ body: () throws -> Result) rethrows -> Result {
    try Threads.using(1, body)
  }
}
