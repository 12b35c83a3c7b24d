import LinearAlgebra
import Testing

@testable import lc

/// The time left of runs whose times are made up.
@Suite struct TimeLeftTests {
  /// What was said of the run's whole length after each mini-batch, and how long it was.
  private struct Course {
    var said: [(at: Double, whole: Double)] = []
    var length = 0.0

    /// The largest change from one mini-batch to the next, as a share of the run, later than that share of it.
    func jump(after share: Double) -> Double {
      let late = said.filter { $0.at > share * length }
      return zip(late, late.dropFirst()).map { abs($1.whole - $0.whole) / length }.max() ?? 1
    }

    func error(after share: Double) -> Double {
      said.filter { $0.at > share * length }.map { abs($0.whole - length) / length }.max() ?? 1
    }
  }

  private func course(
    batches: Int, steps: Int, guess: Double = 0, from step: Int = 0,
    batch: (Int, Int) -> Double, end: (Int) -> Double
  ) -> Course {
    var course = Course()
    var now = 100.0
    var left = TimeLeft(batchesPerStep: batches, steps: steps, guess: guess, at: now)
    for step in step..<steps {
      for done in 1...batches {
        now += batch(step, done)
        left.batchDone(done, ofStep: step, at: now)
        if let rest = left.left(at: now) { course.said.append((now - 100, now - 100 + rest)) }
      }
      now += end(step)
      left.stepDone(step, at: now)
    }
    course.length = now - 100
    return course
  }

  /// Noise by a half, a slow first mini-batch, a C step every tenth mini-batch, a long evaluation at the end of each
  /// step that was guessed wrong.
  @Test(arguments: 0..<5) func itDoesNotJump(seed: UInt64) {
    var random = RandomGenerator(seed: seed)
    func noise() -> Double { 0.5 + Double(random.next() % 1000) / 1000 }
    let course = course(
      batches: 100, steps: 40, guess: 10,
      batch: { step, done in
        (step == 0 && done == 1 ? 3 : 0) + 0.05 * noise() + (done % 10 == 0 ? 0.2 * noise() : 0)
      }, end: { _ in 4 * noise() })
    #expect(course.jump(after: 0.01) < 0.05, "\(course.jump(after: 0.01))")
    #expect(course.error(after: 0.15) < 0.15, "\(course.error(after: 0.15))")
    #expect(course.error(after: 0.5) < 0.08)
  }

  @Test func evenTimesAreToldAtOnce() {
    let course = course(batches: 10, steps: 10, guess: 5, batch: { _, _ in 2 }, end: { _ in 10 })
    #expect(course.error(after: 0.01) < 1e-9)
  }

  /// A machine that gets slower by half is believed, in time.
  @Test func itFollowsWhatChanges() {
    let course = course(
      batches: 100, steps: 20, batch: { step, _ in step < 5 ? 0.1 : 0.2 }, end: { _ in 0 })
    #expect(course.error(after: 0.1) > 0.3)
    #expect(course.error(after: 0.5) < 0.05 && course.jump(after: 0) < 0.02)
  }

  /// The share that an earlier process has done took no time of this one.
  @Test func aResumedRunCountsWhatItDoes() {
    let course = course(batches: 10, steps: 10, from: 8, batch: { _, _ in 1 }, end: { _ in 0 })
    #expect(course.length == 20 && course.error(after: 0.1) < 1e-9)
  }

  @Test func nothingIsToldBeforeAnythingIsKnown() {
    var left = TimeLeft(batchesPerStep: 10, steps: 2, at: 0)
    #expect(left.left(at: 1) == nil)
    left.batchDone(1, ofStep: 0, at: 5)
    #expect(left.left(at: 5) == nil)
    left.batchDone(2, ofStep: 0, at: 6)
    #expect(left.left(at: 6) == 18)
    // It goes down by itself, and never below nothing.
    #expect(left.left(at: 8) == 16 && left.left(at: 100) == 0)
  }
}
