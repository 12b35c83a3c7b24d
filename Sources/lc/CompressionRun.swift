import Foundation
import LearningCompression
import ModelFiles

/// A run of the alternation on a network, with its progress, its log and its checkpoints.
struct CompressionRun {
  typealias Step = CompressCommand.Step

  let run: AlternationRun<NetworkLearning>
  let course: Course
  let recorder: CheckpointRecorder?
  let log: StepLog<Step>
  /// Seconds of the processes before this one.
  let before: Double
  /// What stands before each line of progress.
  var prefix = ""

  /// Runs to the end.
  ///
  /// - Parameter began: is told where the run begins; not where it goes on.
  func finish(
    _ line: inout ProgressLine, began: (Start) -> Void = { _ in }
  ) throws -> (result: AlternationResult, seconds: Double) {
    let start = ContinuousClock.now
    func checkpoint() throws -> Checkpoint {
      var checkpoint = try run.state.checkpoint()
      try checkpoint.state.store(before + seconds(.now - start), as: "seconds")
      return checkpoint
    }
    var last = "direct compression"
    var left: TimeLeft?
    let result: AlternationResult
    do {
      result = try run.finish { progress in
        switch progress {
        case .direct(let start):
          line.print("\(prefix)direct compression: \(start.direct)")
          began(start)
          try recorder?.save(checkpoint())
        case .batch(let step, let done, let total, let steps):
          // Evaluations go forward only, through all images.
          var now =
            left
            ?? TimeLeft(
              batchesPerStep: total, steps: steps, guess: Double(course.batchesPerEpoch) / 3,
              at: line.elapsed)
          now.batchDone(done, ofStep: step, at: line.elapsed)
          left = now
          line.update(
            left: now.left(at: line.elapsed),
            "\(prefix)step \(step + 1)/\(steps)  batch \(done)/\(total)  \(last)")
          try recorder?.batchDone(checkpoint)
        case .step(let step, let steps):
          left?.stepDone(step.step, at: line.elapsed)
          try log.append(Step(step, course)) { try recorder?.save(checkpoint()) }
          last = summary(of: step)
          line.print("\(prefix)step \(step.step + 1)/\(steps)  \(last)")
          try recorder?.stepDone(checkpoint)
        }
      }
      // What is written below can then fail and be repeated.
      try recorder?.save(checkpoint())
    } catch {
      line.clear()
      throw error
    }
    return (result, before + seconds(.now - start))
  }

  private func summary(of step: AlternationStep) -> String {
    let coupling =
      step.change.map { "change \($0.text(6)) a mini-batch" }
      ?? (run.alternation.coupling(ofStep: step.step).isSoft ? "μ \(step.mu.threeDigits)  " : "")
      + "distance \(step.distance.text(5))"
    return "loss \(step.loss.text(4))  \(coupling)  \(step.figures.map { "\($0)" } ?? "")"
  }
}
