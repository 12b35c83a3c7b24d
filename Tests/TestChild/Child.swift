import Foundation

/// This program again, as another process in a folder of its own. Spawned and awaited by the system's own
/// calls, because a stall of the waiting must not look like one of what is tried.
package struct Child {
  package enum End: Equatable, CustomStringConvertible {
    case exit(Int32)
    case signal(Int32)
    case timeOut

    package var description: String {
      switch self {
      case .exit(let code): "exit code \(code)"
      case .signal(let number): "signal \(number)"
      case .timeOut: "no end in time"
      }
    }
  }

  package let folder: String
  private let process: pid_t

  package init(_ arguments: [String], in folder: String) throws {
    self.folder = folder
    let path = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
    // Nothing else runs in this process, so its own folder can be lent to the child.
    let own = FileManager.default.currentDirectoryPath
    guard FileManager.default.changeCurrentDirectoryPath(folder) else { throw POSIXError(.ENOENT) }
    defer { _ = FileManager.default.changeCurrentDirectoryPath(own) }
    let words = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child: pid_t = 0
    let code = posix_spawn(&child, path, nil, nil, words, environ)
    guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO) }
    process = child
  }

  /// How it ended; none while it runs. Not to be asked again afterwards.
  package func end() -> End? {
    var status: Int32 = 0
    guard waitpid(process, &status, WNOHANG) != 0 else { return nil }
    let signal = status & 0x7F
    // Its own alarm is its limit.
    if signal == SIGALRM { return .timeOut }
    return signal == 0 ? .exit(status >> 8 & 0xFF) : .signal(signal)
  }

  /// Waits for the end; a child that takes longer is killed.
  package func end(within seconds: Double) -> End {
    let start = ContinuousClock.now
    while ContinuousClock.now - start <= .seconds(seconds) {
      if let end = end() { return end }
      usleep(10_000)
    }
    kill(process, SIGKILL)
    var status: Int32 = 0
    waitpid(process, &status, 0)
    return .timeOut
  }
}
