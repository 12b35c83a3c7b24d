import Foundation

/// Runs the built `lc` as a user would.
struct Program {
  struct Outcome {
    let code: Int32
    let output: String
    let errors: String
  }

  /// The program lies beside the test bundle.
  static let path = URL(fileURLWithPath: CommandLine.arguments[0])
    .deletingLastPathComponent().appendingPathComponent("lc").path

  static func run(_ arguments: String...) throws -> Outcome { try run(arguments) }

  /// - Parameter environment: what is added to this process's own.
  static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
    try run(path, arguments, environment)
  }

  /// A shell's script, in which `"$0"` is the program.
  static func shell(_ script: String, _ arguments: String...) throws -> Outcome {
    try run("/bin/sh", ["-c", script, path] + arguments)
  }

  private static func run(
    _ program: String, _ arguments: [String], _ environment: [String: String] = [:]
  ) throws -> Outcome {
    let process = Process()
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    // Files instead of pipes: nothing can fill up and block.
    let folder = FileManager.default.temporaryDirectory
    let files = (0..<2).map { _ in folder.appendingPathComponent(UUID().uuidString) }
    defer { for file in files { try? FileManager.default.removeItem(at: file) } }
    for file in files { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
    let handles = try files.map { try FileHandle(forWritingTo: $0) }
    process.standardOutput = handles[0]
    process.standardError = handles[1]
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    let texts = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
    return Outcome(
      code: process.terminationReason == .exit ? process.terminationStatus : -1, output: texts[0],
      errors: texts[1])
  }
}
