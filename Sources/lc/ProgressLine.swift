import Foundation

/// Progress on standard error: one line that is rewritten on a terminal; elsewhere a line for each
/// finished step only.
struct ProgressLine {
  private let isTerminal = isatty(2) == 1
  private let start = ContinuousClock.now
  private var lastDrawn = ContinuousClock.now - .seconds(1)
  private var drawn = false

  /// Seconds since the run began.
  var elapsed: Double { seconds(.now - start) }

  /// Rewrites the line, at most ten times a second.
  ///
  /// - Parameter left: the seconds that the run still takes, where that is known.
  mutating func update(left: Double?, _ text: @autoclosure () -> String) {
    guard isTerminal, ContinuousClock.now - lastDrawn > .milliseconds(100) else { return }
    lastDrawn = .now
    drawn = true
    var line = text()
    if let left, elapsed > 1 { line += "  \(clock(left)) left" }
    write("\r\u{1B}[K" + line)
  }

  /// Writes a line that stays.
  mutating func print(_ line: String) {
    write((drawn ? "\r\u{1B}[K" : "") + line + "\n")
    drawn = false
  }

  /// Removes the line, so that an error or a result stands alone.
  mutating func clear() {
    if drawn { write("\r\u{1B}[K") }
    drawn = false
  }

  private func write(_ text: String) { StandardError.write(text) }

  private func clock(_ seconds: Double) -> String {
    let whole = Int(min(seconds, 1e9).rounded(.up))
    return whole < 3600
      ? String(format: "%d:%02d", whole / 60, whole % 60)
      : String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
  }
}

func seconds(_ duration: Duration) -> Double {
  Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}

extension Double {
  func text(_ decimals: Int) -> String { String(format: "%.\(decimals)f", self) }

  /// Such as `1.2e-07`.
  var scientific: String { String(format: "%.1e", self) }
}
