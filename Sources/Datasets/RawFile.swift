import Foundation

/// Reads a regular file as it is on disk.
enum RawFile {
  /// The bytes of the file at `path`, of which there may be at most `limit`.
  ///
  /// Directories, pipes and devices are refused: reading them could fail late or never end.
  ///
  /// - Throws: `DatasetError.unreadable`, `DatasetError.tooLarge`.
  static func read(_ path: String, limit: Int) throws -> [UInt8] {
    let target = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: target.path) else {
      throw DatasetError.unreadable(path: path, reason: "no such file")
    }
    guard attributes[.type] as? FileAttributeType == .typeRegular else {
      throw DatasetError.unreadable(path: path, reason: "not a regular file")
    }
    let data: Data?
    do {
      let file = try FileHandle(forReadingFrom: target)
      defer { try? file.close() }
      data = try file.read(upToCount: limit == .max ? limit : limit + 1)
    } catch {
      throw DatasetError.unreadable(path: path, reason: error.localizedDescription)
    }
    guard let data else { return [] }
    guard data.count <= limit else { throw DatasetError.tooLarge(path: path, limit: limit) }
    return [UInt8](data)
  }
}
