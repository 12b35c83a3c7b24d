import Foundation
import ModelFiles

/// A line of JSON for each step, as the run goes on; nothing where no file is named.
///
/// A resumed run writes the lines of its finished steps again, so the file never misses or repeats one.
final class StepLog<Step: Encodable> {
  private let file: FileHandle?
  private let path: String
  private let encoder = JSONEncoder()

  /// - Throws: `ModelFileError.cannotWrite`.
  init(_ path: String?, _ done: [Step]) throws {
    self.path = path ?? ""
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let path else {
      file = nil
      return
    }
    guard FileManager.default.createFile(atPath: path, contents: nil),
      let file = FileHandle(forWritingAtPath: path)
    else { throw ModelFileError.cannotWrite(path: path, reason: "it cannot be created") }
    self.file = file
    for step in done { try append(step) }
  }

  deinit { try? file?.close() }

  /// - Parameter save: is called before an error is thrown, so that the run can go on from there.
  /// - Throws: `ModelFileError.cannotWrite`.
  func append(_ step: Step, orSave save: () throws -> Void = {}) throws {
    guard let file else { return }
    do {
      try file.write(contentsOf: encoder.encode(step) + Data([10]))
    } catch {
      try? save()
      throw ModelFileError.cannotWrite(path: path, reason: systemReason(error))
    }
  }
}
