/// The bytes of a file that is read as a whole.
///
/// - Parameter limit: in bytes.
/// - Throws: `ModelFileError.notFound` or `.cannotRead`, also for a larger file.
package func contents(ofSmallFile path: String, limit: Int) throws -> [UInt8] {
  let file = try InputFile(path: path)
  guard file.byteCount <= limit else {
    throw ModelFileError.cannotRead(
      path: path, reason: "at most \(limit) bytes were expected, found \(file.byteCount)")
  }
  var bytes = [UInt8](repeating: 0, count: file.byteCount)
  try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
  return bytes
}
