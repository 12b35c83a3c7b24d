import Foundation
import Subprocess
import Synchronization
import SystemPackage

/// Another process of this program, which stops after a checkpoint when this one is gone.
final class ChildProcess {
  /// The variable of the environment that names the parent.
  static let parentVariable = "LC_STOP_WITH_PARENT"

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

  /// What is known of the process, by the task that waits for it and by those who ask.
  private struct Life {
    var process: pid_t?
    var isToStop = false
    var result: Result<End, any Error>?

    /// Asks it to stop as soon as it is there.
    func signal() {
      if isToStop, result == nil, let process { kill(process, SIGTERM) }
    }
  }

  private final class Outcome: Sendable {
    let life = Mutex(Life())
  }

  private let outcome: Outcome

  /// - Parameters:
  ///   - outputs: where its standard output and standard error go; files begin anew.
  ///   - appends: whether standard error follows what is in its file.
  ///   - lock: of the folder that the process works in. It has it as its standard input, so that the folder
  ///     stays locked until it has stopped, even when this process is killed.
  /// - Throws: `Failure.cannotStart` when a file cannot be opened.
  init(
    _ arguments: [String], outputs: (standard: String, error: String), appends: Bool = false,
    locking lock: FolderLock? = nil
  ) throws {
    func opened(
      _ path: String, _ mode: FileDescriptor.AccessMode, _ options: FileDescriptor.OpenOptions
    ) throws -> FileDescriptor {
      do {
        return try FileDescriptor.open(
          FilePath(path), mode, options: options,
          permissions: [
            .ownerReadWrite, .groupReadWrite, .otherReadWrite,
          ])
      } catch {
        throw Failure.cannotStart("\(path): \(error)")
      }
    }
    let program = Bundle.main.executablePath ?? CommandLine.arguments[0]
    // The program that runs now, even when another one has been built in its place.
    let running = "/proc/self/exe"
    let path = FileManager.default.fileExists(atPath: running) ? running : program
    var options = PlatformOptions()
    // A group of its own: the terminal's interrupts are for this process, which passes them on.
    options.processGroupID = 0
    let input = try lock?.duplicate() ?? opened("/dev/null", .readOnly, [])
    let (output, error) = (
      try opened(outputs.standard, .writeOnly, [.create, .truncate]),
      try opened(outputs.error, .writeOnly, [.create, appends ? .append : .truncate])
    )
    let configuration = Configuration(
      executable: .path(FilePath(path)),
      arguments: Arguments(executablePathOverride: program, remainingValues: arguments),
      environment: .inherit.updating([.init(stringLiteral: Self.parentVariable): "\(getpid())"]),
      platformOptions: options)
    let outcome = Outcome()
    self.outcome = outcome
    // Threads of a higher priority would hand it on to the process.
    Task(priority: .medium) {
      let result: Result<End, any Error>
      do {
        let status = try await Subprocess.run(
          configuration, input: .fileDescriptor(input, closeAfterSpawningProcess: true),
          output: .fileDescriptor(output, closeAfterSpawningProcess: true),
          error: .fileDescriptor(error, closeAfterSpawningProcess: true)
        ) { execution in
          outcome.life.withLock {
            $0.process = execution.processIdentifier.value
            $0.signal()
          }
        }.terminationStatus
        switch status {
        case .exited(let code): result = .success(.exit(code))
        case .signaled(let signal): result = .success(.signal(signal))
        }
      } catch {
        result = .failure(Failure.cannotStart("\(program): \(error)"))
      }
      outcome.life.withLock { $0.result = result }
    }
  }

  /// How it has ended; none while it runs.
  ///
  /// - Throws: `Failure.cannotStart` when it never ran.
  func end() throws -> End? { try outcome.life.withLock { $0.result }?.get() }

  /// Whether it has ended, or never ran.
  var isOver: Bool { outcome.life.withLock { $0.result != nil } }

  /// Asks it to stop after a checkpoint.
  func stop() {
    outcome.life.withLock {
      $0.isToStop = true
      $0.signal()
    }
  }

  /// Whether the process that started this one is gone.
  static let parent = ProcessInfo.processInfo.environment[parentVariable].flatMap { pid_t($0) }
  static var isOrphan: Bool { parent.map { $0 != getppid() } ?? false }
}
