import Foundation

/// This program again, as another process, in a folder of its own.
struct Child {
  let folder: URL
  private let process: pid_t

  init(_ arguments: [String], in folder: URL) throws {
    self.folder = folder
    let path = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
    let own = FileManager.default.currentDirectoryPath
    guard FileManager.default.changeCurrentDirectoryPath(folder.path) else {
      throw POSIXError(.ENOENT)
    }
    defer { _ = FileManager.default.changeCurrentDirectoryPath(own) }
    let words = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child: pid_t = 0
    let code = posix_spawn(&child, path, nil, nil, words, environ)
    guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO) }
    process = child
  }

  /// How it ended, in words; nothing while it runs, and an empty text after a good end.
  func end() -> String? {
    var status: Int32 = 0
    guard waitpid(process, &status, WNOHANG) != 0 else { return nil }
    let signal = status & 0x7F
    if signal == SIGALRM { return "no end in \(Worker.longest) s" }
    if signal != 0 { return "killed by signal \(signal)" }
    let code = status >> 8 & 0xFF
    return code == 0 ? "" : "exit code \(code)"
  }
}
