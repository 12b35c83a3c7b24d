import CZlib

/// Inflates deflated bytes piece by piece: all that is asked of zlib while reading.
package final class Inflation {
  /// What stands around the deflated bytes.
  package enum Wrapping {
    case raw, gzip

    fileprivate var windowBits: Int32 {
      switch self {
      case .raw: -MAX_WBITS
      case .gzip: MAX_WBITS + 16
      }
    }
  }

  package enum State: Equatable {
    case goesOn, ended
    case damaged(reason: String)
  }

  /// At a fixed address, for zlib's own state points back to it.
  private let stream: UnsafeMutablePointer<z_stream>

  /// None when zlib finds no memory.
  package init?(_ wrapping: Wrapping) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let size = Int32(MemoryLayout<z_stream>.size)
    // `deinit` runs also where this fails, and ends what was not begun without harm.
    guard inflateInit2_(stream, wrapping.windowBits, ZLIB_VERSION, size) == Z_OK else { return nil }
  }

  deinit {
    inflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  /// Begins anew with another member.
  package func reset() -> State { state(inflateReset(stream)) }

  /// Inflates some of the input, as far as the output has room.
  ///
  /// - Returns: how many bytes were read and written; at most 4 GiB each.
  package func step(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> (consumed: Int, produced: Int, state: State) {
    // zlib never writes through `next_in`.
    let source = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    let (available, room) = (UInt32(clamping: input.count), UInt32(clamping: output.count))
    stream.pointee.next_in = UnsafeMutablePointer(mutating: source)
    stream.pointee.avail_in = available
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = room
    let status = inflate(stream, Z_NO_FLUSH)
    return (
      Int(available - stream.pointee.avail_in), Int(room - stream.pointee.avail_out), state(status)
    )
  }

  private func state(_ status: Int32) -> State {
    switch status {
    case Z_OK, Z_BUF_ERROR: .goesOn
    case Z_STREAM_END: .ended
    default:
      .damaged(
        reason: stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)")
    }
  }
}
