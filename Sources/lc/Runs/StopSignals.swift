import Foundation
import Synchronization

/// The signal that a thread which does not block it has met.
private let met = Atomic<Int32>(0)

/// SIGINT and SIGTERM, held back until the run asks for them.
///
/// The signals are blocked, so that nothing is interrupted: what came in the meantime waits in the kernel. Threads
/// of libraries may have them unblocked; these note the signal and go on.
struct StopSignals {
  private var signals = sigset_t()

  /// Threads that are made from now on block the signals as well, so this is to be called before any
  /// computation.
  init() {
    // Made before a handler can ask for it.
    met.store(0, ordering: .relaxed)
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM] {
      sigaddset(&signals, signal)
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { met.store($0, ordering: .relaxed) }
      action.sa_flags = SA_RESTART
      sigaction(signal, &action, nil)
    }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  /// The signal that has come, if one has. That the parent is gone counts as SIGTERM.
  mutating func pending() -> Int32? {
    if ChildProcess.isOrphan { return SIGTERM }
    let noted = met.exchange(0, ordering: .relaxed)
    if noted > 0 { return noted }
    var now = timespec()
    let signal = sigtimedwait(&signals, nil, &now)
    return signal > 0 ? signal : nil
  }
}
