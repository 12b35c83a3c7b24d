import Foundation

/// SIGINT and SIGTERM, held back until the run asks for them.
///
/// The signals are blocked, not handled: there is no handler that could interrupt anything, and what
/// came in the meantime waits in the kernel.
struct StopSignals {
  private var signals = sigset_t()

  /// Threads that are made from now on block the signals as well, so this is to be called before any
  /// computation.
  init() {
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  /// The signal that has come, if one has. That the parent is gone counts as SIGTERM.
  mutating func pending() -> Int32? {
    if ChildProcess.isOrphan { return SIGTERM }
    var now = timespec()
    let signal = sigtimedwait(&signals, nil, &now)
    return signal > 0 ? signal : nil
  }
}
