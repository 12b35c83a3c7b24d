import Foundation

/// Another process of this program, which stops after a checkpoint when this one is gone.
final class ChildProcess {
  /// The variable of the environment that names the parent.
  static let parentVariable = "LC_STOP_WITH_PARENT"

  private let process: pid_t

  /// How a process ended.
  enum End: Equatable, CustomStringConvertible {
    case exit(Int32)
    case signal(Int32)

    /// The exit code of whoever cannot go on for it: that of the process, where it says what stood in the way.
    var code: Int32 {
      if case .exit(let code) = self, (64...78).contains(code) { code } else { 71 }
    }

    var description: String {
      switch self {
      case .exit(let code): "exit code \(code)"
      case .signal(let signal): "signal \(signal) (\(String(cString: strsignal(signal))))"
      }
    }
  }

  /// - Parameters:
  ///   - outputs: where its standard output and standard error go; both files begin anew.
  ///   - appends: whether standard error follows what is in its file.
  /// - Throws: `Failure.usage` when it cannot be started.
  init(
    _ arguments: [String], outputs: (standard: String, error: String), appends: Bool = false
  ) throws {
    let program = Bundle.main.executablePath ?? CommandLine.arguments[0]
    // The program that runs now, even when another one has been built in its place.
    let running = "/proc/self/exe"
    let path = FileManager.default.fileExists(atPath: running) ? running : program
    var words = ([program] + arguments).map { strdup($0) }
    defer { for word in words { free(word) } }
    words.append(nil)
    var environment = ProcessInfo.processInfo.environment
    environment[Self.parentVariable] = "\(getpid())"
    var variables = environment.map { strdup("\($0)=\($1)") }
    defer { for variable in variables { free(variable) } }
    variables.append(nil)

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let mode = O_WRONLY | O_CREAT
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, outputs.standard, mode | O_TRUNC, 0o666)
    posix_spawn_file_actions_addopen(
      &actions, 2, outputs.error, mode | (appends ? O_APPEND : O_TRUNC), 0o666)
    // A group of its own: the terminal's interrupts are for this process, which passes them on.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    var child: pid_t = 0
    let code = posix_spawn(&child, path, &actions, &attributes, words, variables)
    guard code == 0 else {
      throw Failure.cannotStart("\(program): \(String(cString: strerror(code)))")
    }
    process = child
  }

  /// How it has ended; none while it runs. Not to be asked again afterwards.
  func end() -> End? {
    var status: Int32 = 0
    guard waitpid(process, &status, WNOHANG) == process else { return nil }
    let signal = status & 0x7F
    return signal == 0 ? .exit((status >> 8) & 0xFF) : .signal(signal)
  }

  /// Asks it to stop after a checkpoint.
  func stop() { kill(process, SIGTERM) }

  /// Whether the process that started this one is gone.
  static let parent = ProcessInfo.processInfo.environment[parentVariable].flatMap { pid_t($0) }
  static var isOrphan: Bool { parent.map { $0 != getppid() } ?? false }
}
