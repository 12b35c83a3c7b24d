import Foundation

/// The median and the least of the times of `repetitions` runs, each of `runs` calls; seconds a call.
func time(repetitions: Int = 7, runs: Int = 1, _ body: () throws -> Void) rethrows -> (
  median: Double, least: Double
) {
  var times: [Double] = []
  for _ in 0..<repetitions {
    let start = ContinuousClock.now
    for _ in 0..<runs { try body() }
    let elapsed = (ContinuousClock.now - start).components
    times.append((Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18) / Double(runs))
  }
  times.sort()
  return (times[times.count / 2], times[0])
}

func report(_ name: String, _ times: (median: Double, least: Double), _ note: String = "") {
  func text(_ seconds: Double) -> String { String(format: "%.3f ms", seconds * 1e3) }
  print("\(name): median \(text(times.median)), least \(text(times.least))\(note)")
}
