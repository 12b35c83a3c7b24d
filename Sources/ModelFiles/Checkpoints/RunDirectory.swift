import Foundation

/// The folder of one run: its last two checkpoints, and a lock that keeps a second process out.
///
/// The lock goes with the process, however that ends.
public final class RunDirectory {
  /// Where the folder is, as it was given.
  public let path: String
  private let lock: Int32
  /// The numbers of the checkpoints that are there, ascending.
  private var numbers: [Int]
  /// The greatest number that any checkpoint, even a damaged one, has had.
  private var newest: Int

  private static let prefix = "checkpoint-"
  private static let suffix = ".safetensors"

  /// Makes the folder for a new run.
  ///
  /// - Throws: `ModelFileError.cannotWrite` when it cannot be made or written to or holds a run
  ///   already, `.locked`.
  public convenience init(creating path: String) throws {
    if !FileManager.default.fileExists(atPath: path) {
      do {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      } catch {
        throw ModelFileError.cannotWrite(path: path, reason: "the folder cannot be made")
      }
    }
    try self.init(locking: path)
    guard numbers.isEmpty else {
      throw ModelFileError.cannotWrite(
        path: path, reason: "it holds the checkpoints of a run; resume it or take another folder")
    }
  }

  /// Opens the folder of a run that is to go on.
  ///
  /// - Throws: `ModelFileError.notFound`, `.cannotWrite`, `.locked`.
  public convenience init(opening path: String) throws {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory),
      isDirectory.boolValue
    else { throw ModelFileError.notFound(path: path) }
    try self.init(locking: path)
  }

  private init(locking path: String) throws {
    let lockPath = path + "/lock"
    let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw ModelFileError.cannotWrite(path: lockPath, reason: reason(of: errno))
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(descriptor)
      throw code == EWOULDBLOCK
        ? ModelFileError.locked(path: path)
        : ModelFileError.cannotWrite(path: lockPath, reason: reason(of: code))
    }
    self.path = path
    lock = descriptor
    numbers = []
    newest = 0
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      throw ModelFileError.cannotRead(path: path, reason: "its files cannot be listed")
    }
    numbers = names.compactMap(Self.number(of:)).sorted()
    newest = numbers.last ?? 0
    // Nobody else writes while the lock is held.
    AtomicFile.removeLeftovers(in: path)
  }

  deinit { close(lock) }

  /// The newest checkpoint that is whole; none when there is no checkpoint at all.
  ///
  /// - Parameter skipped: is told of each damaged one before it, with what is wrong.
  /// - Throws: the error of the newest, when all are damaged.
  public func load(skipped: (any Error) -> Void = { _ in }) throws -> Checkpoint? {
    var errors: [any Error] = []
    while let number = numbers.last {
      do {
        let checkpoint = try Checkpoint(path: file(number))
        for error in errors { skipped(error) }
        return checkpoint
      } catch {
        errors.append(error)
        numbers.removeLast()
      }
    }
    if let first = errors.first { throw first }
    return nil
  }

  /// Writes a checkpoint; the one before is kept, older and damaged ones are removed.
  ///
  /// - Throws: `ModelFileError.cannotWrite`; the checkpoints that were there are then as they were.
  public func save(_ checkpoint: Checkpoint) throws {
    let (number, overflow) = newest.addingReportingOverflow(1)
    guard !overflow else {
      throw ModelFileError.cannotWrite(path: path, reason: "no number is left for a checkpoint")
    }
    try checkpoint.write(to: file(number))
    newest = number
    numbers = numbers.suffix(1) + [number]
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
      if let found = Self.number(of: name), !numbers.contains(found) { unlink("\(path)/\(name)") }
    }
  }

  private func file(_ number: Int) -> String {
    let digits = String(number)
    let zeros = String(repeating: "0", count: max(0, 6 - digits.count))
    return "\(path)/\(Self.prefix)\(zeros)\(digits)\(Self.suffix)"
  }

  private static func number(of name: String) -> Int? {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
    let digits = name.dropFirst(prefix.count).dropLast(suffix.count)
    guard digits.count >= 6, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    return Int(digits)
  }
}
