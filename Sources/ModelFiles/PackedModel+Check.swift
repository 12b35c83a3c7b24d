import Compression
import LinearAlgebra
import Synchronization

// What is written is read again before the file gets its name. A difference is a fault of this package,
// and better no file than a wrong one.

extension PackedModel {
  /// From this many weights on a view is decompressed alone; smaller ones on all threads at a time.
  private static let large = 1 << 21

  /// Compares a file with what was to be in it: each form with the θ that was packed, each plain tensor
  /// with what its source gave.
  ///
  /// - Parameters:
  ///   - checksums: of the written tensors.
  ///   - path: the file's name to be.
  /// - Throws: `ModelFileError.wrongCopy`; `.cannotWrite` when no reader would take the file.
  func check(
    _ file: SafetensorsFile, _ checksums: [ExactName: UInt32], metadata: [String: String],
    path: String
  ) throws {
    func wrong(_ problem: String) -> ModelFileError { .wrongCopy(path: path, problem: problem) }
    do {
      let read = try CompressedFile(file)
      do { try read.requireModest() } catch let ModelFileError.malformedModel(_, problem) {
        throw ModelFileError.cannotWrite(path: path, reason: problem)
      }
      guard file.metadata == metadata, read.order.map(ExactName.init) == order.map(ExactName.init),
        read.partCount == parts.count, read.plain.count == plain.count
      else { throw wrong("its description is another") }
      for tensor in plain {
        guard let entry = file[tensor.name], entry.dtype == tensor.dtype,
          entry.shape == tensor.shape,
          try file.checksum(of: entry) == checksums[ExactName(tensor.name)]
        else { throw wrong("tensor '\(tensor.name)' differs") }
      }
      try checkParts { index in
        let part = try read.part(index)
        let expected = parts[index]
        guard part.tensors == expected.tensors, part.form.digest == expected.digest
        else { throw wrong("'\(part.label)' decompresses to other weights") }
      }
    } catch let error as ModelFileError {
      switch error {
      case .wrongCopy, .cannotWrite: throw error
      default: throw wrong("\(error)")
      }
    }
  }

  private func checkParts(_ check: (Int) throws -> Void) throws {
    let failure = Mutex<(any Error)?>(nil)
    func run(_ index: Int) {
      guard failure.withLock({ $0 == nil }) else { return }
      do { try check(index) } catch { failure.withLock { $0 = $0 ?? error } }
    }
    let isLarge = parts.map { $0.form.count >= Self.large }
    for index in parts.indices where isLarge[index] { run(index) }
    let small = parts.indices.filter { !isLarge[$0] }
    parallelTasks(small.count) { run(small[$0]) }
    if let error = failure.withLock({ $0 }) { throw error }
  }
}
