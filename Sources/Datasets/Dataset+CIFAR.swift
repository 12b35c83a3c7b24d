import Foundation

extension CIFAR {
  /// Which of the two a folder of files, or an archive's list, is; none when it is neither.
  static func kind(_ names: Set<String>) -> CIFAR? {
    [CIFAR.ten, .hundred].first { names.contains($0.testFile) }
  }
}

extension Dataset {
  /// The binary files of CIFAR-10 or CIFAR-100 in a folder, each plain or gzipped; none when there are
  /// no such files.
  ///
  /// - Parameter room: what all files together may inflate to.
  static func cifar(folder: String, name: String, limit: Int?, room: Int = CIFAR.limit) throws
    -> Dataset?
  {
    let names = Set((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    let plain = Set(names.map { $0.hasSuffix(".gz") ? String($0.dropLast(3)) : $0 })
    guard let kind = CIFAR.kind(plain) else { return nil }
    var room = room
    return try cifar(kind, name: name, limit: limit) { file in
      guard let found = [file, "\(file).gz"].first(where: names.contains) else {
        throw DatasetError.fileNotFound(directory: folder, tried: [file, "\(file).gz"])
      }
      let path = "\(folder)/\(found)"
      let contents = try Gzip.contents(ofFile: path, limit: room)
      room -= contents.count
      return (path, contents)
    }
  }

  /// CIFAR's archive, `.tar` or `.tar.gz`, as it is distributed.
  static func cifar(archive path: String, name: String, limit: Int?) throws -> Dataset {
    let archive = try Gzip.contents(ofFile: path, limit: CIFAR.limit)
    let entries = try Tar.entries(of: archive, path: path)
    guard let kind = CIFAR.kind(Set(entries.map(\.name))) else {
      throw DatasetError.fileNotFound(
        directory: path, tried: [CIFAR.ten.testFile, CIFAR.hundred.testFile])
    }
    return try cifar(kind, name: name, limit: limit) { file in
      guard let entry = entries.first(where: { $0.name == file }) else {
        throw DatasetError.fileNotFound(directory: path, tried: [file])
      }
      return ("\(path): \(file)", Array(archive[entry.contents]))
    }
  }

  private static func cifar(
    _ kind: CIFAR, name: String, limit: Int?, read: (String) throws -> (String, [UInt8])
  ) throws -> Dataset {
    var training = try kind.images(kind.trainingFiles.map(read))
    if let limit { training = try training.first(limit) }
    let test = try kind.images([read(kind.testFile)])
    return try Dataset(name: name, classes: kind.classes, training: training, test: test)
  }
}
