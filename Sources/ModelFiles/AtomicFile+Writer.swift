import Foundation

extension AtomicFile {
  /// Appends to the file that `AtomicFile.write` is making.
  ///
  /// Small pieces are gathered in a buffer; large ones go straight to the file, uncopied.
  package struct Writer: ~Copyable {
    private static let bufferSize = 1 << 16

    /// The path of the file that is to be replaced, for messages.
    package let path: String
    /// The number of bytes that were appended so far.
    package private(set) var count = 0
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    /// Takes over the descriptor and closes it at the end.
    init(path: String, descriptor: Int32) {
      self.path = path
      self.descriptor = descriptor
      buffer.reserveCapacity(Self.bufferSize)
    }

    deinit { close(descriptor) }

    /// Appends the bytes; they are not needed any more when this returns.
    ///
    /// - Throws: `ModelFileError.cannotWrite`.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
      if buffer.count + bytes.count > Self.bufferSize { try flush() }
      if bytes.count > Self.bufferSize {
        try write(bytes)
      } else {
        buffer.append(contentsOf: bytes)
      }
      count += bytes.count
    }

    /// Appends the bytes.
    ///
    /// - Throws: `ModelFileError.cannotWrite`.
    package mutating func append(_ bytes: some ContiguousBytes) throws {
      try bytes.withUnsafeBytes { try append($0) }
    }

    /// Replaces bytes that were appended before.
    ///
    /// - Precondition: `offset + bytes.count <= count`.
    mutating func replace(at offset: Int, with bytes: [UInt8]) throws {
      precondition(offset >= 0 && bytes.count <= count && offset <= count - bytes.count)
      try flush()
      try bytes.withUnsafeBytes { bytes in
        var done = 0
        while done < bytes.count {
          let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
          done += try advance(
            pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done)))
        }
      }
    }

    /// Hands the gathered bytes to the system.
    mutating func flush() throws {
      try buffer.withUnsafeBytes { try write($0) }
      buffer.removeAll(keepingCapacity: true)
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws {
      var done = 0
      while done < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
        done += try advance(Foundation.write(descriptor, rest.baseAddress, rest.count))
      }
    }

    /// The number of bytes that a call of `write` has taken; 0 when it is to be repeated.
    private func advance(_ written: Int) throws -> Int {
      if written > 0 { return written }
      let code = errno
      if written < 0, code == EINTR { return 0 }
      // A write of more than nothing that takes nothing would go on for ever.
      throw ModelFileError.cannotWrite(
        path: path, reason: written < 0 ? reason(of: code) : "the system takes no more bytes")
    }
  }
}
