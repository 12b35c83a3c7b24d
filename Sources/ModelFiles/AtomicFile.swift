import Foundation

/// Replaces files so that a reader sees the old file or the new one, never a part.
package enum AtomicFile {
  /// Writes a new file and, once it is safely on the disk, puts it in the place of the old one.
  ///
  /// The bytes go to a temporary file in the same folder, which is flushed to the disk and renamed
  /// over `path`. When `body` or anything else fails, the temporary file is removed and what stood
  /// at `path` stays as it was. A symbolic link is followed; the permissions of an existing file
  /// are kept.
  ///
  /// Only if the very last step fails, flushing the folder's entry after the rename, is an error
  /// thrown although the new file is in its place.
  ///
  /// - Parameter check: is given the path of the temporary file when all is in it; where it throws,
  ///   there is no new file.
  /// - Throws: `ModelFileError.cannotWrite`, or what `body` or `check` throws.
  package static func write(
    to path: String, check: (String) throws -> Void = { _ in },
    _ body: (inout Writer) throws -> Void
  ) throws {
    let target = try Target(path: path)
    let (descriptor, temporary) = try target.createTemporary()
    var writer = Writer(path: path, descriptor: descriptor)
    do {
      try body(&writer)
      try writer.flush()
      try check(temporary)
      if let permissions = target.permissions {
        // Failure is harmless: the file then has the permissions of a new one.
        _ = fchmod(descriptor, permissions)
      }
      try Self.check(fsync(descriptor), path: path)
      try Self.check(rename(temporary, target.path), path: path)
    } catch {
      unlink(temporary)
      throw error
    }
    try target.flushFolder()
  }

  /// Writes a new file with those bytes.
  ///
  /// - Throws: `ModelFileError.cannotWrite`.
  package static func write(_ bytes: some ContiguousBytes, to path: String) throws {
    try write(to: path) { try $0.append(bytes) }
  }

  /// Finds out whether `write` can make a file there, without touching what stands there: to be asked
  /// before hours are spent on what is to be written.
  ///
  /// - Throws: `ModelFileError.cannotWrite`.
  package static func checkWritable(_ path: String) throws {
    let (descriptor, temporary) = try Target(path: path).createTemporary()
    close(descriptor)
    unlink(temporary)
  }

  fileprivate static let (prefix, suffix) = (".lc-", ".tmp")

  /// Removes what killed processes have left of files that they were writing into the folder; for whoever
  /// knows that nobody writes there now.
  package static func removeLeftovers(in folder: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasPrefix(prefix) && name.hasSuffix(suffix) {
      unlink("\(folder)/\(name)")
    }
  }

  fileprivate static func check(_ result: Int32, path: String) throws {
    if result != 0 { throw ModelFileError.cannotWrite(path: path, reason: reason(of: errno)) }
  }
}

/// The system's words for an error number.
func reason(of code: Int32) -> String {
  strerror(code).map { String(cString: $0) } ?? "error \(code)"
}

extension AtomicFile {
  /// The file that is to be replaced.
  private struct Target {
    /// The path as the caller gave it, for messages.
    let givenPath: String
    /// The path with symbolic links resolved.
    let path: String
    let folder: String
    /// The mode bits of the file that stands there now.
    let permissions: mode_t?

    init(path givenPath: String) throws {
      guard !givenPath.isEmpty, !givenPath.utf8.contains(0), !givenPath.hasSuffix("/") else {
        throw ModelFileError.cannotWrite(path: givenPath, reason: "this is not the path of a file")
      }
      var resolved = givenPath
      var status = stat()
      if stat(givenPath, &status) == 0 {
        // Renaming over a folder fails late; over a device like /dev/null it would succeed.
        guard status.st_mode & S_IFMT == S_IFREG else {
          throw ModelFileError.cannotWrite(path: givenPath, reason: "this is not a regular file")
        }
        permissions = status.st_mode & 0o7777
        if let real = realpath(givenPath, nil) {
          resolved = String(cString: real)
          free(real)
        }
      } else {
        permissions = nil
        resolved = Self.end(ofLinksFrom: givenPath)
      }
      self.givenPath = givenPath
      path = resolved
      folder = resolved.lastIndex(of: "/").map { String(resolved[...$0]) } ?? "./"
    }

    /// Where a chain of links leads, though nothing is there yet.
    private static func end(ofLinksFrom path: String) -> String {
      var path = path
      for _ in 0..<40 {
        guard let next = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else {
          break
        }
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
        path = next.hasPrefix("/") ? next : folder + next
      }
      return path
    }

    /// Makes an empty file of an unused name in the target's folder and opens it.
    func createTemporary() throws -> (descriptor: Int32, path: String) {
      while true {
        let tag = String(UInt64.random(in: .min ... .max), radix: 36)
        let temporary = "\(folder)\(AtomicFile.prefix)\(tag)\(AtomicFile.suffix)"
        let descriptor = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        if descriptor >= 0 { return (descriptor, temporary) }
        guard errno == EEXIST || errno == EINTR else {
          throw ModelFileError.cannotWrite(path: givenPath, reason: reason(of: errno))
        }
      }
    }

    /// Makes the rename itself durable.
    func flushFolder() throws {
      // A folder that may be written but not read, and file systems that cannot flush a folder,
      // leave the moment of the rename to the system; the file is whole either way.
      let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard descriptor >= 0 else { return }
      defer { close(descriptor) }
      if fsync(descriptor) != 0, errno != EINVAL, errno != ENOTSUP, errno != ENOSYS {
        throw ModelFileError.cannotWrite(path: givenPath, reason: reason(of: errno))
      }
    }
  }
}
