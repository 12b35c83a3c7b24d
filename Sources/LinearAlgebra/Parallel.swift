import COpenMP

/// The one pool of threads: OpenMP's, which oneDNN and OpenBLAS run on as well.
///
/// A second pool would compete with it for the same cores, because OpenMP's threads spin for a
/// while after each parallel region.
public enum Threads {
  /// How many threads a parallel region uses.
  public static var count: Int { Int(omp_get_max_threads()) }

  /// Sets the number of threads for everything that follows on the calling thread.
  public static func use(_ count: Int) {
    precondition(count > 0)
    omp_set_num_threads(Int32(clamping: count))
  }
}

private struct Region {
  let count: Int
  let body: (Int, Range<Int>) -> Void
}

/// Runs `body(part, range)` on equal contiguous parts of `0..<count`, one part a thread.
///
/// The parts depend on the count and the number of threads only, so sums that are formed part by
/// part are the same bits in every run. Parts must write to disjoint memory. Inside another
/// parallel region, or when there are fewer than `2 · grain` elements, `body` runs once, here.
///
/// - Parameter grain: the least number of elements that is worth a thread.
public func parallel(over count: Int, grain: Int = 16_384, _ body: (Int, Range<Int>) -> Void) {
  let parts = partCount(of: count, grain: grain)
  guard parts > 1 else {
    body(0, 0..<count)
    return
  }
  withoutActuallyEscaping(body) { body in
    var region = Region(count: count, body: body)
    // The region outlives the call: GOMP_parallel returns when every thread has finished.
    withUnsafeMutablePointer(to: &region) { pointer in
      GOMP_parallel(
        { context in
          guard let context else { return }
          let region = context.assumingMemoryBound(to: Region.self)
          let part = Int(omp_get_thread_num())
          let parts = Int(omp_get_num_threads())
          region.pointee.body(part, share(part, of: parts, in: region.pointee.count))
        }, pointer, UInt32(parts), 0)
    }
  }
}

/// How many parts `parallel(over:grain:_:)` will cut that many elements into, at the most.
public func partCount(of count: Int, grain: Int = 16_384) -> Int {
  omp_in_parallel() != 0 ? 1 : max(1, min(Threads.count, count / max(1, grain)))
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
public func parallelTasks(_ count: Int, _ body: (Int) -> Void) {
  guard count > 1, Threads.count > 1, omp_in_parallel() == 0 else {
    for index in 0..<count { body(index) }
    return
  }
  var next = 0
  withoutActuallyEscaping(body) { body in
    withUnsafeMutablePointer(to: &next) { next in
      var tasks = Tasks(count: count, next: next, body: body)
      withUnsafeMutablePointer(to: &tasks) { pointer in
        GOMP_parallel(
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
          }, pointer, UInt32(min(Threads.count, count)), 0)
      }
    }
  }
}
