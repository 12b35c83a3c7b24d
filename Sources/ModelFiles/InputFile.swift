import Foundation

/// A regular file that is open for reading anywhere in it.
///
/// Positioned reads rather than a memory mapping: they copy once as well, straight into the array
/// that is returned, and a file that shrinks or a disk that fails while it is read gives an error,
/// where a mapping would kill the process. `withMapping` is there for those who know their files.
final class InputFile: Sendable {
  let path: String
  /// The size in bytes when the file was opened.
  let byteCount: Int
  private let descriptor: Int32

  /// - Throws: `ModelFileError.notFound` or `.cannotRead`.
  init(path: String) throws {
    guard !path.utf8.contains(0) else { throw ModelFileError.notFound(path: path) }
    // Without O_NONBLOCK, opening a pipe would wait for somebody to write to it.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let code = errno
      throw code == ENOENT || code == ENOTDIR
        ? ModelFileError.notFound(path: path)
        : ModelFileError.cannotRead(path: path, reason: reason(of: code))
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw ModelFileError.cannotRead(path: path, reason: "this is not a regular file")
    }
    self.path = path
    self.descriptor = descriptor
    byteCount = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// The size in bytes now.
  func currentByteCount() throws -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw ModelFileError.cannotRead(path: path, reason: reason(of: errno))
    }
    return Int(status.st_size)
  }

  /// Maps a part of the file for reading; the caller unmaps it.
  func map(from offset: Int, count: Int) -> UnsafeMutableRawPointer? {
    mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, off_t(offset))
  }

  /// Fills `buffer` with the bytes from `offset` on.
  ///
  /// - Throws: `ModelFileError.truncated` when the file ends before, `.cannotRead`.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    guard offset >= 0, offset <= byteCount, buffer.count <= byteCount - offset else {
      throw ModelFileError.truncated(
        path: path, offset: offset, expected: buffer.count, found: max(0, byteCount - offset))
    }
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if count > 0 {
        done += count
      } else if count == 0 {
        throw ModelFileError.truncated(
          path: path, offset: offset, expected: buffer.count, found: done)
      } else if errno != EINTR {
        throw ModelFileError.cannotRead(path: path, reason: reason(of: errno))
      }
    }
  }

  /// The `count` bytes from `offset` on.
  ///
  /// - Throws: as `read(into:at:)`; nothing is allocated for bytes that the file does not have.
  func bytes(at offset: Int, count: Int) throws -> [UInt8] {
    guard offset >= 0, count >= 0, offset <= byteCount, count <= byteCount - offset else {
      throw ModelFileError.truncated(
        path: path, offset: offset, expected: count, found: max(0, byteCount - offset))
    }
    return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      try read(into: .init(UnsafeMutableBufferPointer(rebasing: buffer[..<count])), at: offset)
      initialized = count
    }
  }
}

/// Bytes that are read once, from front to back.
protocol ByteSource {
  /// Fills the buffer with the next bytes, or throws when there are fewer.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws
}

extension InputFile {
  /// A place in the file that moves on with every read.
  struct Cursor: ByteSource {
    let file: InputFile
    var offset: Int

    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws {
      try file.read(into: buffer, at: offset)
      offset += buffer.count
    }
  }
}
