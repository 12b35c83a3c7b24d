import COpenMP

/// The one pool of threads: OpenMP's, which oneDNN and OpenBLAS run on as well.
///
/// A second pool would compete with it for the same cores, because OpenMP's threads spin for a
/// while after each parallel region.
public enum Threads {
  /// How many threads a parallel region uses.
  public static var count: Int { Int(min(omp_get_max_threads(), omp_get_thread_limit())) }

  /// Sets the number of threads for everything that follows on the calling thread.
  public static func use(_ count: Int) {
    precondition(count > 0)
    omp_set_num_threads(min(Int32(clamping: count), omp_get_thread_limit()))
    // As many as are asked for, for oneDNN and OpenBLAS leave out or wait for what the others would do.
    omp_set_dynamic(0)
  }

  /// Runs the body with that many threads.
  public static func using<Result>(_ count: Int, _ body: () throws -> Result) rethrows -> Result {
    let before = self.count
    use(count)
    defer { use(before) }
    return try body()
  }
}

private struct Region {
  let count: Int
  let parts: Int
  let body: (Int, Range<Int>) -> Void

  /// Runs one of `team` equal shares of the parts.
  func run(_ thread: Int = 0, of team: Int = 1) {
    for part in stride(from: thread, to: parts, by: team) {
      body(part, share(part, of: parts, in: count))
    }
  }
}

/// Runs `body(part, range)` on `parts` equal contiguous parts of `0..<count`, whatever the number of
/// threads.
///
/// The parts depend on their number and the count only, so sums that are formed part by part are the
/// same bits in every run. Parts must write to disjoint memory. Inside another parallel region they
/// run one after the other, here.
///
/// - Parameter parts: at least 1; usually from `partCount(of:grain:)`, asked once for all loops over
///   what belongs to a part.
package func parallel(over count: Int, parts: Int, _ body: (Int, Range<Int>) -> Void) {
  let team = omp_in_parallel() != 0 ? 1 : min(Threads.count, parts)
  withoutActuallyEscaping(body) { body in
    var region = Region(count: count, parts: parts, body: body)
    guard team > 1 else { return region.run() }
    // The region outlives the call: GOMP_parallel returns when every thread has finished.
    withUnsafeMutablePointer(to: &region) { pointer in
      fork(
        { context in
          // The team may be smaller than was asked for.
          context?.assumingMemoryBound(to: Region.self).pointee
            .run(Int(omp_get_thread_num()), of: Int(omp_get_num_threads()))
        }, pointer, team)
    }
  }
}

/// Runs `body(range)` on equal contiguous parts of `0..<count`, one part a thread.
///
/// - Parameter grain: the least number of elements that is worth a thread.
public func parallel(over count: Int, grain: Int = 16_384, _ body: (Range<Int>) -> Void) {
  parallel(over: count, parts: partCount(of: count, grain: grain)) { body($1) }
}

/// How many parts of `0..<count` are worth it now: one a thread, 1 inside another parallel region, and
/// none of fewer than `grain` elements.
package func partCount(of count: Int, grain: Int = 16_384) -> Int {
  omp_in_parallel() != 0 ? 1 : max(1, min(Threads.count, count / max(1, grain)))
}

/// Runs the body on each of `team` threads, with the context.
private func fork(
  _ body: @convention(c) (UnsafeMutableRawPointer?) -> Void, _ context: UnsafeMutableRawPointer,
  _ team: Int
) {
  // Were the team of one thread, what is inside would not know that it is in a parallel region.
  omp_set_dynamic(0)
  GOMP_parallel(body, context, UInt32(team), 0)
}

private func share(_ part: Int, of parts: Int, in count: Int) -> Range<Int> {
  // Boundaries on multiples of 16 floats, a cache line, so that no two threads share one.
  func boundary(_ part: Int) -> Int {
    part == parts ? count : min(count, (count / parts * part + 15) & ~15)
  }
  return boundary(part)..<boundary(part + 1)
}

private struct Tasks {
  let count: Int
  let next: UnsafeMutablePointer<Int>
  let body: (Int) -> Void
}

/// Runs `body(index)` for each index below `count`, each on the thread that is free next.
///
/// For tasks of different lengths. What a body runs in parallel runs on its own thread alone.
package func parallelTasks(_ count: Int, _ body: (Int) -> Void) {
  guard count > 1, Threads.count > 1, omp_in_parallel() == 0 else {
    for index in 0..<count { body(index) }
    return
  }
  var next = 0
  withoutActuallyEscaping(body) { body in
    withUnsafeMutablePointer(to: &next) { next in
      var tasks = Tasks(count: count, next: next, body: body)
      withUnsafeMutablePointer(to: &tasks) { pointer in
        fork(
          { context in
            guard let context else { return }
            let tasks = context.assumingMemoryBound(to: Tasks.self).pointee
            while true {
              // OpenMP's own lock guards the counter.
              GOMP_critical_start()
              let index = tasks.next.pointee
              tasks.next.pointee += 1
              GOMP_critical_end()
              guard index < tasks.count else { break }
              tasks.body(index)
            }
          }, pointer, min(Threads.count, count))
      }
    }
  }
}
