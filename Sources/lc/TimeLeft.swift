/// How long a run still takes: its mini-batches by those of late, and what the end of each step adds to them, such as
/// its C step and its evaluation, by the steps before.
///
/// What is shown moves towards that slowly, for else each first of something would make it jump. Times are seconds of
/// one clock.
struct TimeLeft {
  /// A mean in which what is past counts less and less.
  private struct FadingMean {
    let fading: Double
    private var sum = 0.0
    private var weight = 0.0

    init(over count: Double) { fading = 1 - 1 / max(1, count) }

    var value: Double? { weight > 0 ? sum / weight : nil }

    mutating func add(_ value: Double) {
      sum = fading * sum + value
      weight = fading * weight + 1
    }
  }

  private let batchesPerStep: Int
  private let steps: Int
  /// The end of a step costs so many mini-batches, as long as none was seen.
  private let guess: Double
  private var batch: FadingMean
  private var stepEnd = FadingMean(over: 8)
  /// When the present mini-batch, or end of a step, began.
  private var began: Double
  private var isWarm: Bool
  private var shown: (left: Double, at: Double)?
  private var estimates = 1

  /// - Parameters:
  ///   - now: when the first mini-batch begins.
  ///   - guess: what the end of a step costs, in mini-batches, as long as none was seen.
  ///   - isWarm: whether the first mini-batch is like the others; that of a network builds it.
  init(batchesPerStep: Int, steps: Int, guess: Double = 0, isWarm: Bool = false, at now: Double) {
    self.batchesPerStep = batchesPerStep
    self.steps = steps
    self.guess = guess
    self.isWarm = isWarm
    // As many as a step has, so that C steps within it are in their share.
    batch = FadingMean(over: Double(min(max(batchesPerStep, 50), 5000)))
    began = now
  }

  /// - Parameters:
  ///   - step: counted from 0.
  ///   - done: how many mini-batches of the step are done.
  mutating func batchDone(_ done: Int, ofStep step: Int, at now: Double) {
    if isWarm { batch.add(now - began) }
    isWarm = true
    began = now
    estimate(after: step, done: done, at: now)
  }

  /// - Parameter step: counted from 0.
  mutating func stepDone(_ step: Int, at now: Double) {
    stepEnd.add(now - began)
    began = now
    estimate(after: step + 1, done: 0, at: now)
  }

  private mutating func estimate(after step: Int, done: Int, at now: Double) {
    guard let batch = batch.value else { return }
    let end = stepEnd.value ?? guess * batch
    let rest = Double(max(0, steps - step))
    let left = max(0, rest * (Double(batchesPerStep) * batch + end) - Double(done) * batch)
    guard let shown else {
      self.shown = (left, now)
      return
    }
    let expected = max(0, shown.left - (now - shown.at))
    // Within a twentieth of what is left, and three seconds at least, but not at once; the first ones are averaged.
    estimates += 1
    let share = max(1 / Double(estimates), min(0.06, (now - shown.at) / max(3, 0.05 * expected)))
    self.shown = (expected + share * (left - expected), now)
  }

  /// None before there is something to judge by.
  func left(at now: Double) -> Double? { shown.map { max(0, $0.left - (now - $0.at)) } }
}
