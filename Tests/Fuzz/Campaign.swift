import Foundation
import TestChild

/// Runs workers one after the other; one that dies is a failure, and the next goes on behind the
/// input that killed it.
struct Campaign {
  /// Set by the caller when the program is built with the address sanitizer, which needs more time
  /// and address space.
  static var isSanitized: Bool { ProcessInfo.processInfo.environment["FUZZ_SANITIZED"] != nil }

  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("lc-fuzz-\(UUID().uuidString)")
  private let failures = URL(fileURLWithPath: "fuzz-failures")

  /// Whether all inputs were survived.
  func run(first: Int, count: Int) throws -> Bool {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var next = first
    let last = first + count
    var failed = 0
    while next < last, failed < 20 {
      let part = min(5_000, last - next)
      // A backtrace takes longer than the input; `fuzz --worker NUMBER 1` gives it.
      setenv("SWIFT_BACKTRACE", "enable=no", 1)
      let end = try Child(["--worker", "\(next)", "\(part)"], in: folder.path).end(within: 600)
      if end == .exit(0) {
        next += part
        continue
      }
      failed += 1
      let number =
        (try? String(contentsOf: folder.appendingPathComponent(Worker.note), encoding: .utf8))
        .flatMap { Int($0) } ?? next
      print("input \(number): the worker ended with \(end)")
      try keep(number)
      next = number + 1
    }
    print("fuzz: \(next - first) inputs, \(failed) failures")
    return failed == 0
  }

  private func keep(_ number: Int) throws {
    try FileManager.default.createDirectory(at: failures, withIntermediateDirectories: true)
    for name in Worker.inputs {
      let source = folder.appendingPathComponent(name)
      guard FileManager.default.fileExists(atPath: source.path) else { continue }
      let target = failures.appendingPathComponent("\(number)-\(name)")
      try? FileManager.default.removeItem(at: target)
      try FileManager.default.copyItem(at: source, to: target)
    }
    print("  kept in \(failures.path)/\(number)-*")
  }
}
