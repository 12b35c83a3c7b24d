import CZlib

/// Decompresses raw deflated bytes of a file, piece by piece.
final class Inflater {
  /// At a fixed address, for zlib keeps a pointer to it.
  private let stream: UnsafeMutablePointer<z_stream>
  private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
  private var input: InputFile.Cursor
  private var remainingInput: Int
  private var hasEnded = false

  /// Decompresses `byteCount` bytes from the cursor on.
  init(_ input: InputFile.Cursor, byteCount: Int) throws {
    self.input = input
    remainingInput = byteCount
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let size = Int32(MemoryLayout<z_stream>.size)
    // Negative: no zlib header around the deflated data.
    guard inflateInit2_(stream, -MAX_WBITS, ZLIB_VERSION, size) == Z_OK else {
      throw ModelFileError.cannotRead(path: input.file.path, reason: "zlib cannot be started")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
    scratch.deallocate()
  }

  /// Whether the deflated data has ended, and just where its bytes do.
  var isComplete: Bool { hasEnded && remainingInput == 0 && stream.pointee.avail_in == 0 }

  /// Fills the buffer with the next bytes; returns how many there were, or nothing when the data is
  /// damaged.
  func inflate(into buffer: UnsafeMutableRawBufferPointer) throws -> Int? {
    var done = 0
    while done < buffer.count && !hasEnded {
      if stream.pointee.avail_in == 0 && remainingInput > 0 { try refill() }
      // In bounds: zlib writes no more than `avail_out` bytes, the rest of the buffer at most.
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...].prefix(1 << 30))
      stream.pointee.next_out = rest.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(rest.count)
      let inputBefore = stream.pointee.avail_in
      let result = CZlib.inflate(stream, Z_NO_FLUSH)
      let written = rest.count - Int(stream.pointee.avail_out)
      done += written
      hasEnded = result == Z_STREAM_END
      let moves = written > 0 || stream.pointee.avail_in < inputBefore
      guard hasEnded || (result == Z_OK && moves) else { return nil }
    }
    return done
  }

  private func refill() throws {
    let part = UnsafeMutableRawBufferPointer(
      rebasing: scratch[..<min(scratch.count, remainingInput)])
    try input.read(into: part)
    remainingInput -= part.count
    stream.pointee.next_in = part.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = UInt32(part.count)
  }
}
