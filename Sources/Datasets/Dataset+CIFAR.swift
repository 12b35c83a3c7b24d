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
    guard let (kind, path) = kind(ofFolder: folder) else { return nil }
    var room = room
    return try cifar(kind, name: name, limit: limit) { file in
      guard let path = path(file) else {
        throw DatasetError.fileNotFound(directory: folder, tried: [file, "\(file).gz"])
      }
      let contents = try Gzip.contents(ofFile: path, limit: room)
      room -= contents.count
      return (path, contents)
    }
  }

  /// What `cifar(folder:)` reads, as far as it is there; none when there are no such files.
  static func cifarFiles(in folder: String) -> [String]? {
    kind(ofFolder: folder).map { ($0.trainingFiles + [$0.testFile]).compactMap($1) }
  }

  /// Which of the two a folder holds, and where each file of it is, plain or gzipped.
  private static func kind(ofFolder folder: String) -> (kind: CIFAR, path: (String) -> String?)? {
    let names = Set((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    let plain = Set(names.map { $0.hasSuffix(".gz") ? String($0.dropLast(3)) : $0 })
    return CIFAR.kind(plain).map { kind in
      (
        kind,
        { file in
          [file, "\(file).gz"].first(where: names.contains).map { "\(folder)/\($0)" }
        }
      )
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
