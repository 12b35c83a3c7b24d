import Foundation
import LinearAlgebra
import ModelFiles

/// To be asked before anything is read or written.
///
/// - Throws: `Failure.usage` when one file would be written twice or over an input;
///   `ModelFileError.cannotWrite`.
func checkOutputs(_ outputs: [String?], inputs: [String?]) throws {
  let inputs = Set(inputs.compactMap { $0.map { Place($0) } })
  var seen: Set<Place> = []
  for path in outputs.compactMap({ $0 }) {
    let place = Place(path)
    if inputs.contains(place) {
      throw Failure.usage("\(path) would be written over, but it is read; give another output")
    }
    if !seen.insert(place).inserted {
      throw Failure.usage("\(path) would be written twice; give each output its own file")
    }
    try AtomicFile.checkWritable(path)
  }
}

/// Where a path leads, through all links: two paths to one file, or to one that is still to be made, have
/// the same place.
private indirect enum Place: Hashable {
  case existing(device: UInt64, number: UInt64)
  case new(ExactName, in: Place)

  init(_ path: String, links: Int = 40) {
    var status = stat()
    if stat(path, &status) == 0 || path == "." || path == "/" {
      self = .existing(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
      return
    }
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let name = slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path
    if links > 0, let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) {
      // A link to nothing yet.
      self.init(target.hasPrefix("/") ? target : "\(folder)/\(target)", links: links - 1)
    } else {
      self = .new(ExactName(name), in: Place(folder))
    }
  }
}
