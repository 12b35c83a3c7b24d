import Foundation

/// Where data sets are looked for by name: as a folder of that name in one of the roots.
public struct DataDirectories: Sendable, Equatable {
  /// The folders that hold data sets, the first with a set of the wanted name wins.
  public let roots: [String]

  /// These folders, in this order.
  public init(roots: [String]) {
    self.roots = roots
  }

  /// `$LC_DATA` if it is set, `./data`, `~/.local/share/learning-compression` and Debian's
  /// `/usr/share/datasets`, in this order.
  public static var standard: DataDirectories {
    standard(
      environment: ProcessInfo.processInfo.environment,
      home: FileManager.default.homeDirectoryForCurrentUser.path)
  }

  static func standard(environment: [String: String], home: String) -> DataDirectories {
    let own = environment["LC_DATA"].flatMap { $0.isEmpty ? nil : $0 }
    return DataDirectories(
      roots: (own.map { [$0] } ?? []) + [
        "./data", "\(home)/.local/share/learning-compression", "/usr/share/datasets",
      ])
  }

  /// The places where the set of that name may be.
  func candidates(for name: String) -> [String] {
    roots.map { $0.hasSuffix("/") ? $0 + name : "\($0)/\(name)" }
  }
}

func isDirectory(_ path: String) -> Bool {
  var directory: ObjCBool = false
  return FileManager.default.fileExists(atPath: path, isDirectory: &directory)
    && directory.boolValue
}
