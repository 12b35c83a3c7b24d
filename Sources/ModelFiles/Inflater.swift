import Deflate

/// Decompresses raw deflated bytes of a file, piece by piece.
final class Inflater {
  private let inflation: Inflation
  private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
  /// What has been read and not yet inflated, in `scratch`.
  private var pending = 0..<0
  private var input: InputFile.Cursor
  private var remainingInput: Int
  private var hasEnded = false

  /// Decompresses `byteCount` bytes from the cursor on.
  init(_ input: InputFile.Cursor, byteCount: Int) throws {
    self.input = input
    remainingInput = byteCount
    guard let inflation = Inflation(.raw) else {
      throw ModelFileError.cannotRead(path: input.file.path, reason: "zlib cannot be started")
    }
    self.inflation = inflation
  }

  deinit { scratch.deallocate() }

  /// Whether the deflated data has ended, and just where its bytes do.
  var isComplete: Bool { hasEnded && remainingInput == 0 && pending.isEmpty }

  /// Fills the buffer with the next bytes; returns how many there were, or nothing when the data is
  /// damaged.
  func inflate(into buffer: UnsafeMutableRawBufferPointer) throws -> Int? {
    var done = 0
    while done < buffer.count && !hasEnded {
      if pending.isEmpty && remainingInput > 0 { try refill() }
      let (consumed, produced, state) = inflation.step(
        UnsafeRawBufferPointer(rebasing: scratch[pending]),
        into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
      done += produced
      pending = pending.dropFirst(consumed)
      hasEnded = state == .ended
      guard hasEnded || state == .goesOn && consumed + produced > 0 else { return nil }
    }
    return done
  }

  private func refill() throws {
    let count = min(scratch.count, remainingInput)
    try input.read(into: UnsafeMutableRawBufferPointer(rebasing: scratch[..<count]))
    remainingInput -= count
    pending = 0..<count
  }
}
