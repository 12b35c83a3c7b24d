@preconcurrency import Foundation
import ModelFiles

/// Where progress, notes and errors go.
enum StandardError {
  /// What cannot be written is lost: a run does not end because its messages have no place.
  static func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}

/// Says something on standard error.
func warn(_ message: String) { StandardError.write("lc: \(message)\n") }

/// Where results are printed.
enum StandardOutput {
  /// Hands on what was printed; a pipe that nobody reads any more ends the program without a word, as
  /// it does other tools.
  ///
  /// - Throws: `ModelFileError.cannotWrite`.
  static func finish() throws {
    let code = fflush(stdout) == 0 ? 0 : errno
    guard code != 0 || ferror(stdout) != 0 else { return }
    var end = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
    if poll(&end, 1, 0) > 0, Int32(end.revents) & POLLERR != 0 {
      signal(SIGPIPE, SIG_DFL)
      raise(SIGPIPE)
    }
    throw ModelFileError.cannotWrite(
      path: "standard output",
      reason: code == 0 ? "not all of it was taken" : String(cString: strerror(code)))
  }
}

/// What the system says of a file that could not be read or written.
func systemReason(_ error: any Error) -> String {
  var found = error as NSError
  while let cause = found.userInfo[NSUnderlyingErrorKey] as? NSError { found = cause }
  return found.domain == NSPOSIXErrorDomain
    ? String(cString: strerror(Int32(found.code))) : error.localizedDescription
}
