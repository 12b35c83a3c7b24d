import Foundation
import LinearAlgebra

extension Dataset {
  /// Loads a set by name (`fashion-mnist`, `mnist`, `cifar10`, `cifar100`), from the path of a
  /// directory, from CIFAR's archive (`.tar.gz`), or from a file of arrays (`.npz`).
  ///
  /// The directory holds four IDX files: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
  /// `t10k-images-idx3-ubyte`, `t10k-labels-idx1-ubyte`; each may end in `.gz`, and may have a dot
  /// in place of the hyphen before `idx`; or the binary files of CIFAR-10 or CIFAR-100
  /// (`data_batch_1.bin` … `test_batch.bin`, `train.bin`, `test.bin`). A known name is looked for in
  /// `directories`; write `./mnist` for a folder of that name. For the arrays see `ImageArrays`.
  ///
  /// - Parameters:
  ///   - classes: the number of classes of IDX files; a label that is not below it is an error.
  ///   - limit: take only the first so many training images; the mean image is theirs.
  /// - Throws: `DatasetError`; `ModelFileError` for a damaged npz file.
  public static func load(
    _ name: String, classes: Int = 10, limit: Int? = nil,
    in directories: DataDirectories = .standard
  ) throws -> Dataset {
    if isArchive(name) {
      return try cifar(
        archive: name, name: URL(fileURLWithPath: name).lastPathComponent, limit: limit)
    }
    if name.hasSuffix(".npz") {
      return try npz(
        name, name: URL(fileURLWithPath: name).lastPathComponent, limit: limit)
    }
    let folder = try folder(of: name, in: directories)
    let title = KnownSet(rawValue: name)?.rawValue ?? URL(fileURLWithPath: name).lastPathComponent
    if let set = try cifar(folder: folder, name: title, limit: limit) { return set }
    var training = try images("train", in: folder, classes: classes)
    if let limit { training = try training.first(limit) }
    let test = try images("t10k", in: folder, classes: classes)
    return try Dataset(
      name: title, classes: classes, training: training, test: test)
  }

  /// The files that `load` reads, as far as they are there.
  public static func files(
    of name: String, in directories: DataDirectories = .standard
  ) -> [String] {
    if isArchive(name) || name.hasSuffix(".npz") { return [name] }
    guard let folder = try? folder(of: name, in: directories) else { return [] }
    return cifarFiles(in: folder)
      ?? ["train", "t10k"].flatMap { part in
        [("images", "idx3-ubyte"), ("labels", "idx1-ubyte")].compactMap {
          try? file("\(part)-\($0)", $1, in: folder)
        }
      }
  }

  private static func isArchive(_ name: String) -> Bool {
    [".tar.gz", ".tgz", ".tar"].contains(where: name.hasSuffix)
  }

  private static func folder(of name: String, in directories: DataDirectories) throws -> String {
    let known = KnownSet(rawValue: name)
    let places = known == nil ? [name] : directories.candidates(for: name)
    guard let folder = places.first(where: isDirectory) else {
      throw DatasetError.notFound(
        name: name, lookedIn: places, advice: known?.advice ?? KnownSet.names(like: name))
    }
    return folder
  }

  private static func images(
    _ part: String, in folder: String, classes: Int
  ) throws -> ImageSet {
    try ImageSet(
      imagesAt: file("\(part)-images", "idx3-ubyte", in: folder),
      labelsAt: file("\(part)-labels", "idx1-ubyte", in: folder), classes: classes)
  }

  private static func file(_ stem: String, _ suffix: String, in folder: String) throws -> String {
    let names = ["-", "."].flatMap { ["\(stem)\($0)\(suffix)", "\(stem)\($0)\(suffix).gz"] }
    let paths = names.map { folder.hasSuffix("/") ? folder + $0 : "\(folder)/\($0)" }
    guard let path = paths.first(where: FileManager.default.fileExists(atPath:)) else {
      throw DatasetError.fileNotFound(directory: folder, tried: names)
    }
    return path
  }
}

/// The sets that are found by name.
private enum KnownSet: String, CaseIterable {
  case fashionMNIST = "fashion-mnist"
  case mnist
  case cifar10
  case cifar100

  /// What to do when it is not there.
  var advice: String {
    switch self {
    case .fashionMNIST: "try: apt install dataset-fashion-mnist"
    case .mnist: "put the four IDX files into one of these"
    case .cifar10, .cifar100: "put the files of the binary version into one of these"
    }
  }

  static func names(like name: String) -> String {
    let all = allCases.map(\.rawValue)
    let guess = closestWords(to: name, of: all).first.map { "did you mean '\($0)'? K" } ?? "k"
    return guess + "nown names are \(all.joined(separator: ", "))"
  }
}
