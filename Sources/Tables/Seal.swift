import Foundation
import ModelFiles

/// The checksums of what a finished run of a grid has left in its folder, in `seal.json` beside it: what was
/// removed or damaged since is found, and made again.
package struct Seal: Codable, Equatable, Sendable {
  /// CRC-32 by the file's name.
  let files: [String: UInt32]

  private static let name = "seal.json"
  private static let kept = [
    "result.json", "weights.safetensors", "compressed.lcm", "shrink.json", "small.safetensors",
  ]

  /// Of the folder as it is now.
  init(of folder: String) {
    files = Dictionary(
      uniqueKeysWithValues: Self.kept.compactMap { name in
        Self.checksum(ofFile: "\(folder)/\(name)").map { (name, $0) }
      })
  }

  /// - Throws: `ModelFileError.cannotWrite`.
  package static func write(in folder: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try AtomicFile.write([UInt8](encoder.encode(Seal(of: folder))) + [10], to: "\(folder)/\(name)")
  }

  /// The files that are not what they were when the folder was sealed. None where it never was. O(bytes).
  package static func damage(in folder: String) -> [String] {
    guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else { return [] }
    guard let seal = try? JSONDecoder().decode(Seal.self, from: data) else { return [name] }
    return seal.files.keys.sorted().filter {
      checksum(ofFile: "\(folder)/\($0)") != seal.files[$0]
    }
  }

  package static func isMissing(in folder: String) -> Bool {
    !FileManager.default.fileExists(atPath: "\(folder)/\(name)")
  }

  /// Removes what a run has left, so that it is open again.
  package static func open(_ folder: String) {
    for file in [name] + kept { try? FileManager.default.removeItem(atPath: "\(folder)/\(file)") }
  }

  private static func checksum(ofFile path: String) -> UInt32? {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
    else { return nil }
    return data.withUnsafeBytes(ModelFiles.checksum(of:))
  }
}
