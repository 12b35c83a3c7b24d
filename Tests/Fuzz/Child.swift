import Foundation

/// This program again, as another process. Spawned and awaited by the system's own calls, because a
/// stall of the waiting must not look like one of the reader.
struct Child {
  enum End: Equatable, CustomStringConvertible {
    case exit(Int32)
    case signal(Int32)
    case timeOut

    var description: String {
      switch self {
      case .exit(let code): "exit code \(code)"
      case .signal(let number): "signal \(number)"
      case .timeOut: "no end in time"
      }
    }
  }

  private let process: pid_t

  init(_ arguments: [String], in folder: String) throws {
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

  /// Waits for the end; a child that takes longer is killed.
  func end(within seconds: Double) -> End {
    let start = ContinuousClock.now
    var status: Int32 = 0
    while waitpid(process, &status, WNOHANG) == 0 {
      if ContinuousClock.now - start > .seconds(seconds) {
        kill(process, SIGKILL)
        waitpid(process, &status, 0)
        return .timeOut
      }
      usleep(10_000)
    }
    let signal = status & 0x7F
    return signal == 0 ? .exit(status >> 8 & 0xFF) : .signal(signal)
  }
}
