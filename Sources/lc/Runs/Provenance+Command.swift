import Foundation
import LinearAlgebra
import ModelFiles
import NeuralNetwork

extension Provenance {
  /// Of what this process writes.
  ///
  /// To be called after the number of threads is set.
  static func ofThisCommand(seed: UInt64? = nil) -> Provenance {
    let words = ["lc"] + RecordedCommand().words.map(\.quotedForShell)
    return Provenance(
      command: words.joined(separator: " "), seed: seed, version: LC.version,
      libraries: ["blas": LinearAlgebraLibrary.version, "layers": LayerLibrary.version],
      threads: Threads.count, processor: thisProcessor)
  }

  /// Lines for people.
  var lines: [String] {
    var lines = ["command: \(command)"]
    if let seed { lines.append("seed: \(seed)") }
    lines.append("made by: lc \(version), " + libraries.values.sorted().joined(separator: ", "))
    lines.append("on: \(processor), \(threads) thread\(threads == 1 ? "" : "s")")
    return lines
  }
}

extension String {
  /// A word as a shell takes it.
  var quotedForShell: String {
    let isPlain = utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "-_./:=,+@%^".utf8.contains($0)
      }
    }
    return isPlain && !isEmpty ? self : "'" + replacingOccurrences(of: "'", with: "'\\''") + "'"
  }
}
